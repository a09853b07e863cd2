"""The grammar of documents: what it takes, what it refuses, and what is written again."""

from __future__ import annotations

import pytest

from sigv4.testing.local_s3.documents import parse, render
from sigv4.testing.local_s3.errors import S3Error
from sigv4.testing.local_s3.grammar import check, content_of

GRAMMAR = {
    "Root": "Rule+ Name?",
    "Rule": "Filter? Status Days*",
    "Filter": "|Prefix Tag",
    "Tag": "Key Value",
    "Status": "=On Off",
    "Days": "#1",
}
ON = "<Status>On</Status>"


def read(inside: str):
    return parse(f"<Root>{inside}</Root>".encode(), "Root")


@pytest.mark.parametrize(
    "inside",
    [
        f"<Rule>{ON}</Rule>",
        f"<Rule>{ON}</Rule>\n <Rule>{ON}<Days>1</Days><Days>20</Days></Rule><Name> a </Name>",
        f"<Rule><Filter/>{ON}</Rule>",
        f"<Rule><Filter><Tag><Value/><Key>k</Key></Tag></Filter>{ON}</Rule>",
    ],
)
def test_what_a_grammar_takes_is_written_as_it_was(inside):
    root = read(inside)
    check(root, GRAMMAR)
    again = parse(render("Root", content_of(root, GRAMMAR)), "Root")
    assert content_of(again, GRAMMAR) == content_of(root, GRAMMAR)


@pytest.mark.parametrize(
    "inside",
    [
        "",
        "<Name>a</Name>",
        f"<Rule>{ON}{ON}</Rule>",
        f"<Rule>{ON}<Other/></Rule>",
        "<Rule><Status>on</Status></Rule>",
        f"<Rule>{ON}<Days>0</Days></Rule>",
        f"<Rule>{ON}<Days>x</Days></Rule>",
        f"<Rule>{ON}<Days><Inner/></Days></Rule>",
        f"<Rule>{ON}<Filter><Prefix/><Tag><Key/><Value/></Tag></Filter></Rule>",
        f"<Rule>{ON}<Filter><Tag><Key/></Tag></Filter></Rule>",
        f"<Rule>{ON}</Rule><Name>a</Name><Name>b</Name>",
    ],
)
def test_what_a_grammar_refuses_is_malformed(inside):
    with pytest.raises(S3Error) as caught:
        check(read(inside), GRAMMAR)
    assert caught.value.code == "MalformedXML"


@pytest.mark.parametrize(
    ("grantee", "good"),
    [
        ('xsi:type="Group"><URI>u</URI>', True),
        ('xsi:type="CanonicalUser"><ID>i</ID><DisplayName>d</DisplayName>', True),
        ('xsi:type="Group"><ID>i</ID>', False),
        ('xsi:type="Other"><ID>i</ID>', False),
        ("><ID>i</ID>", False),
    ],
)
def test_a_grantee_is_what_its_kind_says(grantee, good):
    grammar = {"Root": "Grantee", "Grantee": "ID? URI? DisplayName?"}
    xsi = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    root = read(f"<Grantee {xsi} {grantee}</Grantee>")
    if good:
        check(root, grammar, "MalformedACLError")
        assert parse(render("Root", content_of(root, grammar)), "Root").children[0].kind == root.children[0].kind
    else:
        with pytest.raises(S3Error) as caught:
            check(root, grammar, "MalformedACLError")
        assert caught.value.code == "MalformedACLError"
