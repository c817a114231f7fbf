"""What schema `settings` says to dbt's models: extract dates of files, the visit schedule, parameters of checks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.ingest import ingest_study
from pipelines.settings import Home
from pipelines.standardize.raw_views import lay_raw_views
from pipelines.standardize.study_settings import Parameters, list_parameters
from pipelines.study import load_study

STUDY = """\
study: ST-1
title: t
sponsor: s
{more}
sources:
  LIST:
    path: ctms/LIST.csv
    dates: {{asof: [DD.MM.YYYY, YYYY]}}
    {source}
map: {{}}
"""
RECEIVED = datetime(2026, 1, 2, 8, tzinfo=UTC)
NO_PARAMETERS: Parameters = {}


@pytest.fixture
def settings_of(home: Home) -> Callable[..., list[tuple[Any, ...]]]:
    """Take in files of source LIST (site -> content, one or several in a row), lay the views, and query them."""

    def query(sql: str, files: Mapping[str, str | list[str]], more: str = "", source: str = "") -> list[Any]:
        path = home.study_file("ST-1")
        path.parent.mkdir(parents=True)
        path.write_text(STUDY.format(more=more, source=source), encoding="utf-8")
        study = load_study(path)
        for site, contents in files.items():
            file = home.landing / "ST-1" / site / "ctms" / "LIST.csv"
            file.parent.mkdir(parents=True)
            for content in [contents] if isinstance(contents, str) else contents:
                file.write_text(content, encoding="utf-8")
                ingest_study(home, study, [site], now=lambda: RECEIVED)
        lay_raw_views(home, study, NO_PARAMETERS)
        with duckdb.connect(home.warehouse_file("ST-1"), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    return query


EXTRACT = "SELECT site, source_name, extract_date FROM settings.extract ORDER BY ALL"


@pytest.mark.parametrize(
    ("more", "source", "content", "day"),
    [
        # The day on which the file was received, the study's day, what the rows say.
        ("", "", "id,asof\n1,03.04.2024\n", "2026-01-02"),
        ("extract_date: 2024-06-30", "", "id,asof\n1,03.04.2024\n", "2024-06-30"),
        ("extract_date: 2024-06-30", "extract_date: asof", "id,asof\n1,03.04.2024\n", "2024-04-03"),
        # The latest that can be read to the day; neither 31.04. nor a year is one.
        ("", "extract_date: ASOF", "id,asof\n1,3.4.2024\n2,05.03.2024\n3,31.04.2024\n4,2025\n5,\n", "2024-04-03"),
        # Nothing that can be read, no row, no such column.
        ("extract_date: 2024-06-30", "extract_date: asof", "id,asof\n1,soon\n2,\n", "2024-06-30"),
        ("extract_date: 2024-06-30", "extract_date: asof", "id,asof\n", "2024-06-30"),
        ("extract_date: 2024-06-30", "extract_date: asof", "id\n1\n", "2024-06-30"),
        # A constant, and SQL, both ISO 8601; a time is cut.
        ("", "extract_date: {value: 2024-05-01}", "id\n1\n", "2024-05-01"),
        ("", "extract_date: {sql: \"'20' || stamp\"}", "stamp\n24-05-01T08:30\n23-12-31T08:30\n", "2024-05-01"),
    ],
)
def test_a_file_was_extracted_on_the_day_that_it_says(
    settings_of: Callable[..., list[Any]], more: str, source: str, content: str, day: str
) -> None:
    assert settings_of(EXTRACT, {"101": content}, more, source) == [("101", "LIST", day)]


def test_each_file_says_its_own_day(settings_of: Callable[..., list[Any]]) -> None:
    files = {"101": "asof\n01.02.2024\n", "102": "asof,x\n01.03.2024,\n", "103": "asof\nnever\n"}
    days = [("101", "LIST", "2024-02-01"), ("102", "LIST", "2024-03-01"), ("103", "LIST", "2026-01-02")]
    assert settings_of(EXTRACT, files, source="extract_date: asof") == days


def test_files_of_a_source_that_declares_nothing_are_not_read(home: Home, settings_of: Callable[..., Any]) -> None:
    settings_of(EXTRACT, {"101": "asof\n01.02.2024\n"}, source="extract_date: asof")
    (rows,) = home.store.rglob("rows.parquet")
    rows.write_bytes(b"no Parquet")
    with pytest.raises(duckdb.Error):
        lay_raw_views(home, load_study(home.study_file("ST-1")), NO_PARAMETERS)
    home.study_file("ST-1").write_text(STUDY.format(more="extract_date: 2024-06-30", source=""), encoding="utf-8")
    lay_raw_views(home, load_study(home.study_file("ST-1")), NO_PARAMETERS)
    with duckdb.connect(home.warehouse_file("ST-1"), read_only=True) as connection:
        assert connection.execute(EXTRACT).fetchall() == [("101", "LIST", "2024-06-30")]


def test_a_file_refused_as_empty_leaves_one_row_with_the_day_of_the_data_in_use(
    settings_of: Callable[..., list[Any]],
) -> None:
    facts = "SELECT site, row_count, previous, received_on, delivery.extract_date, extract.extract_date"
    facts += " FROM settings.delivery LEFT JOIN settings.extract USING (site, source_name) ORDER BY ALL"
    rows = settings_of(facts, {"101": ["asof\n01.02.2024\n", ""], "102": ""}, source="extract_date: asof")
    assert rows == [
        ("101", 0, 1, "2026-01-02", "2024-02-01", "2024-02-01"),
        ("102", 0, None, "2026-01-02", "2026-01-02", None),
    ]


def test_visits_carry_their_window_and_the_event_they_are_counted_from(settings_of: Callable[..., list[Any]]) -> None:
    visits = """\
