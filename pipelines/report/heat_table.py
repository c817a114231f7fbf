"""Sites x check groups: how each cell is summed up, so that a green cell always means evaluated and passed."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from pipelines.report.report_input import SEVERITIES, STATUSES, ReportedCheck, ReportInput, judged_checks

EVALUATED = ("pass", "fail", "waived")


@dataclass(frozen=True)
class Cell:
    """One cell: `state` chooses its look, `text` and `note` are its plain words, `title` is the whole sentence.

    `state` is error, critical, major, minor, part (nothing found, but not every check ran), not_run, waived, pass or
    no_records (every check had nothing to evaluate).
    """

    state: str
    findings: int
    text: str
    note: str
    title: str


@dataclass(frozen=True)
class SiteRow:
    """One site: its cells in the order of the groups, and what was received from it."""

    site: str
    name: str
    findings: int
    critical: int
    cells: tuple[Cell, ...]
    refused: int
    received: str


@dataclass(frozen=True)
class HeatTable:
    """The table, its totals by group, and their sum."""

    groups: tuple[str, ...]
    rows: tuple[SiteRow, ...]
    group_totals: tuple[int, ...]
    critical: int
    total: int
    refused: int


@dataclass
class _Tally:
    statuses: Counter[str] = field(default_factory=Counter)
    findings: int = 0
    critical: int = 0
    severities: set[str] = field(default_factory=set)


def known_status(status: str) -> str:
    """Return a verdict's status; one that is not in the vocabulary is an error, so that it cannot vanish from sight."""
    return status if status in STATUSES else "error"


def site_order(site: str) -> tuple[tuple[int, int, str], ...]:
    """Return a sort key that puts site 9 before site 10."""
    return tuple(
        (0, int(part), "") if part.isascii() and part.isdigit() else (1, 0, part) for part in re.split(r"(\d+)", site)
    )


def group_names(checks: Iterable[ReportedCheck]) -> tuple[str, ...]:
    """Return the groups in the order in which the checks name them."""
    return tuple(dict.fromkeys(check.group for check in checks))


def heat_table(report: ReportInput) -> HeatTable:
    """Sum the verdicts up by site and group; the site with most findings comes first."""
    checks = judged_checks(report)
    groups = group_names(checks)
    sizes = Counter(check.group for check in checks)
    tallies = _tally(report, {check.id: check for check in checks})
    names = {site.id: site.name or "" for site in report.study.sites}
    refused, received = _received(report)
    rows = []
    for site in report.verdicts["site"].unique().to_list():
        of_site = [tallies[site, group] for group in groups]
        rows.append(
            SiteRow(
                site=site,
                name=names.get(site, ""),
                findings=sum(tally.findings for tally in of_site),
                critical=sum(tally.critical for tally in of_site),
                cells=tuple(
                    _cell(site, group, tally, sizes[group]) for group, tally in zip(groups, of_site, strict=True)
                ),
                refused=refused[site],
                received=received.get(site, ""),
            )
        )
    rows.sort(key=lambda row: (-row.findings, site_order(row.site)))
    totals = tuple(sum(row.cells[index].findings for row in rows) for index in range(len(groups)))
    return HeatTable(
        groups, tuple(rows), totals, sum(row.critical for row in rows), sum(totals), sum(row.refused for row in rows)
    )


def _tally(report: ReportInput, checks: dict[str, ReportedCheck]) -> defaultdict[tuple[str, str], _Tally]:
    tallies: defaultdict[tuple[str, str], _Tally] = defaultdict(_Tally)
    severities = _found_severities(report)
    for site, check_id, status, failed in report.verdicts.select("site", "check_id", "status", "failed").iter_rows():
        check = checks[check_id]
        tally = tallies[site, check.group]
        tally.statuses[known_status(status)] += 1
        tally.findings += failed
        found = severities.get((site, check_id)) or Counter(
            {check.severity: failed} if failed or status == "fail" else {}
        )
        tally.severities.update(found)
        tally.critical += found["critical"]
    return tallies


