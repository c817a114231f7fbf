"""Files that are wrong, one way each, at one site: told, refused or flagged, while all else goes on."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

import duckdb
import polars as pl
import pytest
from lxml import html
from rooms import StudyRun, run_through_the_rooms

from pipelines.ingest import read_deliveries
from pipelines.settings import Home
from pipelines.simulate import simulate_portfolio
from pipelines.study import load_study

STUDY = "SIM-001"
SITES = 8
PAYLOADS = [
    "'; DROP TABLE marts.ae; --", "\"; DROP SCHEMA marts CASCADE; --", "') OR 1=1 --",
    "x' UNION SELECT * FROM raw.dm --",
    "{{ 7 * 7 }}", "{% raw %}", "${jndi:ldap://x}", "<script>alert(1)</script>", "<img src=x onerror=alert(1)>",
    "</script><script>", "=cmd|' /C calc'!A0", "Robert'); ATTACH 'x'; --", "\\'; SELECT 1; --", "/* */", "--",
]  # fmt: skip


def _rows(path: Path, encoding: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(path.read_bytes().decode(encoding), newline="")))


def _write(path: Path, encoding: str, rows: list[list[str]]) -> None:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    path.write_bytes(text.getvalue().encode(encoding))


@pytest.fixture(scope="module")
def spoiled(tmp_path_factory: pytest.TempPathFactory) -> StudyRun:
    """A clean study in which each site but the last delivers one thing wrongly, run."""
    home = Home(tmp_path_factory.mktemp("spoiled"))
    simulate_portfolio(home, studies=1, sites=SITES, subjects=8, seed=5, clean=True)
    text = home.study_file(STUDY).read_text(encoding="utf-8")
    # The agreement asks for the outcome, but a file without it can still be used for the other checks.
    assert text.count("aelat, aeout,") == 1
    home.study_file(STUDY).write_text(text.replace("aelat, aeout,", "aelat,"), encoding="utf-8")
    sources = load_study(home.study_file(STUDY)).sources
    sites = sorted(path for path in (home.landing / STUDY).iterdir())

    def spoil(site: int, source: str, change: Callable[[list[list[str]]], list[list[str]]]) -> None:
        (path,) = sites[site].glob(sources[source].path)
        _write(path, sources[source].encoding, change(_rows(path, sources[source].encoding)))

    def without(column: str) -> Callable[[list[list[str]]], list[list[str]]]:
        def change(rows: list[list[str]]) -> list[list[str]]:
            index = rows[0].index(column)
            return [row[:index] + row[index + 1 :] for row in rows]

        return change

    (sites[0] / "edc" / "AE.csv").write_bytes(b"")
    spoil(1, "QUERIES", lambda rows: rows[:1])
    spoil(2, "AE", without("aeout"))
    spoil(3, "VISDT", without("subjid"))
    spoil(4, "LB", lambda rows: [*rows[:3], rows[3][:-1], *rows[4:]])
    spoil(5, "AE", lambda rows: [[*rows[0], *PAYLOADS], *[[*row, *PAYLOADS] for row in rows[1:]]])
    path = sites[6] / "edc" / "DM.csv"
    path.write_bytes(path.read_bytes() + b'"unfinished')
    return run_through_the_rooms(home, STUDY)


def _verdict(run: StudyRun, check: str, site: int) -> dict[str, object]:
    own = run.verdicts.filter((pl.col("check_id") == check) & (pl.col("site") == _sites(run)[site]))
    return own.row(0, named=True)


def _sites(run: StudyRun) -> list[str]:
    return sorted(run.sites["site"])


def _delivery(run: StudyRun, site: int, name: str) -> dict[str, object]:
    told = read_deliveries(run.home, STUDY).filter(
        (pl.col("site") == _sites(run)[site]) & pl.col("file").str.ends_with(name)
    )
    return told.row(0, named=True)


def test_an_empty_file_is_refused_and_its_checks_do_not_pass(spoiled):
    assert _delivery(spoiled, 0, "AE.csv")["status"] == "refused"
    assert str(_delivery(spoiled, 0, "AE.csv")["reason"]).startswith("empty_file")
    assert _verdict(spoiled, "AE-01", 0)["status"] == "not_run"
    assert _verdict(spoiled, "AE-01", 0)["reason"] == "AE was refused (empty_file)"


def test_a_header_without_rows_is_accepted_and_flagged(spoiled):
    assert (_delivery(spoiled, 1, "QUERIES.csv")["status"], _delivery(spoiled, 1, "QUERIES.csv")["rows"]) == (
        "accepted",
        0,
    )
    assert _verdict(spoiled, "X-08", 1)["status"] == "fail"
    assert _verdict(spoiled, "Q-01", 1)["status"] == "not_applicable"


def test_a_missing_optional_column_leaves_its_checks_not_run_by_name(spoiled):
    verdict = _verdict(spoiled, "AE-06", 2)
    assert (verdict["status"], verdict["reason"]) == ("not_run", "AE.AEOUT: the file has no column aeout")
    assert _verdict(spoiled, "AE-01", 2)["status"] == "pass"
    assert _verdict(spoiled, "X-09", 2)["failed"] == 1


@pytest.mark.parametrize(
    ("site", "name", "code", "check"),
    [
        (3, "VISDT.csv", "missing_column", "SV-02"),
        (4, "LB.csv", "ragged_row", "LB-01"),
        (6, "DM.csv", "unterminated_quote", "DM-01"),
    ],
)
def test_a_broken_file_is_refused_whole_with_its_reason(spoiled, site, name, code, check):
    delivery = _delivery(spoiled, site, name)
    assert delivery["status"] == "refused"
    assert str(delivery["reason"]).startswith(code)
    assert _verdict(spoiled, check, site)["status"] == "not_run"


def test_the_line_of_a_ragged_row_is_named(spoiled):
    assert _delivery(spoiled, 4, "LB.csv")["line"] == 4


def test_the_last_site_is_untouched_by_the_others(spoiled):
    own = spoiled.verdicts.filter(pl.col("site") == _sites(spoiled)[SITES - 1])
    assert set(own["status"]) <= {"pass", "not_applicable"}


def test_foreign_text_in_headers_and_values_stays_text(spoiled):
    assert _delivery(spoiled, 5, "AE.csv")["status"] == "accepted"
    new_columns = spoiled.findings.filter((pl.col("check_id") == "X-09") & (pl.col("site") == _sites(spoiled)[5]))
    assert new_columns.height == len(PAYLOADS)
    assert set(new_columns["severity"]) == {"minor"}
    with duckdb.connect(spoiled.home.warehouse_file(STUDY), read_only=True) as connection:
        kept = connection.execute("SELECT count(*) FROM marts.ae WHERE site = ?", [_sites(spoiled)[5]]).fetchone()
    assert kept == (_delivery(spoiled, 5, "AE.csv")["rows"],)
    page = html.fromstring((spoiled.home.reports / STUDY / "index.html").read_text(encoding="utf-8"))
    assert not page.xpath("//img | //*[@onerror]")
    assert "error" not in set(spoiled.verdicts["status"])
