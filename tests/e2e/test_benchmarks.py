"""The benchmarks run in a tiny form and write their sections; what they measure is not judged."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from benchmarks.measurement import keep_section, measure
from benchmarks.real_trial import read_with_duckdb
from benchmarks.validate import assert_same
from pipelines.settings import PROJECT_ROOT


def benchmark(name: str, results: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", f"benchmarks.{name}", "--results", str(results), *arguments]
    subprocess.run(command, cwd=PROJECT_ROOT, check=True, capture_output=True)
    return results.read_text(encoding="utf-8")


@pytest.mark.slow
def test_validation_is_held_against_sql_that_gives_the_same(tmp_path: Path) -> None:
    text = benchmark("validate", tmp_path / "r.md", "--rows", "2000")
    assert "## Validation of one large table" in text
    assert "| 2,000 |" in text


@pytest.mark.slow
def test_sites_are_run_and_counted(tmp_path: Path) -> None:
    text = benchmark("sites", tmp_path / "r.md", "--sites", "1", "2", "--subjects", "1")
    assert "| 2 |" in text


@pytest.mark.slow
def test_a_study_is_simulated_and_run(tmp_path: Path) -> None:
    text = benchmark("portfolio", tmp_path / "r.md", "--sites", "2", "--subjects", "2")
    assert "2 sites of 2 subjects" in text
    assert "| `siteproof simulate` |" in text


@pytest.mark.slow
@pytest.mark.realdata
def test_a_real_trial_is_run_and_read(real_exports: Path, tmp_path: Path) -> None:
    text = benchmark("real_trial", tmp_path / "r.md", "--study", "CDISCPILOT01", "--exports", str(real_exports))
    assert "CDISCPILOT01: 50 files" in text
    for step in ("deliveries", "standardize", "verdicts", "report"):
        assert f"| {step} |" in text


def test_duckdb_reads_all_files_of_a_name_into_one_table(tmp_path: Path) -> None:
    for site, content in (("101", "a,b\n1,2\n"), ("102", "a,b\n3,4\n5,6\n")):
        path = tmp_path / "landing" / site / "edc" / "AE.csv"
        path.parent.mkdir(parents=True)
        path.write_text(content)
    assert read_with_duckdb(tmp_path / "landing", tmp_path / "d.duckdb") == 3


def test_two_sides_that_differ_are_told(tmp_path: Path) -> None:
    columns = "'101' AS site, 's' AS subject, 'A' AS check_id, 'c' AS category, 'major' AS severity, 'AE' AS dataset"
    for side, message in (("ours", "one"), ("sql", "two")):
        (tmp_path / side).mkdir()
        counts = "'A' AS check_id, '101' AS site, 1 AS evaluated, 1 AS failed"
        duckdb.sql(f"COPY (SELECT {counts}) TO '{tmp_path / side}/counts.parquet'")
        duckdb.sql(
            f"COPY (SELECT {columns}, 'r' AS record, '{message}' AS message, 'f' AS source_file, 1 AS source_row)"
            f" TO '{tmp_path / side}/rows.parquet'"
        )
    assert assert_same(tmp_path / "ours", tmp_path / "ours") == 1
    with pytest.raises(AssertionError, match="2 rows differ"):
        assert_same(tmp_path / "ours", tmp_path / "sql")


def test_what_children_take_is_measured_too() -> None:
    busy = "import time; sum(i * i for i in range(3_000_000)); held = bytearray(b'x') * 60_000_000; time.sleep(0.5)"
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {busy!r}])"
    measured = measure([sys.executable, "-c", child])
    assert measured.cpu > 0.05
    assert measured.peak_bytes > 60_000_000


def test_a_command_that_fails_is_an_error() -> None:
    with pytest.raises(subprocess.CalledProcessError):
        measure([sys.executable, "-c", "raise SystemExit(3)"])


def test_a_section_is_replaced_and_the_others_stay(tmp_path: Path) -> None:
    results = tmp_path / "r.md"
    keep_section("B", ["old"], results)
    keep_section("A", ["first"], results)
    keep_section("B", ["new"], results)
    text = results.read_text(encoding="utf-8")
    assert text.startswith("# Benchmarks\n\n## A\n\nfirst\n")
    assert text.count("## ") == 2
    assert "new" in text
    assert "old" not in text
