"""Every Python example in the README runs as it stands, and its two commands are the ones that are used."""

import re

import pytest

from server.config import SETTINGS
from tests import ROOT

README = (ROOT / "README.md").read_text()
EXAMPLES = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES, ids=[example.strip().splitlines()[-1][:40] for example in EXAMPLES])
def test_the_example_runs(example: str) -> None:
    exec(compile(example, "README.md", "exec"), {"__name__": "readme"})


def test_examples_stay_short_enough_to_read() -> None:
    assert len(EXAMPLES) >= 9
    for example in EXAMPLES:
        assert len([line for line in example.splitlines() if line.strip()]) <= 15, example


def test_ci_runs_the_readmes_own_test_command() -> None:
    (command,) = re.findall(r"```sh\n(python3 -m venv .*)\n```", README)
    assert command in (ROOT / ".ci/run").read_text()


def test_every_setting_of_the_server_is_in_the_table() -> None:
    table = {row.split("|")[1].split(",")[0].strip(" `"): row for row in README.splitlines() if row.startswith("| `")}
    assert list(table) == list(SETTINGS)
    for name, (others, default, _) in SETTINGS.items():
        for word in (*others, default):
            assert word in table[name]
