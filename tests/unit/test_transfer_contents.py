"""The extract's bytes: values unaltered, the same for any thread count and order of the warehouse."""

from __future__ import annotations

import csv
import json
from datetime import date
from pathlib import Path

import duckdb
import pyarrow.parquet as pa_parquet
import pytest
from transfer_case import AWKWARD_TERMS, STUDY, VERDICTS, build_warehouse, list_findings, write_case

from pipelines.errors import UserError
from pipelines.transfer import tables
from pipelines.transfer.contents import write_contents
from pipelines.vocabulary import load_vocabulary

FINDINGS = list_findings(("f2", "SV", 2), ("f1", "SV", 1))


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, strict=True))


@pytest.fixture(scope="module")
def extract(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("transfer")
    with build_warehouse(folder / "w.duckdb", ["2024-06-01", "2024-06"], repeat=3) as connection:
        write_case(connection, folder / "extract", FINDINGS)
    return folder / "extract"


def test_csv_and_parquet_hold_every_value_unaltered(extract: Path) -> None:
    rows = read_csv(extract / "data" / "ae.csv")
    assert [row["AETERM"] for row in rows] == [term or "" for term in AWKWARD_TERMS]
    assert pa_parquet.read_table(extract / "data" / "ae.parquet")["AETERM"].to_pylist() == AWKWARD_TERMS
    assert rows[0]["AESTDTC_raw"] == "UNK"


def test_csv_is_utf8_with_plain_line_ends(extract: Path) -> None:
    data = (extract / "data" / "sv.csv").read_bytes()
    assert data.count(b"\n") == 1 + 6
    assert b"\r" not in data
    assert not data.startswith(b"\xef\xbb\xbf")
    assert "頭痛".encode() in (extract / "data" / "ae.csv").read_bytes()


def test_rows_are_ordered_by_site_subject_and_record(extract: Path) -> None:
    rows = read_csv(extract / "data" / "sv.csv")
    keys = [(row["site"], row["USUBJID"], row["record"]) for row in rows]
    assert keys == sorted(keys)
    assert [row["VISITNUM_raw"] for row in rows[:2]] == ["1.50", "2.50"]
    assert [row["finding_id"] for row in read_csv(extract / "findings.csv")] == ["f1", "f2"]
    assert [row["check_id"] for row in read_csv(extract / "verdicts.csv")] == ["AE-01", "SV-02"]


def test_manifest_says_what_it_is_and_lists_every_file(extract: Path) -> None:
    manifest = json.loads((extract / "manifest.json").read_text(encoding="utf-8"))
    assert {name: manifest[name] for name in ("study", "sponsor", "run_id", "as_of", "cutoff", "code_version")} == {
        "study": "S1",
        "sponsor": "A sponsor",
        "run_id": "0123456789abcdef",
        "as_of": "2024-06-30T10:00:00Z",
        "cutoff": None,
        "code_version": "0.1.0",
    }
    paths = [file["path"] for file in manifest["files"]]
    assert paths == ["data/ae.csv", "data/ae.parquet", "data/sv.csv", "data/sv.parquet", "findings.csv", "verdicts.csv"]
    assert manifest["files"][2]["rows"] == 6
    assert manifest["files"][2]["columns"][-1] == "SVSTDTC"


def test_threads_and_order_of_the_warehouse_do_not_show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "ROWS_IN_GROUP", 15_000)
    visits: list[str | None] = [f"2024-06-{day:02}" for day in range(1, 31)]
    copies = 1_000  # twenty visits of each are kept: more rows than one Parquet row group
    for name, threads in (("one", 1), ("four", 4)):
        with build_warehouse(tmp_path / f"{name}.duckdb", visits, threads=threads, repeat=copies) as connection:
            if threads > 1:
                connection.execute("CREATE TABLE other AS SELECT * FROM marts.sv ORDER BY hash(record, USUBJID, 1)")
                connection.execute("DELETE FROM marts.sv")
                connection.execute("INSERT INTO marts.sv SELECT * FROM other")
            write_case(connection, tmp_path / name, FINDINGS.reverse(), date(2024, 6, 20))
    files = sorted(path.relative_to(tmp_path / "one") for path in (tmp_path / "one").rglob("*") if path.is_file())
    assert len(files) == 7
    for file in files:
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "four" / file).read_bytes(), file
    assert pa_parquet.ParquetFile(tmp_path / "one" / "data" / "sv.parquet").metadata.num_row_groups == 2
    assert json.loads((tmp_path / "one" / "manifest.json").read_text())["files"][2]["rows"] == copies * 20


def test_what_is_kept_from_sponsors_is_in_no_extract(tmp_path: Path) -> None:
    dataset = load_vocabulary()["DM"]
    assert [v.name for v in dataset.variables.values() if v.is_kept_from_sponsor] == ["identity_key"]
    with duckdb.connect(tmp_path / "w.duckdb") as connection:
        connection.execute("CREATE SCHEMA marts")
        variables = ", ".join(f'"{name}" VARCHAR' for name in dataset.variables)
        lineage = "site VARCHAR, record VARCHAR, USUBJID VARCHAR, source_file VARCHAR, source_row BIGINT"
        connection.execute(f"CREATE TABLE marts.dm ({lineage}, {variables})")
        connection.execute(
            "INSERT INTO marts.dm (site, USUBJID, identity_key, SEX) VALUES ('01', 'S-1', 'canary', 'F')"
        )
        write_contents(connection, ["DM"], list_findings(), VERDICTS, None, tmp_path)
    for file in (tmp_path / "data").iterdir():
        assert b"canary" not in file.read_bytes()
        assert b"identity_key" not in file.read_bytes()
    assert "SEX" in (tmp_path / "data" / "dm.csv").read_text(encoding="utf-8")


def test_a_dataset_without_its_table_is_an_error_for_the_user(tmp_path: Path) -> None:
    with duckdb.connect() as connection, pytest.raises(UserError, match=r"marts\.ae.*run the study again"):
        write_contents(connection, STUDY.map, FINDINGS, VERDICTS, None, tmp_path)
