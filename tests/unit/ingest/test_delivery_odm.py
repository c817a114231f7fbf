"""Transactional ODM files as increments: what the reader settles in one file is laid over the files before it."""

from __future__ import annotations

from collections.abc import Sequence

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


def test_what_an_item_of_a_context_group_says_reaches_the_files_before(home: Home) -> None:
    desk = desk_of(home, "incremental")
    desk.take("edc/1.xml", odm(group(1, "Insert", TERM="Cough", GRADE="1")))
    changed = group(1, "Context", TERM="Fever").replace('Value="Fever"', 'Value="Fever" TransactionType="Update"')
    desk.take("edc/2.xml", odm(changed))
    assert desk.current().select("TERM", "GRADE").rows() == [("Fever", "1")]


def desk_of(home: Home, content: str, key: Sequence[str] = KEY, table: str = "AE") -> Desk:
    contract = {"content": content, "key": key} if content == "incremental" else {}
    source = {"path": "edc/*.xml", "format": "odm", "table": table, "subject": "SubjectKey", "delivery": contract}
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


def removal_of(path: str, subject: str = "001") -> str:
    """Return a subject of which the last of these elements is removed, e.g. `StudyEventData=V2 FormData=F`."""
    *outer, last = path.split()
    said = f'<{_element(last)} TransactionType="Remove"/>'
    for each in reversed(outer):
        said = f"<{_element(each)}>{said}</{each.split('=')[0]}>"
    return f'<SubjectData SubjectKey="{subject}">{said}</SubjectData>'


def _element(told: str) -> str:
    name, oid = told.split("=")
    return f'{name} {name.replace("Data", "OID")}="{oid}"'


@pytest.mark.parametrize("elsewhere", ["StudyEventData=OTHER", "StudyEventData=SE FormData=OTHER"])
@pytest.mark.parametrize("key", [["SubjectKey", "ItemGroupRepeatKey"], ["SubjectKey", "StudyEventOID", "FormOID"]])
def test_a_removal_leaves_other_events_and_forms_be_also_where_the_key_does_not_name_them(
    home: Home, key: list[str], elsewhere: str
) -> None:
    desk = desk_of(home, "incremental", key)
    desk.take("edc/1.xml", odm(group(1, "Insert", TERM="Cough")))
    event = desk.take("edc/2.xml", odm(before=removal_of(elsewhere)))
    assert (event.status, event.rows) == ("accepted", 1)


@pytest.mark.parametrize("removal", ["", "StudyEventData=SE", "StudyEventData=SE FormData=F"])
def test_a_removal_takes_back_what_is_below_also_where_the_key_does_not_name_it(home: Home, removal: str) -> None:
    desk = desk_of(home, "incremental", ["ItemGroupOID", "ItemGroupRepeatKey"])
    desk.take("edc/1.xml", odm(group(1, "Insert", TERM="Cough")))
    desk.take("edc/2.xml", odm(group(2, "Insert", TERM="Rash")).replace('SubjectKey="001"', 'SubjectKey="002"'))
    subject = '<SubjectData SubjectKey="001" TransactionType="Remove"/>'
    event = desk.take("edc/3.xml", odm(before=removal_of(removal) if removal else subject))
    assert (event.status, event.remarks, desk.current()["TERM"].to_list()) == ("accepted", (), ["Rash"])


def test_the_removal_of_an_event_leaves_the_subject(home: Home) -> None:
    desk = desk_of(home, "incremental", ["SubjectKey"], table="SubjectData")
    desk.take("edc/1.xml", odm(group(1, "Insert", TERM="Cough")))
    removal = removal_of("StudyEventData=SE").replace('"001"', '"002"')
    event = desk.take("edc/2.xml", odm(before=removal))
    assert (event.rows, event.remarks) == (2, ())


