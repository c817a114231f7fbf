"""A site that delivers files to a made-up study, a day at a time."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.ingest import DeliveryEvent, current_deliveries, ingest_site, read_deliveries
from pipelines.settings import Home
from pipelines.study import Study

STUDY = "ST-1"
SITE = "101"


def study_of(**sources: dict[str, Any]) -> Study:
    return Study.model_validate({"study": STUDY, "title": "t", "sponsor": "s", "sources": sources, "map": {}})


@dataclass
class Desk:
    """One site's landing folder and what comes of it."""

    home: Home
    study: Study
    site: str = SITE
    day: int = 1
    arrivals: int = 0

    def put(self, name: str, content: str | bytes) -> Path:
        """Deliver a file; each one arrives a minute after the one before."""
        path = self.home.landing / STUDY / self.site / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        self.arrivals += 1
        self.touch(path, self.arrivals)
        return path

    def touch(self, path: Path, minute: int) -> None:
        os.utime(path, (1_700_000_000 + 60 * minute,) * 2)

    def ingest(self, study: Study | None = None) -> list[DeliveryEvent]:
        """Ingest on the desk's day, and let a day go by."""
        now = datetime(2026, 1, 1, 8, tzinfo=UTC) + timedelta(days=self.day - 1)
        self.day += 1
        return ingest_site(self.home, study or self.study, self.site, now=lambda: now)

    def take(self, name: str, content: str | bytes) -> DeliveryEvent:
        """Deliver and ingest one file."""
        self.put(name, content)
        (event,) = self.ingest()
        return event

    def listed(self) -> list[tuple[str, str]]:
        """File and status of every delivery, in sequence."""
        table = read_deliveries(self.home, STUDY).sort("site", "sequence")
        return list(table.select("file", "status").iter_rows())

    def current(self, source: str = "AE") -> pl.DataFrame:
        """The rows of the current delivery."""
        (delivery,) = [d for d in current_deliveries(self.home, STUDY) if d.source == source]
        return pl.read_parquet(delivery.rows_path)
