"""What a probe found, as text, as JSON, and beside that of other engines as a table in Markdown."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .check import ACCEPTED, OTHERWISE, REFUSED, RIGHT, UNTRIED, VERDICTS, WORDING
from .sources import DOCUMENTED, KINDS, OWN_READING, RECORDED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .check import Outcome

_HEADINGS = {
    ACCEPTED: "Accepted, and S3 refuses it",
    REFUSED: "Refused, and S3 takes it",
    OTHERWISE: "Answered with another status, code or header",
    WORDING: "Refused as S3 does, in other words",
    UNTRIED: "Not tried",
}

_KNOWN_BY = {
    RECORDED: "of these recorded: S3 itself answered so",
    DOCUMENTED: "documented by AWS",
    OWN_READING: "our own reading",
}

# Wrong acceptances worth a line of their own in a table: each gives somebody more than was signed for.
NOTABLE = {
    "an upload whose body is not the one signed": ("Payload hash", "another body"),
    "an upload in chunks without the last one": ("aws-chunked bodies", "the last chunk missing"),
    "a trailer with another signature": ("aws-chunked bodies", "the trailer's signature another"),
    "a presigned upload with an unsigned `x-amz-acl`": ("What must be signed", "x-amz-acl unsigned, presigned"),
    "... with an unsigned `x-amz-copy-source`": ("What must be signed", "x-amz-copy-source unsigned, presigned"),
    "a request that does not sign its host": ("What must be signed", "host unsigned"),
    "a URL with a second, longer `X-Amz-Expires`": ("Presigned URL", "a longer life added, unexpired"),
    "a URL dated a day ahead": ("Presigned URL", "a day ahead"),
    "a URL signed for another region": ("Presigned URL", "another region"),
    "a URL signed for another service": ("Presigned URL", "another service"),
    "a URL whose scope is of another day": ("Presigned URL", "scope of another day"),
    "a signature of Version 2": ("Presigned URL", "Signature Version 2"),
    "a form's field that no condition allows": ("POST form", "a field without a condition"),
    "a preflight for a method that is not allowed": ("CORS", "preflight, another method"),
}


@dataclass(frozen=True)
class Report:
    """The outcomes, by group."""

    endpoint_url: str
    groups: Mapping[str, Sequence[Outcome]]

    @property
    def counts(self) -> dict[str, int]:
        """How many checks had each verdict, the gravest first."""
        found = Counter(outcome.verdict for outcomes in self.groups.values() for outcome in outcomes)
        return {verdict: found[verdict] for verdict in VERDICTS}

    @property
    def passed(self) -> bool:
        return self.counts[RIGHT] == sum(self.counts.values())

    def by_source(self) -> dict[str, list[Outcome]]:
        """The outcomes by how it is known what S3 answers, the firmest first."""
        outcomes = [outcome for group in self.groups.values() for outcome in group]
        return {kind: [outcome for outcome in outcomes if outcome.check.source.kind == kind] for kind in KINDS}

    def deviations(self) -> dict[str, list[str]]:
        """By verdict, the checks that had it, each as `group: name`; without those that were right."""
        return {
            verdict: [f"{group}: {outcome.check.name}" for group, outcome in self._with(verdict)]
            for verdict in _HEADINGS
        }

    def text(self) -> str:
        """For reading: the deviations, the gravest first, and the counts, by source and in all."""
        lines = []
        for verdict, heading in _HEADINGS.items():
            found = self._with(verdict)
            if found:
                lines += [f"{heading} ({len(found)})", *(_line(group, outcome) for group, outcome in found), ""]
        sources = ", ".join(f"{kind} {_cell(outcomes)}" for kind, outcomes in self.by_source().items())
        counts = ", ".join(f"{count} {verdict}" for verdict, count in self.counts.items() if count)
        return "\n".join(
            [*lines, f"As S3 does: {sources}", f"{self.endpoint_url}: {sum(self.counts.values())} checks: {counts}"]
        )

    def json(self) -> str:
        """For programs: {"endpoint_url", "counts", "checks": [{"group", "name", "verdict", "expected", ...}]}."""
        checks = [
            {
                "group": group,
                "name": outcome.check.name,
                "verdict": outcome.verdict,
                "expected": str(outcome.check.expected),
                "source": outcome.check.source.kind,
                "where": outcome.check.source.where,
                "answered": outcome.answered,
                "why": outcome.why,
            }
            for group, outcomes in self.groups.items()
            for outcome in outcomes
        ]
        return json.dumps({"endpoint_url": self.endpoint_url, "counts": self.counts, "checks": checks}, indent=1)

    def verdict(self, group: str, name: str) -> str:
        [found] = [outcome.verdict for outcome in self.groups[group] if outcome.check.name == name]
        return found

    def _with(self, verdict: str) -> list[tuple[str, Outcome]]:
        return [
            (group, outcome)
            for group, outcomes in self.groups.items()
            for outcome in outcomes
            if outcome.verdict == verdict
        ]


def _line(group: str, outcome: Outcome) -> str:
    expected = f"S3 answers {outcome.check.expected} ({outcome.check.source.kind})"
    answered = f"this {outcome.answered}" if outcome.answered else ""
    why = outcome.why.replace("\n", " ")[:160]
    return f"  {group}: {outcome.check.name}\n    " + "; ".join(filter(None, [expected, answered, why]))


def markdown(reports: Mapping[str, Report]) -> str:
    """Two tables with a column for each engine: the groups and the sources with their counts, and the notable wrong
    acceptances.
    """
    names = list(reports)
    [*groups] = next(iter(reports.values())).groups
    lines = [_row(["checks (answered as S3 does / all)", *names]), _row(["---"] * (len(names) + 1))]
    lines += [_row([group, *(_cell(report.groups[group]) for report in reports.values())]) for group in groups]
    totals = [_cell([outcome for group in report.groups.values() for outcome in group]) for report in reports.values()]
    lines.append(_row(["**all**", *totals]))
    for kind, what in _KNOWN_BY.items():
        lines.append(_row([what, *(_cell(report.by_source()[kind]) for report in reports.values())]))
    lines.append("")
    lines += [_row(["S3 refuses", *names]), _row(["---"] * (len(names) + 1))]
    for what, (group, name) in NOTABLE.items():
        lines.append(_row([what, *(_short(report.verdict(group, name)) for report in reports.values())]))
    return "\n".join(lines)


def _cell(outcomes: Sequence[Outcome]) -> str:
    found = Counter(outcome.verdict for outcome in outcomes)
    right = f"{found[RIGHT] + found[WORDING]} / {len(outcomes)}"
    notes = [f"{found[verdict]} wrongly {verdict}" for verdict in (ACCEPTED, REFUSED) if found[verdict]]
    return ", ".join([right, *notes])


def _short(verdict: str) -> str:
    return {ACCEPTED: "**accepts**", UNTRIED: "has none"}.get(verdict, "refuses")


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
