"""An extract belongs to one run and one state of the warehouse, appears whole, and is never overwritten."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date
from pathlib import Path

import duckdb
import pytest
from transfer_case import RUN, STUDY, VERDICTS, build_warehouse, list_findings

from pipelines.errors import UserError
from pipelines.settings import Home
from pipelines.transfer import verify_extract, write_extract


@pytest.fixture
def run_home(home: Home) -> Home:
    """A home with a run and its warehouse, and an empty store."""
    run = home.findings / "S1" / RUN.run_id
    run.mkdir(parents=True)
    (run / "run.json").write_text(json.dumps(asdict(RUN)), encoding="utf-8")
    list_findings(("f1", "SV", 1)).write_parquet(run / "findings.parquet")
    VERDICTS.write_parquet(run / "verdicts.parquet")
    (home.findings / "S1" / "CURRENT").write_text(f"{RUN.run_id}\n", encoding="utf-8")
    home.warehouse.mkdir(parents=True)
    with build_warehouse(home.warehouse_file("S1"), ["2024-06-01", "2024-07-01"]) as connection:
        connection.execute("CREATE SCHEMA settings")
        connection.execute("CREATE TABLE settings.delivery (source_file VARCHAR, row_count BIGINT)")
    return home


def snapshot(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_folder_is_named_by_data_run_and_cutoff(run_home: Home) -> None:
    everything = write_extract(run_home, STUDY, None)
    until_june = write_extract(run_home, STUDY, date(2024, 6, 30))
    transfers = run_home.transfers / "S1"
    assert everything == transfers / "2024-06-30_0123456789abcdef_all"
    assert until_june == transfers / "2024-06-30_0123456789abcdef_cutoff-2024-06-30"
    assert sorted(transfers.iterdir()) == [everything, until_june]
    assert verify_extract(everything) == verify_extract(until_june) == []
    assert json.loads((until_june / "manifest.json").read_text(encoding="utf-8"))["cutoff"] == "2024-06-30"


def test_the_same_extract_again_leaves_the_first(run_home: Home) -> None:
    folder = write_extract(run_home, STUDY, None)
    before = snapshot(folder), folder.stat().st_ino
    assert write_extract(run_home, STUDY, None) == folder
    assert (snapshot(folder), folder.stat().st_ino) == before
    assert list(folder.parent.iterdir()) == [folder]


@pytest.mark.parametrize("file", ["manifest.json", "data/sv.csv"])
def test_an_extract_with_other_content_is_not_overwritten(run_home: Home, file: str) -> None:
    folder = write_extract(run_home, STUDY, None)
    with (folder / file).open("a", encoding="utf-8") as lines:
        lines.write("\n")
    before = snapshot(folder)
    with pytest.raises(UserError, match="is there with other content"):
        write_extract(run_home, STUDY, None)
    assert snapshot(folder) == before
    assert list(folder.parent.iterdir()) == [folder]


def test_data_and_findings_of_different_deliveries_are_refused(run_home: Home) -> None:
    with duckdb.connect(run_home.warehouse_file("S1")) as connection:
        connection.execute("INSERT INTO settings.delivery VALUES ('S1/01/edc/AE.csv', 6)")
    with pytest.raises(UserError, match="deliveries came in since the last run"):
        write_extract(run_home, STUDY, None)
    assert list((run_home.transfers / "S1").iterdir()) == []


def test_a_study_that_was_never_run_has_no_extract(home: Home) -> None:
    with pytest.raises(UserError, match="S1 has not been run yet"):
        write_extract(home, STUDY, None)
    assert not home.transfers.exists()


def test_a_run_without_warehouse_is_told_how_to_build_it(run_home: Home) -> None:
    run_home.warehouse_file("S1").unlink()
    with pytest.raises(UserError, match="siteproof run S1"):
        write_extract(run_home, STUDY, None)