def _found_severities(report: ReportInput) -> defaultdict[tuple[str, str], Counter[str]]:
    """Count the findings of each site and check by severity, which may be graver or milder than the check's own."""
    severities: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for site, check_id, severity in report.findings.select("site", "check_id", "severity").iter_rows():
        severities[site, check_id][severity] += 1
    return severities


def _cell(site: str, group: str, tally: _Tally, checks: int) -> Cell:
    errors = tally.statuses["error"]
    # A check without any verdict was not run: it must never look as if it had passed.
    not_run = tally.statuses["not_run"] + checks - tally.statuses.total()
    state = _state(tally, not_run)
    text, note = _words(state, tally.findings, errors, not_run, tally.statuses["waived"])
    parts = [f"{tally.findings} open finding{'' if tally.findings == 1 else 's'}"]
    for count, word in (
        (tally.statuses["pass"], "passed"),
        (tally.statuses["fail"], "failed"),
        (tally.statuses["waived"], "waived"),
        (errors, "broken (error)"),
        (not_run, "not run"),
        (tally.statuses["not_applicable"], "had nothing to evaluate"),
    ):
        if count:
            parts.append(f"{count} of {checks} checks {word}")
    return Cell(state, tally.findings, text, note, f"{site} · {group_label(group)}: " + "; ".join(parts))


def _state(tally: _Tally, not_run: int) -> str:
    if tally.statuses["error"]:
        return "error"
    if tally.severities:
        return worst(tally.severities)
    if not_run:
        return "part" if any(tally.statuses[status] for status in EVALUATED) else "not_run"
    if tally.statuses["waived"]:
        return "waived"
    return "pass" if tally.statuses["pass"] else "no_records"


def _words(state: str, findings: int, errors: int, not_run: int, waived: int) -> tuple[str, str]:
    notes = []
    if state == "not_run":
        return "not run", ""
    if state == "no_records":
        return "no records", ""
    if state == "error" and not findings:
        text = "error"
    else:
        text = f"{findings:,}"
        notes += [f"{errors} error"] if errors else []
    notes += [f"{not_run} not run"] if not_run else []
    notes += [f"{waived} waived"] if waived else []
    return text, ", ".join(notes)


def worst(severities: Iterable[str]) -> str:
    """Return the gravest of some severities; one that is not of the catalogue counts as critical."""
    ranks = [SEVERITIES.index(severity) if severity in SEVERITIES else 0 for severity in severities]
    return SEVERITIES[min(ranks)]


def group_label(group: str) -> str:
    """Return a group's name as a heading: `informed_consent` reads 'Informed consent'."""
    words = group.replace("_", " ")
    return words[:1].upper() + words[1:]


def _received(report: ReportInput) -> tuple[Counter[str], dict[str, str]]:
    refused: Counter[str] = Counter()
    newest: dict[str, str] = {}
    columns: Sequence[str] = ("site", "status", "received_at")
    for site, status, received_at in report.deliveries.select(columns).iter_rows():
        refused[site] += status == "refused"
        newest[site] = max(newest.get(site, ""), str(received_at or ""))
    return refused, newest


def unlisted_sites(report: ReportInput) -> list[str]:
    """Return the sites that deliver but are on no site list; none where the study has no list at all."""
    listed = {site: seen_in != "landing" for site, seen_in in report.sites.select("site", "seen_in").iter_rows()}
    return sorted((site for site, known in listed.items() if not known), key=site_order) if any(listed.values()) else []


def silent_sites(report: ReportInput) -> list[str]:
    """Return the sites that are on a list but have no folder in landing."""
    seen = report.sites.select("site", "seen_in").iter_rows()
    return sorted((site for site, seen_in in seen if "landing" not in seen_in), key=site_order)
