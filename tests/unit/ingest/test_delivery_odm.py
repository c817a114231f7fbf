"""Transactional ODM files as increments: what the reader settles in one file is laid over the files before it."""

from __future__ import annotations

import pytest
from ingest_desk import Desk, study_of

from pipelines.settings import Home
from pipelines.study import Study

KEY = ["SubjectKey", "StudyEventOID", "FormOID", "ItemGroupOID", "ItemGroupRepeatKey"]


def odm(*groups: str, before: str = "") -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?><ODM xmlns="http://www.cdisc.org/ns/odm/v1.3" ODMVersion="1.3.2" '
        'FileType="Transactional" FileOID="f" CreationDateTime="2024-05-01T00:00:00">'
        '<ClinicalData StudyOID="ST-1" MetaDataVersionOID="1">' + before + '<SubjectData SubjectKey="001">'
        '<StudyEventData StudyEventOID="SE"><FormData FormOID="F">' + "".join(groups) + "</FormData></StudyEventData>"
        "</SubjectData></ClinicalData></ODM>"
    )


def group(number: int, kind: str, **items: str) -> str:
    data = "".join(f'<ItemData ItemOID="{name}" Value="{value}"/>' for name, value in items.items())
    return (
        f'<ItemGroupData ItemGroupOID="AE" ItemGroupRepeatKey="{number}" TransactionType="{kind}">{data}'
        "</ItemGroupData>"
    )


def test_remove_and_update_reach_the_files_before(home: Home) -> None:
    source = {
        "path": "edc/*.xml", "format": "odm", "table": "AE", "study": "StudyOID",
        "delivery": {"content": "incremental", "key": KEY},
    }  # fmt: skip
    desk = Desk(home, study_of(AE=source))
    desk.take("edc/1.xml", odm(*(group(n, "Insert", TERM="Cough", GRADE="1") for n in (1, 2, 3))))
    event = desk.take(
        "edc/2.xml", odm(group(1, "Remove"), group(2, "Update", TERM="Fever"), group(4, "Insert", TERM="Ache"))
    )
    assert (event.status, event.rows) == ("accepted", 3)
    found = desk.current().select("ItemGroupRepeatKey", "TERM", "GRADE").sort("ItemGroupRepeatKey")
    assert found.rows() == [("2", "Fever", "1"), ("3", "Cough", "1"), ("4", "Ache", "")]


def desk_of(home: Home, content: str) -> Desk:
    contract = {"content": content, "key": KEY} if content == "incremental" else {}
    source = {"path": "edc/*.xml", "format": "odm", "table": "AE", "subject": "SubjectKey", "delivery": contract}
    return Desk(home, study_of(AE=source))


@pytest.mark.parametrize(
    "removal",
    [
        '<SubjectData SubjectKey="001" TransactionType="Remove"/>',
        '<SubjectData SubjectKey="001"><StudyEventData StudyEventOID="SE" TransactionType="Remove"/></SubjectData>',
        '<SubjectData SubjectKey="001"><StudyEventData StudyEventOID="SE"><FormData FormOID="F"'
        ' TransactionType="Remove"/></StudyEventData></SubjectData>',
    ],
    ids=["subject", "event", "form"],
)
def test_a_removal_without_rows_reaches_the_files_before_and_not_what_the_file_adds(home: Home, removal: str) -> None:
    desk = desk_of(home, "incremental")
    desk.take("edc/1.xml", odm(*(group(n, "Insert", TERM="Cough") for n in (1, 2))))
    other = odm(group(1, "Insert", TERM="Rash")).replace('SubjectKey="001"', 'SubjectKey="002"')
    desk.take("edc/2.xml", other)
    event = desk.take("edc/3.xml", odm(group(7, "Insert", TERM="Fever"), before=removal))
    assert event.rows == 2
    found = desk.current().select("SubjectKey", "TERM", "__source_row").sort("SubjectKey")
    assert found.rows() == [("001", "Fever", 1), ("002", "Rash", 1)]


def test_a_file_that_only_removes_leaves_what_it_does_not_name(home: Home) -> None:
    desk = desk_of(home, "incremental")
    desk.take("edc/1.xml", odm(group(1, "Insert", TERM="Cough")))
    desk.take("edc/2.xml", odm(group(1, "Insert", TERM="Rash")).replace('SubjectKey="001"', 'SubjectKey="002"'))
    event = desk.take("edc/3.xml", odm(before='<SubjectData SubjectKey="001" TransactionType="Remove"/>'))
    assert event.status == "accepted"
    assert desk.current()["SubjectKey"].to_list() == ["002"]


def test_a_removal_is_no_row_of_a_cumulative_source(home: Home) -> None:
    desk = desk_of(home, "cumulative")
    removal = '<SubjectData SubjectKey="009" TransactionType="Remove"/>'
    event = desk.take("edc/1.xml", odm(group(1, "Insert", TERM="Cough"), before=removal))
    assert (event.rows, desk.current()["TERM"].to_list()) == (1, ["Cough"])


def test_what_a_file_without_definitions_does_not_mention_stays_as_it_was(home: Home) -> None:
    desk = desk_of(home, "incremental")
    mapping = {"AE": [{"from": "AE", "variables": {"AETERM": "TERM", "AETOXGR": "GRADE"}}]}
    desk.study = Study.model_validate({**desk.study.model_dump(by_alias=True), "map": mapping})
    desk.take("edc/1.xml", odm(group(1, "Insert", TERM="Cough", GRADE="1")))
    desk.take("edc/2.xml", odm(group(1, "Update", TERM="Fever")))
    assert desk.current().select("TERM", "GRADE").rows() == [("Fever", "1")]


def test_another_study_s_file_is_told_by_its_study_oid(home: Home) -> None:
    """F32."""
    desk = Desk(home, study_of(AE={"path": "edc/*.xml", "format": "odm", "table": "AE", "study": "StudyOID"}))
    event = desk.take("edc/1.xml", odm(group(1, "Insert", TERM="Cough")).replace("ST-1", "RIVAL-7"))
    assert (event.security, event.reason) == (True, "study_mismatch: row 1 names another study in column StudyOID")
