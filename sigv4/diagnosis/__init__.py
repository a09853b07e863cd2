"""`explain`: why a request was refused, above all with SignatureDoesNotMatch; named, and with the fix.

    explanation = explain("GET", url, response=(403, headers, xml), credentials=credentials)
    print(explanation)                  # the page a person reads
    explanation.causes[0].code          # "port"

Three ways of knowing, each in a module of its own:

    readings.py      what the server says, and what is visibly wrong; suspicions.py: what is suspicious
    comparison.py    two canonical requests of one request, line by line: the signer's, the server's, what was sent's
    search.py        with the secret at hand: which usual mistake (mistakes.py) gives this very signature

Around them: evidence.py (all that is known, read once), responses.py (what servers say), parts.py (a canonical request
taken apart), causes.py (the codes), page.py (the words).

Rules:
- Nothing is sent and nothing is read but what is given. All of it may be hostile: sizes, tries and times are bounded.
- What is proven is certain, and stands first; what is only likely says so. A valid request is accused of nothing.
- No page shows a secret, a session token or a whole signature.
"""

from __future__ import annotations

from time import time

from .causes import CODES, Cause
from .comparison import Difference, compare, differences
from .evidence import Evidence
from .page import page, safe, safe_canonical
from .readings import told, visible
from .search import search
from .suspicions import as_sent, on_the_way, suspected

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any

    from ..credentials import Credentials
    from ..request import Headers
    from .responses import Given

__all__ = ["CODES", "Cause", "Difference", "Explanation", "explain"]

_SENT_AND_SERVER = ("sent", "server saw")
_SIGNED_AND_SERVER = ("signed", "server saw")
_SIGNED_AND_SENT = ("signed", "sent")
_SIGNED_AND_ARRIVED = ("signed", "arrived")


class Explanation:
    """Why a request was refused.

    `causes`: the best first. `canonical_request` and `string_to_sign`: those that the signature is checked against, as
    the server gives them or else as they follow from the request; None where neither is known. `differences`: the parts
    in which that canonical request and the one that was signed differ, where both are known. `str()` is the page for
    people, `to_dict()` the same for machines. None of them holds a secret, a session token or a whole signature.
    """

    __slots__ = ("canonical_request", "causes", "differences", "string_to_sign")

    def __init__(
        self,
        causes: Iterable[Cause],
        canonical_request: str | None,
        string_to_sign: str | None,
        differences: Iterable[Difference],
    ) -> None:
        self.causes = tuple(causes)
        self.canonical_request = canonical_request
        self.string_to_sign = string_to_sign
        self.differences = tuple(differences)

    def __repr__(self) -> str:
        return f"<Explanation {', '.join([cause.code for cause in self.causes]) or 'nothing'}>"

    def __str__(self) -> str:
        return page(self.causes, self.canonical_request)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return {
            "causes": [
                {
                    "code": cause.code,
                    "certain": cause.certain,
                    "cause": str(cause),
                    "evidence": list(cause.evidence),
                    "mend": cause.mend,
                }
                for cause in self.causes
            ],
            "canonical_request": self.canonical_request,
            "string_to_sign": self.string_to_sign,
            "differences": [
                {"name": each.name, "signed": each.ours, "arrived": each.theirs} for each in self.differences
            ],
        }


def explain(
    method: str,
    url: str,
    headers: Headers | None = None,
    body: bytes | Mapping[str, str] | None = None,
    *,
    response: Given | None = None,
    credentials: Credentials | None = None,
    expected: object = None,
    now: float | None = None,
) -> Explanation:
    """Why this request was, or would be, refused.

    `method`, `url`, `headers`, `body`: the request as it was sent; headers None means that they are not known. A form
    that uploads a file is its fields, as `body`. `response`: what the server said, as (status, headers, body), as its
    body alone, or as the VerificationError that a Verifier raised. `credentials`: those that should have signed; with
    them, causes are proven by search. `expected`: what the signer made: a Signed or a Presigned, a canonical request,
    an SDK's debug log that holds one, or the presigned URL before somebody changed it. `now`: epoch seconds; used where
    the response has no Date.

    The codes, each with its sentence and its fix:
    """
    evidence = Evidence(method, url, headers, body, response, credentials, expected, time() if now is None else now)
    found = _Findings(evidence)
    hidden = evidence.hidden()
    causes = [
        Cause(cause.code, cause.certain, [safe(line, hidden) for line in cause.evidence]) for cause in found.causes()
    ]
    arrived, signed, to_sign = found.arrived, found.signed, evidence.to_sign
    return Explanation(
        causes,
        None if arrived is None else safe_canonical(arrived.text(), hidden),
        to_sign,
        () if arrived is None or signed is None else _shown(differences(signed, arrived), hidden),
    )


