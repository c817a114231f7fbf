"""What a report is made from: one study's published run, as plain frames and a few named facts. No files, no clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import polars as pl

from pipelines.study import Study

SEVERITIES = ("critical", "major", "minor")
STATUSES = ("fail", "pass", "waived", "not_run", "not_applicable", "error")


class ReportedRun(Protocol):
    """The run that a page shows; `as_of` is when the newest file was received, in UTC."""

    @property
    def run_id(self) -> str: ...  # noqa: D102 - the protocol's names are their own documentation

    @property
    def as_of(self) -> str: ...  # noqa: D102

    @property
    def code_version(self) -> str: ...  # noqa: D102

    @property
    def previous_run(self) -> str | None: ...  # noqa: D102


class ReportedCheck(Protocol):
    """A check of the catalogue, as far as a reader of the page needs it."""

    @property
    def id(self) -> str: ...  # noqa: D102

    @property
    def title(self) -> str: ...  # noqa: D102

    @property
    def group(self) -> str: ...  # noqa: D102

    @property
    def category(self) -> str: ...  # noqa: D102

    @property
    def severity(self) -> str: ...  # noqa: D102

    @property
    def reference(self) -> str: ...  # noqa: D102

    @property
    def query_text(self) -> str: ...  # noqa: D102

    @property
    def owner(self) -> str: ...  # noqa: D102

    @property
    def applies_when_text(self) -> str: ...  # noqa: D102

    @property
    def fails_when_text(self) -> str: ...  # noqa: D102


@dataclass(frozen=True)
class UncataloguedCheck:
    """Stands in for a check that the run judged and today's catalogue no longer has, so that no verdict is lost."""

    id: str
    severity: str
    title: str = "This check is no longer in the catalogue"
    group: str = "not in the catalogue"
    category: str = ""
    reference: str = ""
    query_text: str = ""
    owner: str = ""
    applies_when_text: str = ""
    fails_when_text: str = ""


@dataclass(frozen=True)
class ReportInput:
    """Everything a page says.

    `verdicts` has one row a check and site (study, site, check_id, status, evaluated, failed, waived, reason);
    `findings` the open findings and `resolved` those that the previous run had and this one has not, with the same
    columns; `deliveries` one row a file received (site, system, file, status, reason, rows, received_at, security,
    ...); `sites` one row a site (site, seen_in: landing, study.yml, CTMS).
    """

    study: Study
    run: ReportedRun
    verdicts: pl.DataFrame
    findings: pl.DataFrame
    resolved: pl.DataFrame
    deliveries: pl.DataFrame
    sites: pl.DataFrame
    checks: Sequence[ReportedCheck]


def judged_checks(report: ReportInput) -> list[ReportedCheck]:
    """Return the catalogue's checks in their order, then any that only the run knows."""
    known = {check.id for check in report.checks}
    severity_of = dict(report.findings.select("check_id", "severity").iter_rows())
    strangers = sorted(set(report.verdicts["check_id"].to_list()) - known)
    return [*report.checks, *(UncataloguedCheck(name, severity_of.get(name, "major")) for name in strangers)]
