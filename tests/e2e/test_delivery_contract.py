"""Deliveries that break their contract, one way at each site: told where a person looks, and never in use (F19-F32)."""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
import yaml
from lxml import html
from rooms import StudyRun, run_through_the_rooms

from pipelines.ingest import decide, ingest_study, read_deliveries, utc_now
from pipelines.settings import Home
from pipelines.simulate import simulate_portfolio
from pipelines.study import load_study

pytestmark = pytest.mark.slow

STUDY = "SIM-001"
SHRUNK, VANISHED, LATE, FOREIGN, CLEAN = range(5)

Rows = list[list[str]]


def change(path: Path, encoding: str, rows: Callable[[list[str], Rows], Rows]) -> None:
    header, *old = csv.reader(io.StringIO(path.read_bytes().decode(encoding), newline=""))
    text = io.StringIO(newline="")
    new = rows(header, old)
    csv.writer(text).writerows([header, *new])
    path.write_bytes(text.getvalue().encode(encoding))
    os.utime(path)


def with_column(
    column: str, write: Callable[[str], str], rows_changed: int | None = None
) -> Callable[[list[str], Rows], Rows]:
    """Rewrite a column in the first rows, or in all."""

    def change(header: list[str], rows: Rows) -> Rows:
        at = header.index(column)
        return [
            [*row[:at], write(row[at]), *row[at + 1 :]] if rows_changed is None or number < rows_changed else row
            for number, row in enumerate(rows)
        ]

    return change


@pytest.fixture(scope="module")
def contract(tmp_path_factory: pytest.TempPathFactory) -> StudyRun:
    """A clean study, delivered once as it should be, and then once more; run."""
    home = Home(tmp_path_factory.mktemp("contract"))
    simulate_portfolio(home, studies=1, sites=5, subjects=8, seed=5, clean=True)
    path = home.study_file(STUDY)
    written = yaml.safe_load(path.read_text(encoding="utf-8"))
    sources = written["sources"]
    sources["LB"]["delivery"] = {"max_row_drop": 0.1}
    sources["EX"]["delivery"] = {"max_vanished": 0.05, "key": ["subjid", "recordid"]}
    sources["VS"]["study"] = "studyid"
    path.write_text(yaml.safe_dump(written, allow_unicode=True, sort_keys=False), encoding="utf-8")
    study = load_study(path)
    ingest_study(home, study)
    sites = sorted((home.landing / STUDY).iterdir())

    def again(site: int, source: str, rows: Callable[[list[str], Rows], Rows]) -> None:
        declared = study.sources[source]
        assert declared.delimiter == ","
        (file,) = sites[site].glob(declared.path)
        change(file, declared.encoding, rows)

    again(SHRUNK, "LB", lambda _, rows: rows[: len(rows) // 2])
    again(VANISHED, "EX", with_column("recordid", lambda text: f"9{text}", 5))
    year = {"2023": "2022", "2024": "2023", "2025": "2024", "2026": "2025"}
    again(LATE, "AE", with_column("dataextractiondate", lambda text: "".join(year.get(p, p) for p in _pieces(text))))
    again(FOREIGN, "VS", with_column("studyid", lambda _: "RIVAL-7", 1))
    return run_through_the_rooms(home, STUDY)


def _pieces(text: str) -> list[str]:
    """Cut a date into its digits and what stands between them."""
    return re.split(r"(\D+)", text)


def told(run: StudyRun, site: int, check: str) -> list[dict[str, object]]:
    own = run.findings.filter((pl.col("site") == name_of(run, site)) & (pl.col("check_id") == check))
    return own.to_dicts()


def name_of(run: StudyRun, site: int) -> str:
    return str(sorted(run.sites["site"])[site])


def last_of(run: StudyRun, site: int, source: str) -> dict[str, object]:
    deliveries = read_deliveries(run.home, STUDY).sort("sequence")
    return deliveries.filter((pl.col("site") == name_of(run, site)) & (pl.col("source") == source)).row(-1, named=True)


def test_a_shrunken_file_is_held_and_found(contract: StudyRun) -> None:
    """F19: the delivery before stays in use; X-08 names the file and both counts."""
    held = last_of(contract, SHRUNK, "LB")
    assert (held["status"], str(held["reason"])[:9]) == ("held", "row_drop:")
    (finding,) = told(contract, SHRUNK, "X-08")
    assert finding["source_file"] == f"{STUDY}/{held['site']}/{held['system']}/{held['file']}"
    assert f"has {held['rows']} rows" in str(finding["message"])
    others = contract.findings.filter((pl.col("site") == held["site"]) & (pl.col("check_id") != "X-08"))
    assert others.is_empty()


def test_vanished_records_hold_a_file_and_are_named(contract: StudyRun) -> None:
    """F25."""
    held = last_of(contract, VANISHED, "EX")
    assert (held["status"], str(held["reason"])[:14]) == ("held", "vanished_rows:")
    (finding,) = told(contract, VANISHED, "X-02")
    assert str(finding["message"]).startswith("5 (")
    assert finding["severity"] == "critical"


def test_a_late_file_is_no_longer_in_use_and_found(contract: StudyRun) -> None:
    """F24."""
    late = last_of(contract, LATE, "AE")
    assert (late["status"], str(late["reason"])[:13]) == ("superseded", "out_of_order:")
    (finding,) = told(contract, LATE, "X-07")
    assert f"{late['file']}, extracted before the current one" in str(finding["message"])


def test_another_study_s_file_is_refused_as_a_security_event(contract: StudyRun) -> None:
    """F32: and no finding, table or page shows what the file named."""
    foreign = last_of(contract, FOREIGN, "VS")
    assert (foreign["status"], foreign["security"]) == ("refused", True)
    page = (contract.home.reports / STUDY / "index.html").read_text(encoding="utf-8")
    assert "Security: 1 file refused" in html.document_fromstring(page).get_element_by_id("held").text_content()
    assert "RIVAL-7" not in page


def test_the_page_lists_what_is_to_be_decided(contract: StudyRun) -> None:
    page = html.fromstring((contract.home.reports / STUDY / "index.html").read_bytes())
    rows = [
        [cell.text_content() for cell in row[:2]] for row in page.get_element_by_id("held-table").xpath("./tbody/tr")
    ]
    assert rows == [
        [name_of(contract, site), f"{last_of(contract, site, source)['system']}/{source}.csv"]
        for site, source in ((SHRUNK, "LB"), (VANISHED, "EX"))
    ]


def test_the_other_site_is_untouched(contract: StudyRun) -> None:
    assert contract.findings.filter(pl.col("site") == name_of(contract, CLEAN)).is_empty()


def test_an_accepted_one_is_in_use_with_the_next_run(contract: StudyRun) -> None:
    held = last_of(contract, SHRUNK, "LB")
    who = {"by": "anna", "why": "half of the samples were another study's", "now": utc_now()}
    decide(contract.home, STUDY, str(held["site"]), str(held["file"]), "accepted", **who)
    before = contract.run.run_id
    again = run_through_the_rooms(contract.home, STUDY)
    assert again.run.run_id != before
    assert last_of(again, SHRUNK, "LB")["status"] == "accepted"
    page = (contract.home.reports / STUDY / "index.html").read_text(encoding="utf-8")
    assert "accepted: by anna on" in page
