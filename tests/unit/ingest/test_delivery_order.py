"""A file that was extracted before the current one never overwrites it (F24)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ingest_desk import STUDY, Desk

from pipelines.ingest import current_deliveries, late_deliveries
from pipelines.ingest import extracted_day as days

DATED: dict[str, Any] = {"extract_date": "made_on", "dates": {"made_on": ["DD.MM.YYYY"]}, "missing": ["NA"]}


def made(day: str, *terms: str) -> str:
    return "aeterm,made_on\n" + "".join(f"{term},{day}\n" for term in terms or ("Cough",))


def test_a_late_file_is_superseded_with_both_days(desk_for: Callable[..., Desk]) -> None:
    """F24: the file of 1 May comes after that of 8 May."""
    desk = desk_for(**DATED)
    newer = desk.take("edc/AE_2.csv", made("08.05.2024"))
    late = desk.take("edc/AE_1.csv", made("01.05.2024", "Fever"))
    assert (late.status, late.reason) == (
        "superseded",
        "out_of_order: extracted 2024-05-01, the current one 2024-05-08",
    )
    assert [d.sha256 for d in current_deliveries(desk.home, STUDY)] == [newer.sha256]
    (told,) = late_deliveries(desk.home, STUDY).values()
    assert (told.source_file, told.extracted) == ("ST-1/101/edc/AE_1.csv", "2024-05-01")
    assert desk.ingest() == []
    assert desk.take("edc/AE_3.csv", made("09.05.2024", "Fever")).status == "accepted"
    assert late_deliveries(desk.home, STUDY) == {}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("08.05.2024", "08.05.2024"),  # the same day: the order of receipt
        ("08.05.2024", "09.05.2024"),
        ("NA", "01.05.2024"),
        ("08.05.2024", "NA"),
        ("08.05.2024", "soon"),
        ("soon", "01.05.2024"),
    ],
)
def test_what_is_not_certainly_older_counts(desk_for: Callable[..., Desk], first: str, second: str) -> None:
    desk = desk_for(**DATED)
    desk.take("edc/AE.csv", made(first))
    assert desk.take("edc/AE.csv", made(second, "Fever")).status == "accepted"


def test_the_latest_day_of_the_rows_is_the_file_s(desk_for: Callable[..., Desk]) -> None:
    desk = desk_for(**DATED)
    desk.take("edc/AE.csv", made("08.05.2024"))
    assert desk.take("edc/AE.csv", made("01.05.2024") + "Fever, 09.05.2024 \n").status == "accepted"


def test_the_day_may_be_worked_out_by_sql(desk_for: Callable[..., Desk]) -> None:
    desk = desk_for(
        extract_date={"sql": "substr(made_on, 7, 4) || '-' || substr(made_on, 4, 2) || '-' || substr(made_on, 1, 2)"}
    )
    desk.take("edc/AE.csv", made("08.05.2024"))
    assert desk.take("edc/AE.csv", made("01.05.2024", "Fever")).status == "superseded"


def test_sql_that_fails_refuses_the_file_without_its_content(desk_for: Callable[..., Desk]) -> None:
    desk = desk_for(extract_date={"sql": "CAST(CAST(made_on AS DATE) AS VARCHAR)"})
    desk.take("edc/AE.csv", made("2024-05-08"))
    event = desk.take("edc/AE.csv", made("Huntington"))
    assert event.reason == "extract_date_unreadable: the sql of extract_date fails on its rows"


def test_a_first_delivery_is_not_asked_for_its_day(
    desk_for: Callable[..., Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = desk_for(**DATED)
    monkeypatch.setattr(days, "date_functions_sql", lambda: pytest.fail("the day was read"))
    assert desk.take("edc/AE.csv", made("08.05.2024")).status == "accepted"


def test_an_older_file_that_is_read_again_is_still_the_current_one(desk_for: Callable[..., Desk]) -> None:
    desk = desk_for(**DATED)
    desk.take("edc/AE.csv", made("08.05.2024"))
    mended = desk_for(**DATED, columns={"required": ["aeterm"]}).study
    assert [event.status for event in desk.ingest(mended)] == ["accepted"]


def two_days(visit: str, made_on: str) -> str:
    return f"aeterm,visit_on,made_on\nCough,{visit},{made_on}\n"


def test_a_mended_extract_date_is_read_from_the_current_file_too(desk_for: Callable[..., Desk]) -> None:
    """A planned visit of 2030, read as the day of extraction by mistake, would keep all later files out."""
    formats = {"dates": {"visit_on": ["DD.MM.YYYY"], "made_on": ["DD.MM.YYYY"]}}
    desk = desk_for(extract_date="visit_on", **formats)
    desk.take("edc/AE.csv", two_days("01.05.2024", "01.05.2024"))
    desk.take("edc/AE.csv", two_days("01.05.2030", "08.05.2024"))
    desk.study = desk_for(extract_date="made_on", **formats).study
    assert desk.take("edc/AE.csv", two_days("02.05.2024", "09.05.2024")).status == "accepted"
    assert desk.take("edc/AE.csv", two_days("02.05.2031", "07.05.2024")).status == "superseded"


def test_a_current_file_of_which_the_day_cannot_be_read_is_no_fault_of_the_new_one(
    desk_for: Callable[..., Desk],
) -> None:
    desk = desk_for()
    desk.take("edc/AE.csv", made("soon"))
    desk.study = desk_for(extract_date={"sql": "CAST(CAST(made_on AS DATE) AS VARCHAR)"}).study
    assert desk.take("edc/AE.csv", made("2024-05-08")).status == "accepted"
