"""The verifier notices every way in which an extract can differ from its manifest."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from transfer_case import build_warehouse, list_findings, write_case

from pipelines.transfer import verify_extract


@pytest.fixture(scope="module")
def good_extract(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("transfer")
    with build_warehouse(folder / "w.duckdb", ["2024-06-01", "2024-06"]) as connection:
        write_case(connection, folder / "extract", list_findings(("f1", "SV", 1)))
    return folder / "extract"


@pytest.fixture
def extract(good_extract: Path, tmp_path: Path) -> Path:
    shutil.copytree(good_extract, tmp_path / "extract")
    return tmp_path / "extract"


def change_manifest(extract: Path, change: Callable[[dict[str, Any]], None]) -> None:
    manifest = json.loads((extract / "manifest.json").read_text(encoding="utf-8"))
    change(manifest)
    (extract / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def test_an_untouched_extract_has_no_problem(extract: Path) -> None:
    limit = csv.field_size_limit()
    assert verify_extract(extract) == []
    assert csv.field_size_limit() == limit


def test_one_changed_byte_is_noticed_in_every_file(extract: Path) -> None:
    for path in sorted(path for path in extract.rglob("*") if path.is_file() and path.name != "manifest.json"):
        good = path.read_bytes()
        path.write_bytes(good[:-2] + bytes([good[-2] ^ 1]) + good[-1:])
        problems = verify_extract(extract)
        assert any(path.relative_to(extract).as_posix() in problem for problem in problems), path
        path.write_bytes(good)
    assert verify_extract(extract) == []


def test_missing_and_added_files_are_noticed(extract: Path) -> None:
    (extract / "data" / "ae.csv").unlink()
    (extract / "data" / "notes.txt").write_text("x", encoding="utf-8")
    assert verify_extract(extract) == ["data/notes.txt is not in the manifest", "data/ae.csv is missing"]


def test_a_cut_file_is_noticed_by_size_content_and_rows(extract: Path) -> None:
    path = extract / "data" / "sv.csv"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))
    problems = verify_extract(extract)
    assert len(problems) == 3
    assert problems[2] == "data/sv.csv has 1 rows, not 2"


@pytest.mark.parametrize("name", ["data/sv.csv", "data/sv.parquet"])
def test_rows_and_columns_are_counted_anew(extract: Path, name: str) -> None:
    def claim(manifest: dict[str, Any]) -> None:
        entry = next(file for file in manifest["files"] if file["path"] == name)
        entry["rows"] += 1
        entry["columns"].append("EXTRA")

    change_manifest(extract, claim)
    assert verify_extract(extract) == [
        f"{name} has other columns than the manifest says",
        f"{name} has 2 rows, not 3",
    ]


def test_a_listed_file_outside_the_extract_is_never_read(extract: Path, tmp_path: Path) -> None:
    (tmp_path / "outside.csv").write_text("a\n1\n", encoding="utf-8")

    def point_outside(manifest: dict[str, Any]) -> None:
        manifest["files"][0]["path"] = "../outside.csv"
        manifest["files"][1]["path"] = str(tmp_path / "outside.csv")

    change_manifest(extract, point_outside)
    problems = verify_extract(extract)
    assert [problem for problem in problems if "points outside" in problem] == [
        "../outside.csv points outside the extract",
        f"{tmp_path}/outside.csv points outside the extract",
    ]
    assert "data/ae.csv is not in the manifest" in problems


def test_a_file_that_is_listed_twice_is_noticed(extract: Path) -> None:
    change_manifest(extract, lambda manifest: manifest["files"].append(manifest["files"][0]))
    assert verify_extract(extract) == ["data/ae.csv is listed more than once"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{", "manifest.json cannot be read"),
        ("[]", "manifest.json does not list its files"),
        ('{"files": [{"path": "data/ae.csv"}]}', "manifest.json does not list its files"),
    ],
)
def test_a_manifest_that_is_none_is_named(extract: Path, text: str, problem: str) -> None:
    (extract / "manifest.json").write_text(text, encoding="utf-8")
    problems = verify_extract(extract)
    assert len(problems) == 1
    assert problems[0].startswith(problem)


def test_a_folder_without_manifest_is_no_extract(tmp_path: Path) -> None:
    assert verify_extract(tmp_path) == ["manifest.json is missing"]
