"""A file of another site (F31) or another study (F32) is refused; the second is a security event."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl
import pytest
from ingest_desk import STUDY, Desk

from pipelines.ingest import current_deliveries, may_be_foreign, read_deliveries, still_refused

OWN = "site,study,aeterm\n101,ST-1,Cough\n,,Fever\n"


@pytest.mark.parametrize(
    ("rows", "row"),
    [
        ("102,ST-1,Cough\n102,ST-1,Fever\n", 1),  # the file of site 102 in the folder of 101
        ("101,ST-1,Cough\n101,ST-1,Fever\n102,ST-1,Pain\n", 3),  # mixed sites
    ],
)
def test_a_file_of_another_site_is_refused(desk_for: Callable[..., Desk], rows: str, row: int) -> None:
    """F31 (the third, a manifest of another site, is among the announcements)."""
    desk = desk_for(site="site")
    desk.take("edc/AE.csv", OWN)
    event = desk.take("edc/AE.csv", "site,study,aeterm\n" + rows)
    assert event.reason == f"site_mismatch: row {row} names another site in column site, but 101 delivered it"
    assert not event.security
    assert [d.rows for d in current_deliveries(desk.home, STUDY)] == [2]


def test_a_file_of_another_study_is_refused_and_a_security_event(desk_for: Callable[..., Desk]) -> None:
    """F32: the reason names a row and a column, and no value."""
    desk = desk_for(study="study")
    desk.take("edc/AE.csv", OWN)
    event = desk.take("edc/AE.csv", OWN + "101,RIVAL-7,Cough\n")
    assert (event.status, event.security) == ("refused", True)
    assert event.reason == "study_mismatch: row 3 names another study in column study"
    assert [d.rows for d in current_deliveries(desk.home, STUDY)] == [2]
    table = read_deliveries(desk.home, STUDY).filter(pl.col("security"))
    assert table["reason"].to_list() == [event.reason]
    assert desk.ingest() == []


def test_another_study_weighs_more_than_another_site(desk_for: Callable[..., Desk]) -> None:
    desk = desk_for(site="site", study="study")
    assert desk.take("edc/AE.csv", "site,study,aeterm\n102,RIVAL-7,Cough\n").security


def test_the_study_s_other_names_are_its_own_and_no_more_its_id(desk_for: Callable[..., Desk]) -> None:
    desk = desk_for(study={"sql": "upper(study)"})
    named = desk.study.model_copy(update={"study_names": ["PROTOCOL-1", "P1"]})
    desk.put("edc/AE_1.csv", "study,aeterm\nprotocol-1,Cough\np1,Fever\n")
    desk.put("edc/AE_2.csv", "study,aeterm\nst-1,Cough\n")
    assert [event.status for event in desk.ingest(named)] == ["accepted", "refused"]


def test_a_name_that_is_added_has_the_refused_file_read_again(desk_for: Callable[..., Desk]) -> None:
    desk = desk_for(study="study")
    desk.take("edc/AE.csv", "study,aeterm\nP1,Cough\n")
    named = desk.study.model_copy(update={"study_names": ["ST-1", "P1"]})
    assert [event.status for event in desk.ingest(named)] == ["accepted"]


def test_a_file_without_the_column_is_refused(desk_for: Callable[..., Desk]) -> None:
    assert desk_for(study="study").take("edc/AE.csv", "aeterm\nCough\n").reason == (
        "missing_column: the file has no column study"
    )


def test_sql_that_fails_tells_nothing_of_the_content(desk_for: Callable[..., Desk]) -> None:
    desk = desk_for(study={"sql": "CAST(CAST(study AS INTEGER) AS VARCHAR)"})
    event = desk.take("edc/AE.csv", "study,aeterm\nHuntington,Cough\n")
    assert event.reason == "study_unreadable: the sql of study in study.yml fails on its rows"


def test_a_file_is_still_refused_until_another_of_its_name_comes(desk_for: Callable[..., Desk]) -> None:
    """F32: so the summary of a run names what is open, and the list keeps the event."""
    desk = desk_for(study="sid")
    desk.take("edc/AE.csv", "id,sid\n1,OTHER\n")
    desk.take("edc/AE_2.csv", "id,sid\n1\n")
    listed = read_deliveries(desk.home, "ST-1")
    assert still_refused(listed)["file"].to_list() == ["AE.csv", "AE_2.csv"]
    assert may_be_foreign(listed)["file"].to_list() == ["AE.csv"]
    desk.take("edc/AE.csv", "id,sid\n1,ST-1\n")
    listed = read_deliveries(desk.home, "ST-1")
    assert (still_refused(listed)["file"].to_list(), may_be_foreign(listed).height) == (["AE_2.csv"], 0)
    assert listed["status"].to_list().count("refused") == 2