anchor: randomization
visits:
  - {name: Screening, num: 1, day: -7, window: {before: 14, after: 0}, anchor: consent}
  - {name: Baseline, num: 2, day: 1}
  - {name: Week 4, num: 3.5, day: 29, window: {before: 3, after: 4}, required: false}
  - {name: Unscheduled}
"""
    columns = "visit, visitnum, target_day, window_before, window_after, is_required, anchor"
    assert settings_of(f"SELECT {columns} FROM settings.visit ORDER BY rowid", {}, visits) == [
        ("Screening", 1.0, -7, 14, 0, True, "consent"),
        ("Baseline", 2.0, 1, None, None, True, "randomization"),
        ("Week 4", 3.5, 29, 3, 4, False, "randomization"),
        ("Unscheduled", None, None, None, None, False, "randomization"),
    ]


def test_visits_and_listed_sites_have_the_form_in_which_exports_are_compared(
    settings_of: Callable[..., list[Any]],
) -> None:
    """F35: study.yml has a visit as the export writes it, and the export's name is compared in normal form."""
    more = (
        'visits: [{name: "来院１", num: 1}]\n'
        'sites: [{id: "101", name: "Ho\u0302pital", country: "ＦＲＡ", investigator: "ＰＩ-7"}]'
    )
    sql = "SELECT visit, name, country, investigator FROM settings.visit, raw.site"
    assert settings_of(sql, {"101": "asof\n2024\n"}, more=more) == [("来院1", "Hôpital", "FRA", "PI-7")]


def test_a_parameter_is_a_row_a_value() -> None:
    parameters: Parameters = {
        "X-2": {"tests": ["b", "a"], "none": [], "exact": True, "loose": False},
        "X-1": {"days": 5, "share": 0.2, "range": "50..260"},
    }
    assert list_parameters(parameters) == [
        ("X-1", "days", 1, "5"),
        ("X-1", "share", 1, "0.2"),
        ("X-1", "range", 1, "50..260"),
        ("X-2", "tests", 1, "b"),
        ("X-2", "tests", 2, "a"),
        ("X-2", "exact", 1, "true"),
        ("X-2", "loose", 1, "false"),
    ]


def test_the_parameters_of_every_check_reach_the_warehouse(home: Home) -> None:
    path: Path = home.study_file("ST-1")
    path.parent.mkdir(parents=True)
    path.write_text(STUDY.format(more="", source=""), encoding="utf-8")
    lay_raw_views(home, load_study(path), {"X-1": {"tests": ["b", "a"]}})
    with duckdb.connect(home.warehouse_file("ST-1"), read_only=True) as connection:
        rows = connection.execute("SELECT check_id, name, position, value FROM settings.parameter ORDER BY position")
        assert rows.fetchall() == [("X-1", "tests", 1, "b"), ("X-1", "tests", 2, "a")]