class _Findings:
    """What the three ways find. `arrived`: the parts that the signature is checked against; `signed`: those of it."""

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence
        self.arrived = evidence.arrived or evidence.stated
        self.signed = evidence.signed

    def causes(self) -> list[Cause]:
        """Each code once, the certain ones first."""
        ways = [*visible(self.evidence), *told(self.evidence)]
        if not any(cause.certain for cause in ways) or self._does_not_match():
            ways = [*ways, *self._compared(), *self._searched()]
        if self._of_signature() and not any(cause.certain for cause in ways):
            ways += self._likely()
        if any(cause.certain for cause in ways):  # and so the secret, of which nothing is known, is out of the question
            ways = [cause for cause in ways if cause.certain or cause.code != "secret-wrong"]
        first: dict[str, Cause] = {}
        for cause in sorted(ways, key=lambda cause: not cause.certain):
            first.setdefault(cause.code, cause)
        return list(first.values())

    def _of_signature(self) -> bool:
        """Whether the refusal may be for the signature: a missing bucket, say, has nothing to do with it."""
        response = self.evidence.response
        return response is not None and (response.does_not_match or response.status in (None, 401, 403))

    def _does_not_match(self) -> bool:
        return self.evidence.response is not None and self.evidence.response.does_not_match

    def _compared(self) -> Iterator[Cause]:
        evidence = self.evidence
        if evidence.signed is not None and evidence.arrived is not None:
            yield from compare(evidence.signed, evidence.arrived, _SIGNED_AND_SERVER)
            yield from self._of_strings()
        elif evidence.signed is not None and evidence.stated is not None:
            yield from compare(evidence.signed, evidence.stated, _SIGNED_AND_SENT)
        elif evidence.stated is not None and evidence.arrived is not None:
            yield from compare(evidence.stated, evidence.arrived, _SENT_AND_SERVER)
        if evidence.arrived is not None and evidence.arrived.missing:
            yield Cause("header-missing", True, [f"The server did not see: {', '.join(evidence.arrived.missing)}."])

    def _of_strings(self) -> Iterator[Cause]:
        """The strings to sign, where both are known and the canonical requests are equal."""
        evidence = self.evidence
        if evidence.signed is None or evidence.arrived is None or evidence.signed.text() != evidence.arrived.text():
            return
        ours, theirs = evidence.signed_to_sign, evidence.response and evidence.response.string_to_sign
        if not ours or not theirs or ours == theirs:
            yield Cause("secret-wrong", True, ["The canonical request is the same on both sides."])
            return
        for code, index in (("scope-date", 0), ("region", 1), ("service", 2)):
            here, there = _scope(ours), _scope(theirs)
            if len(here) == len(there) > index and here[index] != there[index]:
                yield Cause(code, True, [f"signed with {here[index]}, and the server's scope has {there[index]}"])

    def _searched(self) -> Iterator[Cause]:
        found = search(self.evidence, self.arrived)
        if found is None:
            return
        places: dict[str, tuple[str, ...]] = {}
        if found.signed is not None and self.arrived is not None:
            self.signed = found.signed
            places = {cause.code: cause.evidence for cause in compare(found.signed, self.arrived, _SIGNED_AND_ARRIVED)}
        for cause in found.causes:
            yield Cause(cause.code, True, [*cause.evidence, *places.get(cause.code, ())])
        if found.right and self.arrived is not None and self.arrived.payload_hash.startswith("STREAMING-"):
            yield Cause("chunk-signature", True, ["The signature of the head is right for this secret."])
        elif found.right and self._does_not_match():
            what = "The signature is right for the request as it is here and this secret: the server has another secret"
            at_server = self.evidence.arrived is not None
            if not at_server:
                yield from on_the_way(self.evidence)
            yield Cause("secret-wrong", at_server, [f"{what}{'.' if at_server else ', or saw another request.'}"])
        elif not found.right and not found.causes:
            what = "No usual mistake gives this signature: the secret is another one, or more than two things differ."
            yield Cause("secret-wrong", False, [what])

    def _likely(self) -> list[Cause]:
        causes, evidence = list(suspected(self.evidence)), self.evidence
        if evidence.stated and evidence.arrived and evidence.stated.text() == evidence.arrived.text():
            secret = Cause("secret-wrong", False, ["The server saw the request as it is here."])
            return [*as_sent(evidence), secret, *causes]
        if self._does_not_match():
            causes.append(Cause("secret-wrong", False, ["Nothing else is suspicious about it."] if not causes else []))
        return causes


def _scope(string_to_sign: str) -> list[str]:
    return string_to_sign.split("\n")[2:3][0].split("/") if string_to_sign.count("\n") >= 2 else []


def _shown(found: Iterable[Difference], hidden: Iterable[str]) -> list[Difference]:
    def shown(text: str | None) -> str | None:
        return None if text is None else safe_canonical(text, hidden)

    return [Difference(each.name, shown(each.ours), shown(each.theirs)) for each in found]


explain.__doc__ = f"{explain.__doc__}\n" + "\n".join(
    [f"    {code:18} {sentence}. {mend}" for code, (sentence, mend) in CODES.items()]
)
