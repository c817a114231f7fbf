"""The days on which the countries of a study's sites do not work, as dbt finds them in schema `settings`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import duckdb
import pytest

from pipelines.ingest import ingest_study
from pipelines.settings import Home
from pipelines.standardize.raw_views import lay_raw_views
from pipelines.study import load_study

STUDY = """\
study: ST-1
title: t
sponsor: s
extract_date: 2024-06-30
{more}
sites:
  - {{id: "101", country: CHN}}
  - {{id: "102", country: {country}}}
  - {{id: "103"}}
sources:
  VISITS:
    path: edc/VISITS.csv
    subject: subject
    dates: {{day: [DD.MM.YYYY]}}
map:
  SV: [{{from: VISITS, variables: {{VISIT: visit, SVSTDTC: day}}}}]
"""
VISITS = "subject,visit,day\n1,Screening,12.10.2023\n1,Week 2,30.01.2024\n"

Days = set[tuple[str, str]]


@pytest.fixture
def days_off(home: Home) -> Callable[..., Days]:
    """Take in the visits of site 101 and return the rows of settings.non_working_day."""

    def lay(visits: str = VISITS, more: str = "", country: str = "DEU") -> Days:
        path = home.study_file("ST-1")
        path.parent.mkdir(parents=True)
        path.write_text(STUDY.format(more=more, country=country), encoding="utf-8")
        study = load_study(path)
        file = home.landing / "ST-1" / "101" / "edc" / "VISITS.csv"
        file.parent.mkdir(parents=True)
        file.write_text(visits, encoding="utf-8")
        ingest_study(home, study, ["101"], now=lambda: datetime(2026, 1, 2, 8, tzinfo=UTC))
        lay_raw_views(home, study, {})
        with duckdb.connect(home.warehouse_file("ST-1"), read_only=True) as connection:
            rows = connection.execute("SELECT country, day FROM settings.non_working_day").fetchall()
        assert len(rows) == len(set(rows))
        return set(rows)

    return lay


def test_each_country_has_its_weekends_and_holidays(days_off: Callable[..., Days]) -> None:
    days = days_off()
    assert ("DEU", "2024-02-10") in days  # a Saturday
    assert ("DEU", "2024-05-01") in days
    assert ("DEU", "2024-02-09") not in days
    assert ("CHN", "2024-02-12") in days  # a Monday of the Spring Festival
    assert ("DEU", "2024-02-12") not in days


def test_a_day_that_makes_up_for_a_holiday_is_worked_on(days_off: Callable[..., Days]) -> None:
    days = days_off()
    assert ("CHN", "2024-02-04") not in days  # a Sunday before the Spring Festival
    assert ("DEU", "2024-02-04") in days


def test_years_reach_from_the_first_visit_to_the_extract(days_off: Callable[..., Days]) -> None:
    assert {day[:4] for _, day in days_off()} == {"2023", "2024"}


def test_a_slip_in_a_year_lays_no_century(days_off: Callable[..., Days]) -> None:
    assert {day[:4] for _, day in days_off(VISITS + "2,Screening,01.02.1924\n3,Week 2,01.02.2094\n")} == {
        "2023",
        "2024",
    }


def test_a_country_without_a_calendar_has_no_days(days_off: Callable[..., Days]) -> None:
    assert {country for country, _ in days_off(country="Atlantis")} == {"CHN"}


@pytest.mark.parametrize(
    ("visits", "more"),
    [(VISITS, "date_shifted: true"), ("subject,visit,day\n", ""), ("subject,visit,day\n1,V,UNK\n", "")],
)
def test_shifted_dates_or_none_have_no_days(days_off: Callable[..., Days], visits: str, more: str) -> None:
    assert days_off(visits, more) == set()
