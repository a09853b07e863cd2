"""The two shared files, `config` and `credentials`: their syntax, and what the two say together.

    [default]                           in `config` the profile "default"; any other is [profile NAME] there
    region = eu-central-1
    s3 =
      addressing_style = path           a value that is empty and goes on in indented lines holds sub-properties

    [sso-session work]                  and [services NAME]: in `config` alone

Rules:
- A line that starts with `#` or `;`, white space before it or not, is a comment, and so is what follows white space and
  one of the two behind a value or a section's name.
- A property is `name = value`; names are in no case. An indented line goes on with the value above, as a line of its
  own. A property that is given again, and a section that is opened again, replaces and adds to what was there.
- In `config`, [profile default] counts before [default]. In `credentials`, a section's name is a profile's name alone.
- Where both files have a property of a profile, `credentials` counts.
- A section of another kind, or with a name that no profile can have, is passed over with all that is in it.
Where botocore departs from AWS's reference and its other SDKs: it keeps a comment behind a value as a part of it, and
refuses a file that has a property or a section twice.
Source: https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
"""

from __future__ import annotations

from ..errors import CredentialsError
from ..frozen import Frozen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    Section: TypeAlias = dict[str, "str | dict[str, str]"]
    Sections: TypeAlias = dict[str, Section]

MAX_CHARACTERS = 1 << 20  # of a file: people write these by hand
_KINDS = ("profile", "sso-session", "services")
# What a name is made of: AWS's SDKs take these, and white space where the name stands in quotes.
_NAME = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-/.%@:+ \t")


class SharedConfig(Frozen):
    """What the two files say: `profiles`, `sso_sessions` and `services`, each by name.

    A section is a dict of values by lower-case name; a value is text, or a dict of sub-properties.
    """

    __slots__ = ("profiles", "services", "sso_sessions")

    profiles: Sections
    sso_sessions: Sections
    services: Sections

    def __init__(self, profiles: Sections, sso_sessions: Sections, services: Sections) -> None:
        put = object.__setattr__
        put(self, "profiles", profiles)
        put(self, "sso_sessions", sso_sessions)
        put(self, "services", services)

    def __repr__(self) -> str:
        return f"<SharedConfig with the profiles {', '.join(self.profiles) or 'of no name'}>"


def parse(config_text: str, credentials_text: str = "") -> SharedConfig:
    """What the text of `config` and that of `credentials` say together.

    Raises CredentialsError naming the file and the line that cannot be read; no message shows a value.
    """
    kinds: dict[str, Sections] = {kind: {} for kind in _KINDS}
    prefixed = False
    for header, section in _read("config", config_text):
        kind, name = ("profile", header) if header == "default" else _kind_and_name(header)
        if kind not in kinds or name is None:
            continue
        if kind == "profile" and name == "default":
            if header != "default" and not prefixed:
                prefixed = True
                kinds[kind].pop(name, None)
            elif header == "default" and prefixed:
                continue
        kinds[kind].setdefault(name, {}).update(section)
    profiles = kinds["profile"]
    for header, section in _read("credentials", credentials_text):
        name = _unquoted(header)
        if name is not None and not header.startswith(("profile ", "profile\t")):
            profiles.setdefault(name, {}).update(section)
    return SharedConfig(profiles, kinds["sso-session"], kinds["services"])


def _read(file: str, text: str) -> list[tuple[str, Section]]:
    """The sections of one file in their order, as the headers name them."""
    if len(text) > MAX_CHARACTERS:
        raise CredentialsError(f"the {file} file has more than {MAX_CHARACTERS} characters; it is no such file")
    sections: list[tuple[str, Section]] = []
    name: str | None = None  # of the property that an indented line goes on with
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for number, line in enumerate(lines, 1):
        where = f"the {file} file, line {number}"
        stripped = line.strip()
        if not stripped or stripped[0] in "#;":
            continue
        if name is not None and line[0] in " \t":
            _go_on(sections[-1][1], name, stripped, where)
        elif stripped[0] == "[":
            sections.append((_header(stripped, where), {}))
            name = None
        elif not sections:
            raise CredentialsError(f"{where}: a property before any section; begin with a line such as [default]")
        else:
            name, value = _property(_without_comment(stripped), where)
            sections[-1][1][name] = value
    return sections


def _header(line: str, where: str) -> str:
    header, bracket, rest = line[1:].partition("]")
    if not bracket or (rest.strip() and rest.strip()[0] not in "#;"):
        raise CredentialsError(f"{where}: a section's line must be its name in brackets, such as [profile work]")
    return header.strip()


def _property(line: str, where: str) -> tuple[str, str]:
    name, equals, value = line.partition("=")
    if not equals or not name.strip():
        raise CredentialsError(f"{where}: expecting 'name = value'")
    return name.strip().lower(), value.strip()


def _go_on(section: Section, name: str, line: str, where: str) -> None:
    """Add an indented line to the property: to its sub-properties, where it has no value of its own."""
    value = section[name]
    if value == "" or isinstance(value, dict):
        inner_name, inner_value = _property(_without_comment(line), f"{where}, which belongs to {name}")
        section[name] = {**(value if isinstance(value, dict) else {}), inner_name: inner_value}
    else:
        section[name] = f"{value}\n{line}"


def _without_comment(line: str) -> str:
    """The line up to white space and a comment."""
    for at, character in enumerate(line):
        if character in "#;" and at and line[at - 1] in " \t":
            return line[:at].rstrip()
    return line


def _kind_and_name(header: str) -> tuple[str, str | None]:
    kind, *rest = header.split(None, 1)
    return kind, _unquoted(rest[0]) if rest else None


def _unquoted(text: str) -> str | None:
    """A name, or None where it can be none; quotes around it let white space be in it."""
    for quote in "\"'":
        if len(text) > 1 and text[0] == text[-1] == quote:
            text = text[1:-1]
            return text if text.strip() and _NAME.issuperset(text) else None
    return text if text and _NAME.issuperset(text) and len(text.split()) == 1 else None
