"""Every file of both real trials has, once ingested, the rows that Python's csv module counts in it."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from pipelines.ingest import read_deliveries
from pipelines.settings import Home

TRIALS = {"AA-AA-000-0000": (1_419, 1_861_726), "CDISCPILOT01": (50, 9_957)}


def rows_in(path: Path) -> int:
    with path.open(newline="", encoding="utf-8") as file:
        return sum(1 for _ in csv.reader(file)) - 1


@pytest.mark.realdata
@pytest.mark.slow
@pytest.mark.parametrize("study", TRIALS)
def test_rows_equal_an_independent_count(study: str, real_home: Home, real_exports: Path) -> None:
    landing = real_exports / study / "landing"
    counted = {str(path.relative_to(landing)): rows_in(path) for path in landing.glob("*/*/*.csv")}
    deliveries = read_deliveries(real_home, study)
    accepted = deliveries.select("site", "system", "file", "rows", "status").rows()
    assert {status for *_, status in accepted} == {"accepted"}
    assert {f"{site}/{system}/{file}": rows for site, system, file, rows, _ in accepted} == counted
    assert (len(counted), sum(counted.values())) == TRIALS[study]
