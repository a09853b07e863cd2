"""Spoiling a finished request: what is changed here was signed otherwise."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .site import Recipe, Site
    from .wire import Sent


def but(recipe: Recipe, **changes: str | bytes) -> Recipe:
    """The request with another method or body than those that were signed."""
    return lambda site: replace(recipe(site), **changes)  # type: ignore[arg-type]


def aimed(recipe: Recipe, old: str, new: str) -> Recipe:
    """The request with another target: the first `old` in it becomes `new`."""

    def make(site: Site) -> Sent:
        made = recipe(site)
        if site.fill(old) not in made.target:
            raise LookupError(f"{old} is not in the target")
        return replace(made, target=made.target.replace(site.fill(old), site.fill(new), 1))

    return make


def followed_by(recipe: Recipe, query: str) -> Recipe:
    """The request with more behind its query than was signed; `{signature}` is its own signature."""

    def make(site: Site) -> Sent:
        made = recipe(site)
        own = re.search("X-Amz-Signature=([0-9a-f]+)", made.target)
        more = query.replace("{signature}", own[1] if own else "")
        return replace(made, target=f"{made.target}{'&' if '?' in made.target else '?'}{more}")

    return make


def without(recipe: Recipe, name: str) -> Recipe:
    """The request without one of the headers that were signed."""

    def make(site: Site) -> Sent:
        made = recipe(site)
        return replace(made, headers=[pair for pair in made.headers if pair[0].lower() != name])

    return make


def with_other_signature(recipe: Recipe) -> Recipe:
    """The request with one digit of its signature changed, wherever that stands."""

    def make(site: Site) -> Sent:
        made = recipe(site)
        spoilt = [(name, _forged(text) if name == "Authorization" else text) for name, text in made.headers]
        return replace(made, target=_forged(made.target), headers=spoilt)

    return make


def _forged(text: str) -> str:
    return re.sub("(Signature=)([0-9a-f])", lambda found: found[1] + ("1" if found[2] == "0" else "0"), text)
