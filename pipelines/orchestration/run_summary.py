"""What a run came to, in numbers: files, verdicts, findings and the page; read from what the rooms published."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipelines.findings import read_findings, read_verdicts
from pipelines.ingest import (
    WaitingFile,
    delivered_files,
    may_be_foreign,
    read_deliveries,
    still_refused,
    utc_now,
    waiting_files,
)
from pipelines.settings import Home
from pipelines.study import load_study


@dataclass(frozen=True)
class ToldFile:
    """A file that was refused or is held, and why; the reason names the line where there is one."""

    site: str
    file: str
    reason: str


@dataclass(frozen=True)
class RunSummary:
    """What there is after a run: counts of files by status, verdicts by status and findings by severity.

    `held` are the files that wait for a decision, `waiting` those that were not read yet, `refused` those that no other
    file of that name followed, `security` those of them that may be another sponsor's.
    """

    study: str
    sites: int
    files: Mapping[str, int]
    refused: list[ToldFile]
    held: list[ToldFile]
    waiting: list[WaitingFile]
    security: list[ToldFile]
    verdicts: Mapping[str, int]
    findings: Mapping[str, int]
    page: Path


def summarize(home: Home, study_id: str) -> RunSummary:
    """Read a study's last published run.

    Raises:
        UserError: there has been no run, or study.yml is wrong.
    """
    deliveries = delivered_files(read_deliveries(home, study_id))
    verdicts = read_verdicts(home, study_id)
    findings = read_findings(home, study_id)
    study = load_study(home.study_file(study_id))
    return RunSummary(
        study=study_id,
        sites=verdicts["site"].n_unique(),
        files=_count(deliveries["status"], ("accepted", "duplicate", "superseded", "held", "refused")),
        refused=_told(still_refused(deliveries)),
        held=_told(deliveries.filter(pl.col("status") == "held")),
        waiting=waiting_files(home, study, utc_now),
        security=_told(may_be_foreign(deliveries)),
        verdicts=_count(verdicts["status"], ("pass", "fail", "waived", "not_applicable", "not_run", "error")),
        findings=_count(findings["severity"], ("critical", "major", "minor")),
        page=home.reports / study_id / "index.html",
    )


def _told(deliveries: pl.DataFrame) -> list[ToldFile]:
    named = deliveries.select("site", "system", "file", "reason").iter_rows()
    return [ToldFile(site, f"{system}/{file}", reason) for site, system, file, reason in named]


def _count(column: pl.Series, order: tuple[str, ...]) -> dict[str, int]:
    found: dict[str, int] = dict(column.value_counts().iter_rows())
    return {name: found.get(name, 0) for name in order}
