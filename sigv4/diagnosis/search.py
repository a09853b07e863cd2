"""Which mistake gives the very signature that came: a hit is a proof.

Rules:
- First one mistake at a time, then a damaged secret and another scope, then every port, then pairs. MAX_TRIES bounds
  the whole, each try at the price of a signature, so that hundreds of parameters cost no more than a few.
- A SigV4A signature could be checked against each try, but at a hundred times the cost: it is compared only.
"""

from __future__ import annotations

from datetime import timedelta
from itertools import chain

from ..errors import VerificationError
from ..scope import ALGORITHM, CredentialScope, derive_signing_key, parse_amz_date
from ..signature import PreparedKey, string_to_sign
from .causes import Cause
from .mistakes import REGIONS, SERVICES, mangled_secrets, mistakes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .evidence import Evidence
    from .parts import Parts

MAX_TRIES = 150_000  # some 1.5 s
_SHORT = 1500  # characters of a canonical request that cost no more than the try itself
_LENGTHS = 10_000  # values of Content-Length that are tried


class Found:
    """`causes`, and the parts that were signed, None where they are those that arrived or nothing was found.

    `right`: the signature is the one that these credentials make for what arrived.
    """

    __slots__ = ("causes", "right", "signed")

    def __init__(self, causes: Iterable[Cause] = (), signed: Parts | None = None, right: bool = False) -> None:
        self.causes = list(causes)
        self.signed = signed
        self.right = right


def search(evidence: Evidence, arrived: Parts | None) -> Found | None:
    """Look for the mistake, or the two, that explain the signature. None where there is nothing to look with.

    `arrived`: None for a form, which has no canonical request: its policy is what is signed.
    """
    if evidence.credentials is None or evidence.sigv4a or len(evidence.signature) != 64:
        return None
    if arrived is None:
        scope, stamp = evidence.scope, "" if evidence.claim is None else evidence.claim.date or ""
        return None if evidence.form is None or scope is None else _Search(evidence, stamp, scope, None).found()
    if evidence.to_sign is None:
        return None
    lines = evidence.to_sign.split("\n")
    scope_parts = lines[2].split("/") if len(lines) == 4 else []
    if lines[0] != ALGORITHM or len(scope_parts) != 4:  # a chunk's string to sign has other lines
        return None
    stamp, (date, region, service, _) = lines[1], scope_parts
    return _Search(evidence, stamp, CredentialScope(date, region, service), arrived).found()


