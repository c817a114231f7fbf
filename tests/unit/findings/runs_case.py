"""A study with a store, and outcomes made by hand, for tests of how runs are published."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl

from pipelines.findings import RunInfo, publish_run
from pipelines.ingest import ingest_site
from pipelines.settings import Home
from pipelines.study import Study, load_study
from pipelines.validate import Outcome
from pipelines.validate.failing_rows import SCHEMA
from pipelines.validate.study_validation import VERDICT_SCHEMA

STUDY = "ST-1"
STUDY_YML = "study: ST-1\ntitle: t\nsponsor: s\nsources:\n  AE: {path: edc/AE.csv}\nmap: {}\n"


def failing_row(record: str = "a", **other: object) -> dict[str, object]:
    return {
        "site": "101", "subject": "001", "person": None, "check_id": "AE-01", "category": "data_entry",
        "severity": "critical", "dataset": "AE", "record": record, "message": f"Please verify {record}.",
        "source_file": "ST-1/101/edc/AE.csv", "source_row": 1, **other,
    }  # fmt: skip


def outcome_of(*records: str | dict[str, object], status: str | None = None) -> Outcome:
    """An outcome with these failing rows of AE-01 at site 101, or another status there; site 102 passes."""
    rows = [failing_row(record) if isinstance(record, str) else record for record in records]
    verdicts = [
        {"site": "101", "check_id": "AE-01", "status": status or ("fail" if rows else "pass"), "evaluated": 9,
         "failed": len(rows), "waived": 0, "reason": ""},
        {"site": "102", "check_id": "AE-01", "status": "pass", "evaluated": 9, "failed": 0, "waived": 0, "reason": ""},
    ]  # fmt: skip
    sites = pl.DataFrame({"site": ["101", "102"], "seen_in": ["landing", "landing"]})
    return Outcome(
        sites, pl.DataFrame(verdicts, schema=VERDICT_SCHEMA), pl.DataFrame(rows, schema=SCHEMA, orient="row"), []
    )


@dataclass
class Runs:
    """A study that gets a new delivery a day, and publishes an outcome on it."""

    home: Home
    day: int = 0
    published: list[RunInfo] = field(default_factory=list)

    def __post_init__(self) -> None:
        path = self.home.study_file(STUDY)
        path.parent.mkdir(parents=True)
        path.write_text(STUDY_YML, encoding="utf-8")
        self.study: Study = load_study(path)
        self.deliver()

    def deliver(self) -> None:
        self.day += 1
        path = self.home.landing / STUDY / "101" / "edc" / "AE.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"subjid\n{self.day}\n", encoding="utf-8")
        os.utime(path, (1_700_000_000 + 60 * self.day,) * 2)
        now = datetime(2026, 1, 1, 8, tzinfo=UTC) + timedelta(days=self.day)
        ingest_site(self.home, self.study, "101", now=lambda: now)

    def publish(self, *records: str | dict[str, object], status: str | None = None) -> RunInfo:
        run = publish_run(self.home, self.study, outcome_of(*records, status=status))
        self.published.append(run)
        return run

    def folder(self, run: RunInfo) -> Path:
        return self.home.findings / STUDY / run.run_id

    def files(self) -> dict[str, bytes]:
        """Every file below findings/, by its path."""
        root = self.home.findings
        return {
            path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()
        }
