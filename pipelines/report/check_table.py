"""Check by check: how much was evaluated and what failed; and what was not evaluated, with the reason and the sites."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass

import polars as pl

from pipelines.report.heat_table import EVALUATED, known_status, site_order
from pipelines.report.report_input import ReportedCheck, ReportInput, judged_checks

NO_VERDICT = "the run gave no verdict: the check was added to the catalogue after it"


@dataclass(frozen=True)
class CheckRow:
    """One check over all sites; `rate` is the share of evaluated records that failed, as text."""

    check: ReportedCheck
    sites_evaluated: int
    sites_failing: int
    evaluated: int
    failed: int
    waived: int
    rate: str
    sites_not_run: int
    sites_no_records: int
    sites_error: int


@dataclass(frozen=True)
class Gap:
    """A check that was not evaluated, for one reason, at some sites."""

    status: str
    check: ReportedCheck
    reason: str
    sites: tuple[str, ...]
    everywhere: bool


def check_rows(report: ReportInput) -> list[CheckRow]:
    """Return one row a check, in the catalogue's order."""
    by_check: dict[str, pl.DataFrame] = {
        str(key[0]): frame for key, frame in report.verdicts.group_by("check_id", maintain_order=True)
    }
    return [
        _check_row(check, by_check.get(check.id, report.verdicts.clear()), report) for check in judged_checks(report)
    ]


def _check_row(check: ReportedCheck, verdicts: pl.DataFrame, report: ReportInput) -> CheckRow:
    statuses = Counter(map(known_status, verdicts["status"].to_list()))
    without_verdict = report.verdicts["site"].n_unique() - verdicts.height
    evaluated, failed = int(verdicts["evaluated"].sum()), int(verdicts["failed"].sum())
    return CheckRow(
        check=check,
        sites_evaluated=sum(statuses[status] for status in EVALUATED),
        sites_failing=verdicts.filter(pl.col("failed") > 0)["site"].n_unique(),
        evaluated=evaluated,
        failed=failed,
        waived=int(verdicts["waived"].sum()),
        rate=share(failed, evaluated),
        sites_not_run=statuses["not_run"] + without_verdict,
        sites_no_records=statuses["not_applicable"],
        sites_error=statuses["error"],
    )


def share(part: int, whole: int) -> str:
    """Return part of whole in percent; a share that is not nought never reads as 0."""
    if not whole:
        return "–"
    percent = 100 * part / whole
    if part and percent < 0.1:
        return "< 0.1 %"
    return f"{percent:.1f} %"


def gaps(report: ReportInput) -> dict[str, list[Gap]]:
    """Return what was not evaluated, by status: error first, then not_run, then not_applicable."""
    checks = {check.id: check for check in judged_checks(report)}
    every_site = set(report.verdicts["site"].to_list())
    sites: defaultdict[tuple[str, str, str], set[str]] = defaultdict(set)
    seen: defaultdict[str, set[str]] = defaultdict(set)
    for site, check_id, status, reason in report.verdicts.select("site", "check_id", "status", "reason").iter_rows():
        seen[check_id].add(site)
        if status not in EVALUATED:
            sites[known_status(status), check_id, reason or ""].add(site)
    for check_id in checks:
        if missing := every_site - seen[check_id]:
            sites["not_run", check_id, NO_VERDICT].update(missing)
    place = {check_id: index for index, check_id in enumerate(checks)}
    found: dict[str, list[Gap]] = {"error": [], "not_run": [], "not_applicable": []}
    for (status, check_id, reason), where in sorted(sites.items(), key=lambda item: (place[item[0][1]], item[0][2])):
        listed = tuple(sorted(where, key=site_order))
        found[status].append(Gap(status, checks[check_id], reason, listed, where == every_site and len(where) > 1))
    return found