class _Search:
    def __init__(self, evidence: Evidence, stamp: str, scope: CredentialScope, arrived: Parts | None) -> None:
        assert evidence.credentials is not None  # noqa: S101 `search` has looked
        self.evidence = evidence
        self.stamp = stamp
        self.scope = scope
        self.arrived = arrived
        self.secret = evidence.credentials.secret_access_key
        self.key = PreparedKey(derive_signing_key(self.secret, scope))
        self.left = MAX_TRIES

    def found(self) -> Found:
        text = self._text()
        if self._fits(self.key, self.scope, text):
            return Found(right=True)
        singles = [] if self.arrived is None else list(mistakes(self.arrived, self.evidence))
        for code, change, parts in singles:
            if self._fits(self.key, self.scope, parts.text()):
                return Found([Cause(code, True, [f"The signature is right for another request: {change}."])], parts)
        if self.arrived is not None and (length := self._other_length(self.arrived)) is not None:
            return length
        keys = list(chain(self._damaged(), self._elsewhere()))
        for code, change, key, scope in keys:
            if self._fits(key, scope, text):
                return Found([Cause(code, True, [change])])
        return self._other_port() or self._pairs(singles, keys) or Found()

    def _other_port(self) -> Found | None:
        """A proxy or a container may be reached by any port; AWS has but its own."""
        host = "" if self.arrived is None else self.arrived.header("host") or ""
        name = host.rpartition(":")[0] or host
        if self.arrived is None or not name or name.endswith(".amazonaws.com") or len(self._text()) > _SHORT:
            return None
        before, mark, after = self.arrived.with_header("host", f"{name}:\0").text().partition("\0")
        left, self.left = self.left, 0
        for port in range(1, 65536) if mark else ():
            if self._fits(self.key, self.scope, f"{before}{port}{after}"):
                what = f"The signature is right for another request: its host is {name}:{port}, and {host} arrived."
                return Found([Cause("port", True, [what])], self.arrived.with_header("host", f"{name}:{port}"))
        self.left = left  # these are counted apart: there are never more
        return None

    def _other_length(self, arrived: Parts) -> Found | None:
        """A signed Content-Length may be any number."""
        if arrived.header("content-length") is None:
            return None
        for length in range(_LENGTHS):
            parts = arrived.with_header("content-length", str(length))
            if self._fits(self.key, self.scope, parts.text()):
                what = f"The signature is right for another request: its header content-length is {length}."
                return Found([Cause("content-length", True, [what])], parts)
        return None

    def _text(self) -> str:
        """What is signed: the canonical request, or a form's policy."""
        if self.arrived is not None:
            return self.arrived.text()
        return "" if self.evidence.form is None else self.evidence.form["policy"]

    def _pairs(
        self, singles: list[tuple[str, str, Parts]], keys: list[tuple[str, str, PreparedKey, CredentialScope]]
    ) -> Found | None:
        for code, change, parts in singles:
            text = parts.text()
            for other_code, other_change, key, scope in keys:
                if self.left > MAX_TRIES // 2 and self._fits(key, scope, text):
                    causes = [Cause(other_code, True, [other_change])]
                    what = f"The signature is right for another request: {change}."
                    return Found([Cause(code, True, [what]), *causes], parts)
        for code, change, parts in singles:
            for other_code, other_change, both in mistakes(parts, self.evidence):
                if not self.left:
                    return None
                if self._fits(self.key, self.scope, both.text()):
                    what = f"The signature is right for another request: {change}, and {other_change}."
                    return Found([Cause(each, True, [what]) for each in dict.fromkeys((code, other_code))], both)
        return None

    def _fits(self, key: PreparedKey, scope: CredentialScope, text: str) -> bool:
        self.left = max(self.left - 1 - len(text) // _SHORT, 0)
        to_sign = text if self.arrived is None else string_to_sign(self.stamp, scope, text)
        return key.verify(to_sign, self.evidence.signature)

    def _damaged(self) -> Iterator[tuple[str, str, PreparedKey, CredentialScope]]:
        for change, secret in mangled_secrets(self.secret):
            key = PreparedKey(derive_signing_key(secret, self.scope))
            what = f"The request is right, and the secret that signed it is not: {change}."
            yield "secret-mangled", what, key, self.scope

    def _elsewhere(self) -> Iterator[tuple[str, str, PreparedKey, CredentialScope]]:
        """Another region, service or date: in the key and the scope alike, or in the key alone."""
        scope = self.scope
        assert scope.region is not None  # noqa: S101 it is no SigV4A
        others = [("region", each, CredentialScope(scope.date, each, scope.service)) for each in REGIONS]
        others += [("service", each, CredentialScope(scope.date, scope.region, each)) for each in SERVICES]
        others += [("scope-date", each, CredentialScope(each, scope.region, scope.service)) for each in self._days()]
        for code, name, other in others:
            if other.text != scope.text:
                key = PreparedKey(derive_signing_key(self.secret, other))
                what = f"The signature is made with the {code.removeprefix('scope-')} {name}."
                yield code, what, key, other
                yield code, what.replace("signature", "signing key"), key, scope

    def _days(self) -> list[str]:
        try:
            day = parse_amz_date(self.stamp)
        except (ValueError, VerificationError):
            return []
        return [f"{day + timedelta(days=days):%Y%m%d}" for days in (0, -1, 1)]
