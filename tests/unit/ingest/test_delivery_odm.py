"""Transactional ODM files as increments: what the reader settles in one file is laid over the files before it."""

from __future__ import annotations

from ingest_desk import Desk, study_of

from pipelines.settings import Home

KEY = ["SubjectKey", "StudyEventOID", "FormOID", "ItemGroupOID", "ItemGroupRepeatKey"]


def odm(*groups: str) -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?><ODM xmlns="http://www.cdisc.org/ns/odm/v1.3" ODMVersion="1.3.2" '
        'FileType="Transactional" FileOID="f" CreationDateTime="2024-05-01T00:00:00">'
        '<ClinicalData StudyOID="ST-1" MetaDataVersionOID="1"><SubjectData SubjectKey="001">'
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


def test_another_study_s_file_is_told_by_its_study_oid(home: Home) -> None:
    """F32."""
    desk = Desk(home, study_of(AE={"path": "edc/*.xml", "format": "odm", "table": "AE", "study": "StudyOID"}))
    event = desk.take("edc/1.xml", odm(group(1, "Insert", TERM="Cough")).replace("ST-1", "RIVAL-7"))
    assert (event.security, event.reason) == (True, "study_mismatch: row 1 names another study in column StudyOID")
