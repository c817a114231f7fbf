"""What is certainly after the cut-off is left out and counted; what could be before it stays."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pytest
from transfer_case import build_warehouse, list_findings, write_case

from pipelines.transfer.cutoff import RECORD_DATES, after_cutoff
from pipelines.vocabulary import load_vocabulary

CUTOFF = date(2024, 6, 15)


@pytest.mark.parametrize(
    ("started", "left_out"),
    [
        ("2024-06-14", False),
        ("2024-06-15", False),
        ("2024-06-15T23:59", False),
        ("2024-06-16", True),
        ("2024-06-16T00:00", True),
        ("2024-06", False),
        ("2024-07", True),
        ("2024", False),
        ("2025", True),
        (None, False),
    ],
)
def test_only_what_is_certainly_after_the_cutoff_is_left_out(started: str | None, left_out: bool) -> None:
    with duckdb.connect() as connection:
        condition = after_cutoff("SV", CUTOFF)
        row = connection.execute(f"SELECT {condition} FROM (SELECT ?::VARCHAR AS SVSTDTC)", [started]).fetchone()
    assert row == (left_out,)


def test_a_later_date_decides_only_where_the_first_is_blank() -> None:
    with duckdb.connect() as connection:
        pages = "(VALUES ('2024-06-01', '2024-07-01'), (NULL, '2024-07-01')) AS page(visit_date, entry_date)"
        rows = connection.execute(f"SELECT {after_cutoff('PAGE', CUTOFF)} FROM {pages}").fetchall()
    assert rows == [(False,), (True,)]


def test_every_dataset_says_what_its_own_date_is() -> None:
    vocabulary = load_vocabulary()
    assert set(RECORD_DATES) == set(vocabulary)
    for name, dates in RECORD_DATES.items():
        assert [variable for variable in dates if vocabulary[name].variables[variable].type != "date"] == [], name


def test_left_out_records_and_their_findings_are_counted(tmp_path: Path) -> None:
    dates = ["2024-06-01", "2024-06", None, "2024-07-01", "2025"]
    with build_warehouse(tmp_path / "w.duckdb", dates) as connection:
        findings = list_findings(("f-kept", "SV", 1), ("f-late", "SV", 4), ("f-other", "AE", 4))
        files = {file.path: file for file in write_case(connection, tmp_path / "x", findings, CUTOFF)}
    for path in ("data/sv.csv", "data/sv.parquet"):
        assert (files[path].rows, files[path].rows_after_cutoff) == (3, 2)
        assert files[path].record_dates == ("SVSTDTC",)
    assert (files["data/ae.csv"].rows, files["data/ae.csv"].rows_after_cutoff) == (6, 0)
    assert (files["findings.csv"].rows, files["findings.csv"].rows_after_cutoff) == (2, 1)
    assert "f-late" not in (tmp_path / "x" / "findings.csv").read_text(encoding="utf-8")
