"""Runs a study through the rooms one after the other, as a run does, without Dagster around them."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from pipelines.findings import RunInfo, publish_run, read_findings, read_sites, read_verdicts
from pipelines.ingest import ingest_study
from pipelines.ingest.intake import Clock, utc_now
from pipelines.report import write_report
from pipelines.settings import Home
from pipelines.standardize import build_warehouse
from pipelines.study import load_study
from pipelines.validate import read_parameters, validate_study


@dataclass(frozen=True)
class StudyRun:
    """A study that has been run, and what came of it."""

    home: Home
    study: str
    run: RunInfo

    @property
    def verdicts(self) -> pl.DataFrame:
        return read_verdicts(self.home, self.study)

    @property
    def findings(self) -> pl.DataFrame:
        return read_findings(self.home, self.study)

    @property
    def sites(self) -> pl.DataFrame:
        return read_sites(self.home, self.study)

    def failed(self, check_id: str) -> int:
        """Return the number of findings of a check over all sites."""
        return self.findings.filter(pl.col("check_id") == check_id).height

    def statuses(self, check_id: str) -> dict[str, int]:
        """Return status -> number of sites of a check."""
        own = self.verdicts.filter(pl.col("check_id") == check_id)
        return dict(own.group_by("status").len().iter_rows())


def run_through_the_rooms(home: Home, study_id: str, threads: int | None = None, now: Clock = utc_now) -> StudyRun:
    study = load_study(home.study_file(study_id))
    ingest_study(home, study, now=now)
    build_warehouse(home, study, read_parameters(home, study), threads)
    run = publish_run(home, study, validate_study(home, study))
    write_report(home, study)
    return StudyRun(home, study_id, run)
