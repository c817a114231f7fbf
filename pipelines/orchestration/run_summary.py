"""What a run came to, in numbers: files, verdicts, findings and the page; read from what the rooms published."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipelines.findings import read_findings, read_verdicts
from pipelines.ingest import delivered_files, read_deliveries
from pipelines.settings import Home


@dataclass(frozen=True)
class RefusedFile:
    """A file that was refused, and why; the reason names the line where there is one."""

    site: str
    file: str
    reason: str


@dataclass(frozen=True)
class RunSummary:
    """What there is after a run: counts of files by status, verdicts by status and findings by severity."""

    study: str
    sites: int
    files: Mapping[str, int]
    refused: list[RefusedFile]
    verdicts: Mapping[str, int]
    findings: Mapping[str, int]
    page: Path


def summarize(home: Home, study_id: str) -> RunSummary:
    """Read a study's last published run.

    Raises:
        UserError: there has been no run.
    """
    deliveries = delivered_files(read_deliveries(home, study_id))
    verdicts = read_verdicts(home, study_id)
    findings = read_findings(home, study_id)
    refused = deliveries.filter(pl.col("status") == "refused").select("site", "system", "file", "reason")
    return RunSummary(
        study=study_id,
        sites=verdicts["site"].n_unique(),
        files=_count(deliveries["status"], ("accepted", "duplicate", "superseded", "refused")),
        refused=[RefusedFile(site, f"{system}/{file}", reason) for site, system, file, reason in refused.iter_rows()],
        verdicts=_count(verdicts["status"], ("pass", "fail", "waived", "not_applicable", "not_run", "error")),
        findings=_count(findings["severity"], ("critical", "major", "minor")),
        page=home.reports / study_id / "index.html",
    )


def _count(column: pl.Series, order: tuple[str, ...]) -> dict[str, int]:
    found: dict[str, int] = dict(column.value_counts().iter_rows())
    return {name: found.get(name, 0) for name in order}
