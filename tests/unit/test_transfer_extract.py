"""An extract belongs to one run and one state of the warehouse, appears whole, and is never overwritten."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path

import pytest
from transfer_case import RUN, STUDY, VERDICTS, build_warehouse, list_findings

from pipelines.errors import UserError
from pipelines.findings import run_inputs
from pipelines.ingest import ingest_site, read_deliveries
from pipelines.settings import Home
from pipelines.transfer import verify_extract, write_extract


@pytest.fixture
def run_home(home: Home) -> Home:
    """A home with a run and its warehouse, and an empty store."""
    run = home.findings / "S1" / RUN.run_id
    run.mkdir(parents=True)
    write_study(home, "study: S1\n")
    record_run(home)
    list_findings(("f1", "SV", 1)).write_parquet(run / "findings.parquet")
    VERDICTS.write_parquet(run / "verdicts.parquet")
    (home.findings / "S1" / "CURRENT").write_text(f"{RUN.run_id}\n", encoding="utf-8")
    home.warehouse.mkdir(parents=True)
    build_warehouse(home.warehouse_file("S1"), ["2024-06-01", "2024-07-01"]).close()
    return home


def record_run(home: Home, **other: str) -> None:
    """Have the run depend on the present state, or on other digests where they are given."""
    run = replace(RUN, inputs={**run_inputs(home, STUDY), **other})
    (home.findings / "S1" / RUN.run_id / "run.json").write_text(json.dumps(asdict(run)), encoding="utf-8")


def write_study(home: Home, text: str) -> None:
    home.study_file("S1").parent.mkdir(parents=True, exist_ok=True)
    home.study_file("S1").write_text(text, encoding="utf-8")


def deliver(home: Home, content: str) -> None:
    """Have site 01 deliver AE."""
    path = home.landing / "S1" / "01" / "edc" / "AE.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    os.utime(path, (1_700_000_000 + len(content),) * 2)
    ingest_site(home, STUDY, "01")


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


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("deliveries", "the deliveries changed since the last run; `siteproof run S1` first"),
        ("sites", "the sites changed"),
        ("study", "study.yml changed"),
        ("suites", "the suites changed"),
        ("code", "Siteproof's code changed"),
    ],
)
def test_an_extract_of_another_state_than_the_run_s_is_refused_by_its_name(
    run_home: Home, name: str, told: str
) -> None:
    record_run(run_home, **{name: "another digest"})
    with pytest.raises(UserError, match=f"^{told}"):
        write_extract(run_home, STUDY, None)
    assert list((run_home.transfers / "S1").iterdir()) == []


def test_all_that_changed_is_named(run_home: Home) -> None:
    record_run(run_home, study="another digest", code="another digest")
    with pytest.raises(UserError, match=r"^Siteproof's code and study\.yml changed"):
        write_extract(run_home, STUDY, None)


@pytest.mark.parametrize("content", ["subjid\n1\n2\n", ""])
def test_after_a_new_delivery_even_an_empty_one_the_study_is_run_again_and_then_extracted(
    run_home: Home, content: str
) -> None:
    deliver(run_home, "subjid\n1\n")
    record_run(run_home)
    write_extract(run_home, STUDY, date(2024, 1, 1))
    deliver(run_home, content)
    status = read_deliveries(run_home, "S1")["status"].to_list()
    assert status == (["superseded", "accepted"] if content else ["accepted", "refused"])
    with pytest.raises(UserError, match=r"^the deliveries changed"):
        write_extract(run_home, STUDY, None)
    record_run(run_home)
    assert verify_extract(write_extract(run_home, STUDY, None)) == []


def test_a_source_that_is_taken_out_of_study_yml_leaves_the_extract_possible(run_home: Home) -> None:
    deliver(run_home, "subjid\n1\n")
    record_run(run_home)
    less = STUDY.model_copy(update={"sources": {"SV": STUDY.sources["SV"]}, "map": {"SV": STUDY.map["SV"]}})
    write_study(run_home, "study: S1\ntitle: without AE\n")
    with pytest.raises(UserError, match=r"^study\.yml changed"):
        write_extract(run_home, less, None)
    record_run(run_home)
    assert verify_extract(write_extract(run_home, less, None)) == []


def test_a_study_that_was_never_run_has_no_extract(home: Home) -> None:
    with pytest.raises(UserError, match="S1 has not been run yet"):
        write_extract(home, STUDY, None)
    assert not home.transfers.exists()


def test_a_run_without_warehouse_is_told_how_to_build_it(run_home: Home) -> None:
    run_home.warehouse_file("S1").unlink()
    with pytest.raises(UserError, match="siteproof run S1"):
        write_extract(run_home, STUDY, None)
