"""The conditions of a policy: operators, by their names, over the values that a request has for a condition key.

Rules:
- A key's values in the policy are alternatives; for a Not-operator none of them may match. Several keys and several
  operators must all be met.
- A key that the request does not have meets no condition but a Not-operator, `Null: true`, and what ends in IfExists.
- `ForAllValues:` wants every value of the request to match (none is every one), `ForAnyValue:` at least one.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

from functools import lru_cache

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Key = Callable[[str], list[str] | None]
    Test = Callable[[str, str], bool]


def is_met(operator: str, name: str, expected: list[object], key: Key) -> bool:
    """Whether the condition `{operator: {name: expected}}` is met."""
    quantifier, kind, if_exists = split(operator)
    values = key(name.lower())
    wanted = [substitute(as_text(value), key) for value in expected]
    if kind == "null":
        return (values is None) is (wanted[:1] == ["true"])
    if values is None:
        return if_exists or quantifier == "forallvalues" or (is_negative(kind) and not quantifier)
    test = OPERATORS[kind]
    negative = is_negative(kind)

    def matches(value: str) -> bool:
        return any(test(value, each) for each in wanted) is not negative

    return any(map(matches, values)) if quantifier == "foranyvalue" else all(map(matches, values))


def split(operator: str) -> tuple[str, str, bool]:
    """(quantifier, the operator proper, whether it ends in IfExists), in lower case."""
    quantifier, colon, kind = operator.lower().rpartition(":")
    proper = kind.removesuffix("ifexists")
    return quantifier if colon else "", proper, proper != kind


def is_known(operator: str) -> bool:
    quantifier, kind, if_exists = split(operator)
    if kind == "null":
        return not if_exists and not quantifier
    return kind in OPERATORS and quantifier in ("", "forallvalues", "foranyvalue")


def is_negative(kind: str) -> bool:
    return "not" in kind


def as_text(value: object) -> str:
    """A value of the document: JSON's own true and 10 are what their texts are."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


# Policy variables


def substitute(text: str, key: Callable[[str], list[str] | None]) -> str:
    """A pattern with its policy variables (`${aws:username}`) replaced; what they stand for is no pattern itself. One
    without a value and a default makes the pattern match nothing.
    """
    parts = text.split("${")
    found = [parts[0]]
    for part in parts[1:]:
        name, closed, rest = part.partition("}")
        name, _, default = name.partition(",")
        if name in ("*", "?", "$"):
            found += [name if name == "$" else f"[{name}]", rest]
            continue
        values = key(name.strip().lower()) if closed else None
        value = values[0] if values else default.strip().strip("'") or "\0"
        found += [value.replace("*", "[*]").replace("?", "[?]"), rest]
    return "".join(found)


# Operators: of a value and one that is wanted. The Not-forms are the same, and their answer is turned round.


def like(text: str, pattern: str) -> bool:
    """`*` is any text, `?` any character; `[*]` and `[?]` are themselves. It takes at most the product of the lengths,
    whatever the pattern.
    """
    if "*" not in pattern and "?" not in pattern:
        return text == pattern
    tokens = _tokens(pattern)
    at = where = 0
    star, resume = -1, 0  # the last `*`, and where in the text to go on when it takes one character more
    while at < len(text):
        if where < len(tokens) and tokens[where] == "*":
            star, resume, where = where, at, where + 1
        elif where < len(tokens) and tokens[where] in ("?", "[" + text[at] + "]"):
            at, where = at + 1, where + 1
        elif star >= 0:
            resume += 1
            at, where = resume, star + 1
        else:
            return False
    return set(tokens[where:]) <= {"*"}


@lru_cache(256)
def _tokens(pattern: str) -> list[str]:
    """`*`, `?`, and each character that is itself in brackets."""
    found, at = [], 0
    while at < len(pattern):
        escaped = pattern[at : at + 3] in ("[*]", "[?]")
        character = pattern[at + 1] if escaped else pattern[at]
        found.append(character if character in "*?" and not escaped else f"[{character}]")
        at += 3 if escaped else 1
    return found


def plain(pattern: str) -> str:
    """What an operator without wildcards compares with."""
    return pattern.replace("[*]", "*").replace("[?]", "?")


def _arn_like(text: str, pattern: str) -> bool:
    """Part by part, so that no wildcard reaches over a colon; the last part may have colons."""
    texts, patterns = text.split(":", 5), pattern.split(":", 5)
    return len(texts) == len(patterns) and all(map(like, texts, patterns))


def _in_network(text: str, network: str) -> bool:
    from ipaddress import ip_address, ip_network

    try:
        address, among = ip_address(text), ip_network(network, strict=False)
    except ValueError:
        return False
    return address.version == among.version and address in among


def number_of(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def moment_of(text: str) -> float | None:
    """Epoch seconds of a date as ISO 8601 has it, or of a number that they are."""
    from datetime import UTC, datetime

    if number_of(text) is not None:
        return number_of(text)
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def _compared(read: Callable[[str], float | None], compare: Callable[[float, float], bool]) -> Test:
    def test(value: str, wanted: str) -> bool:
        a, b = read(value), read(wanted)
        return a is not None and b is not None and compare(a, b)

    return test


def _make_operators() -> dict[str, Test]:
    import operator

    found: dict[str, Test] = {
        "stringequals": lambda value, wanted: value == plain(wanted),
        "stringnotequals": lambda value, wanted: value == plain(wanted),
        "stringequalsignorecase": lambda value, wanted: value.lower() == plain(wanted).lower(),
        "stringnotequalsignorecase": lambda value, wanted: value.lower() == plain(wanted).lower(),
        "stringlike": like,
        "stringnotlike": like,
        "arnequals": _arn_like,
        "arnlike": _arn_like,
        "arnnotequals": _arn_like,
        "arnnotlike": _arn_like,
        "bool": lambda value, wanted: value.lower() == wanted.lower(),
        "binaryequals": lambda value, wanted: value == wanted,
        "ipaddress": _in_network,
        "notipaddress": _in_network,
    }
    for name, read in (("numeric", number_of), ("date", moment_of)):
        found |= {
            f"{name}equals": _compared(read, operator.eq),
            f"{name}notequals": _compared(read, operator.eq),
            f"{name}lessthan": _compared(read, operator.lt),
            f"{name}lessthanequals": _compared(read, operator.le),
            f"{name}greaterthan": _compared(read, operator.gt),
            f"{name}greaterthanequals": _compared(read, operator.ge),
        }
    return found


OPERATORS = _make_operators()
