"""What the delivery calendar expects of each site, and which files answer it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from pipelines.errors import UserError
from pipelines.ingest import ingest_study
from pipelines.settings import Home
from pipelines.standardize.delivery_calendar import list_expected_deliveries
from pipelines.study import Study, load_study

STUDY = """\
study: ST-1
title: t
sponsor: s
{more}
sources:
  AE: {{path: "edc/AE*.csv"}}
  DM: {{path: edc/DM.csv}}
map:
  AE: [{{from: AE, variables: {{AETERM: term}}}}]
"""


def expected(
    home: Home, calendar: Sequence[str], files: Sequence[tuple[str, str, str]], more: str = "", grace: int = 24
) -> list[tuple[object, ...]]:
    """Receive files (site, file name, time of receipt; each of another content) and hold them against a calendar."""
    path = home.study_file("ST-1")
    path.parent.mkdir(parents=True)
    path.write_text(STUDY.format(more=more), encoding="utf-8")
    study: Study = load_study(path)
    for number, (site, name, at) in enumerate(files):
        file = home.landing / "ST-1" / site / "edc" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"term\n{number}\n" if "bad" not in at else "", encoding="utf-8")
        moment = datetime.fromisoformat(at.removesuffix(" bad")).replace(tzinfo=UTC)
        ingest_study(home, study, [site], now=lambda moment=moment: moment)
    parameters = {"X-03": {"calendar": list(calendar), "grace_hours": grace}}
    return list_expected_deliveries(home, study, ["101", "102"], parameters)


def test_a_file_answers_the_first_due_time_that_is_still_open(home: Home) -> None:
    files = [
        ("101", "AE_1.csv", "2024-06-01T07:00"),
        ("101", "AE_2.csv", "2024-06-02T07:59"),  # in the grace of the first
        ("101", "AE_3.csv", "2024-06-09T09:00"),  # too late for the second, and in time for the third
        ("102", "DM.csv", "2024-06-16T09:00"),
    ]
    rows = expected(home, ["AE=2024-06-01T08:00 every 7 days"], files)
    as_of, at = "2024-06-16T09:00", "ST-1/101/edc/AE_3.csv"
    assert rows == [
        ("101", "AE", "AE", "2024-06-01T08:00", "2024-06-01T07:00", as_of, at),
        ("101", "AE", "AE", "2024-06-08T08:00", "2024-06-09T09:00", as_of, at),
        ("101", "AE", "AE", "2024-06-15T08:00", "2024-06-09T09:00", as_of, at),
        ("102", "AE", "AE", "2024-06-01T08:00", None, as_of, "ST-1/102/edc/AE*.csv"),
        ("102", "AE", "AE", "2024-06-08T08:00", None, as_of, "ST-1/102/edc/AE*.csv"),
        ("102", "AE", "AE", "2024-06-15T08:00", None, as_of, "ST-1/102/edc/AE*.csv"),
    ]


def test_a_refused_file_was_not_received_and_a_day_lasts_until_its_end(home: Home) -> None:
    files = [
        ("101", "AE.csv", "2024-06-02T10:00 bad"),
        ("101", "AE.csv", "2024-06-03T00:00"),
        ("101", "DM.csv", "2024-06-05T10:00"),
    ]
    rows = expected(home, ["AE=2024-06-01", "AE=2024-06-04", "AE=2024-06-06"], files)
    assert [(row[0], *row[3:5]) for row in rows if row[0] == "101"] == [
        ("101", "2024-06-01", "2024-06-03T00:00"),
        ("101", "2024-06-04", None),
    ]


def test_a_study_with_an_extract_date_is_a_snapshot_of_that_day(home: Home) -> None:
    files = [("101", "AE.csv", "2026-01-01T10:00"), ("102", "DM.csv", "2024-05-30T10:00")]
    rows = expected(home, ["*=2024-05-31T08:00", "*=2024-06-02"], files, more="extract_date: 2024-06-01")
    assert [(row[0], row[1], *row[3:6]) for row in rows] == [
        ("101", "AE", "2024-05-31T08:00", "2024-06-01", "2024-06-01T23:59"),
        ("102", "AE", "2024-05-31T08:00", None, "2024-06-01T23:59"),
        ("101", "DM", "2024-05-31T08:00", None, "2024-06-01T23:59"),
        ("102", "DM", "2024-05-31T08:00", "2024-05-30T10:00", "2024-06-01T23:59"),
    ]


def test_without_a_calendar_nothing_is_expected(home: Home) -> None:
    assert expected(home, [], [("101", "AE.csv", "2024-06-01T10:00")]) == []


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ("AEE=2024-06-01", r'calendar of X-03: "AEE" is not a source. Did you mean "?AE"?'),
        ("AE=2024-06-31", r'calendar of X-03: "2024-06-31" is not a day or time of the calendar'),
    ],
)
def test_a_calendar_of_no_source_or_no_day_is_an_error(home: Home, item: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        expected(home, [item], [("101", "AE.csv", "2024-06-02T10:00")])
