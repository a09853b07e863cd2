"""Fixtures for the whole suite come from the project's own pytest plugin, as a user of it would have them."""

pytest_plugins = ["sigv4.testing.plugin", "pytester"]