def test_a_removal_need_not_name_what_the_key_is_made_of(home: Home) -> None:
    desk = desk_of(home, "incremental", ["ID"], table="AuditRecord")
    audited = group(1, "Insert", TERM="Cough").replace("</Item", '<AuditRecord ID="{}"/></Item')
    desk.take("edc/1.xml", odm(audited.format(1)))
    two = "".join(removal_of(f"StudyEventData=SE FormData={form}") for form in "XY")
    event = desk.take("edc/2.xml", odm(audited.format(2), before=two))
    assert (event.status, event.rows, event.remarks) == ("accepted", 2, ())


@pytest.mark.parametrize("files", [1, 2])
def test_the_audit_trail_of_what_is_removed_stays(home: Home, files: int) -> None:
    desk = desk_of(home, "incremental", ["ID"], table="AuditRecord")
    audited = group(1, "Insert", TERM="Cough").replace("</Item", '<AuditRecord ID="{}"/></Item')
    gone = '<SubjectData SubjectKey="001" TransactionType="Remove"/>'
    if files == 1:
        desk.take("edc/1.xml", odm(audited.format(1)).replace("</ClinicalData>", f"{gone}</ClinicalData>"))
    else:
        desk.take("edc/1.xml", odm(audited.format(1)))
        desk.take("edc/2.xml", odm(before=gone))
    assert desk.current()["ID"].to_list() == ["1"]


NESTED_KEY = [
    *("SubjectKey", "StudyEventOID", "FormOID", "FormRepeatKey", "ParentItemGroupOID", "ParentItemGroupRepeatKey"),
    *("ItemGroupOID", "ItemGroupRepeatKey"),
]


def nested(groups: str, inner: str = "") -> str:
    """Return an ODM 2.0 file of groups in groups, `A=1 B=2`; a `-` behind one removes it."""
    for each in reversed(groups.split()):
        oid, number = each.rstrip("-").split("=")
        kind = "Remove" if each.endswith("-") else "Upsert"
        more = f'ItemGroupOID="{oid}" ItemGroupRepeatKey="{number}" TransactionType="{kind}"'
        inner = f"<ItemGroupData {more}>{inner}</ItemGroupData>"
    subject = f'<SubjectData SubjectKey="001"><StudyEventData StudyEventOID="SE">{inner}</StudyEventData></SubjectData>'
    return f'<ClinicalData StudyOID="ST-1" MetaDataVersionOID="1">{subject}</ClinicalData>'


@pytest.mark.parametrize(
    ("removed", "left"),
    [
        ("F=1-", ["F=2 B=1 C=1 AE=1"]),
        ("F=1 B=1-", ["F=1 B=2 C=1 AE=1", "F=2 B=1 C=1 AE=1"]),
        ("F=1 B=1 C=1-", ["F=1 B=1 C=2 AE=1", "F=1 B=2 C=1 AE=1", "F=2 B=1 C=1 AE=1"]),
        ("F=1 B=1 C=3-", ["F=1 B=1 C=1 AE=1", "F=1 B=1 C=2 AE=1", "F=1 B=2 C=1 AE=1", "F=2 B=1 C=1 AE=1"]),
    ],
)
@pytest.mark.parametrize("files", [1, 2])
def test_the_removal_of_a_group_reaches_all_groups_in_it_in_this_file_and_the_files_before(
    home: Home, removed: str, left: list[str], files: int
) -> None:
    desk = desk_of(home, "incremental", NESTED_KEY)
    item = '<ItemData ItemOID="TERM"><Value>{}</Value></ItemData>'
    all_groups = ["F=1 B=1 C=1 AE=1", "F=1 B=1 C=2 AE=1", "F=1 B=2 C=1 AE=1", "F=2 B=1 C=1 AE=1"]
    parts = ["".join(nested(groups, item.format(groups)) for groups in all_groups), nested(removed)]
    for number, body in enumerate(parts if files == 2 else ["".join(parts)]):
        head = '<ODM xmlns="http://www.cdisc.org/ns/odm/v2.0" ODMVersion="2.0" FileType="Transactional">'
        desk.take(f"edc/{number}.xml", f"{head}{body}</ODM>")
    assert sorted(desk.current()["TERM"]) == left


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
