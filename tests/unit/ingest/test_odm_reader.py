"""ODM-XML 1.3 snapshots: values, keys, places, definitions, and what hangs on the data."""

from __future__ import annotations

import mmap
from pathlib import Path

import pytest
from odm_case import KEYS_1_3, form, group, items_of, odm, read, read_corpus, rows_of, subject, table_of

from pipelines.ingest.readers import READERS
from pipelines.ingest.refusal import Refusal
from pipelines.study_source import Source


def test_a_group_becomes_a_row_with_its_keys_and_values_as_written() -> None:
    reading = read_corpus("snapshot_1_3.xml")
    table = table_of(reading, "IG.VS")
    assert table.header[:10] == KEYS_1_3
    assert (table.subject, table.site, table.complete) == ("SubjectKey", "LocationOID", True)
    assert rows_of(reading, "IG.VS") == [
        {
            "StudyOID": "S1",
            "MetaDataVersionOID": "1",
            "SubjectKey": "001",
            "LocationOID": "L1",
            "StudyEventOID": "V1",
            "StudyEventRepeatKey": "1",
            "FormOID": "F.VS",
            "FormRepeatKey": "1",
            "ItemGroupOID": "IG.VS",
            "ItemGroupRepeatKey": "1",
            "I.WEIGHT": "70.5 ",
            "I.WEIGHT.MeasurementUnitOID": "MU.KG",
        }
    ]
    assert table.keys == {*KEYS_1_3, "I.WEIGHT.MeasurementUnitOID"}
    path = "/ODM/ClinicalData[1]/SubjectData[1]/StudyEventData[1]/FormData[1]/ItemGroupData[1]"
    assert table.places.to_pylist() == [f"line 25: {path}"]


def test_typed_items_are_read_from_their_text() -> None:
    reading = read_corpus("snapshot_1_3.xml")
    assert items_of(reading, "IG.LB") == [{"I.LBTEST": "GLUC", "I.LBORRES": "5.10"}]
    assert not table_of(reading, "IG.LB").complete
    assert reading.counts["typed_item_data"] == 2
    assert [row["AttributeValue"] for row in rows_of(reading, "ItemAttribute")] == ["A1"]


def test_a_defined_group_without_data_is_a_table_without_rows() -> None:
    table = table_of(read_corpus("snapshot_1_3.xml"), "IG.EMPTY")
    assert (table.rows.num_rows, table.header) == (0, (*KEYS_1_3, "I.NOTE"))


def test_definitions_are_tables_of_keys() -> None:
    reading = read_corpus("snapshot_1_3.xml")
    weight, sex, note = rows_of(reading, "ItemDef")
    assert weight["Question"] == "Weight?"
    assert (weight["FormOID"], weight["ItemGroupOID"], weight["Mandatory"]) == ("F.VS", "IG.VS", "Yes")
    assert sex["CodeListOID"] == "CL.SEX"
    assert note["OID"] == "I.NOTE"
    assert [row["Decode"] for row in rows_of(reading, "CodeListItem")] == ["Female"]
    assert rows_of(reading, "MeasurementUnit")[0]["Symbol"] == "kg"
    assert rows_of(reading, "User") == [{"StudyOID": "S1", "OID": "U1", "LoginName": "x"}]
    assert rows_of(reading, "ODM")[0]["CreationDateTime"] == "2024-06-12T10:00:00Z"
    definitions = [table for table in reading.tables if not table.name.startswith("IG.")]
    assert all(table.keys == set(table.header) for table in definitions)


def test_reference_data_has_no_subject() -> None:
    (row,) = rows_of(read_corpus("snapshot_1_3.xml"), "IG.REF")
    assert (row.get("SubjectKey"), row["I.R"]) == (None, "1")


def test_audit_records_carry_the_keys_of_what_they_hang_on() -> None:
    reading = read_corpus("snapshot_1_3.xml")
    of_item, of_subject, of_section = rows_of(reading, "AuditRecord")
    assert (of_item["ItemOID"], of_item["ReasonForChange"]) == ("I.WEIGHT", "typo")
    assert (of_item["UserRef.UserOID"], of_item["LocationRef.LocationOID"]) == ("U1", "L1")
    # The SiteRef stands behind the record.
    assert (of_subject["SubjectKey"], of_subject["LocationOID"]) == ("001", "L1")
    assert (of_section["ID"], of_section.get("SubjectKey")) == ("A1", None)
    assert reading.counts["audit_records"] == 3


def test_what_stands_twice_in_an_annotation_has_its_number() -> None:
    (row,) = rows_of(read_corpus("snapshot_1_3.xml"), "Annotation")
    assert (row["Comment"], row["Comment.SponsorOrSite"]) == ("text", "Site")
    assert (row["Flag.FlagValue"], row["Flag[2].FlagValue"]) == ("A", "B")


def test_subjects_events_and_forms_without_data_are_listed() -> None:
    event = '<StudyEventData StudyEventOID="V1"><FormData FormOID="F"/></StudyEventData>'
    reading = read(odm(subject(event)))
    assert [len(rows_of(reading, name)) for name in ("SubjectData", "StudyEventData", "FormData")] == [1, 1, 1]
    assert rows_of(reading, "FormData")[0]["FormOID"] == "F"


def test_vendors_attributes_are_keys_under_their_known_prefix() -> None:
    reading = read_corpus("vendors.xml")
    (row,) = rows_of(reading, "IG")
    assert row["OpenClinica:StudySubjectID"] == "S-001"
    assert row["redcap:UniqueEventName"] == "v1_arm_1"
    assert row["mdsol:Submission"] == "SpecifiedItemsOnly"
    assert row["x:Own"] == "1"
    # A form's status hides that of its subject, which keeps a column of its own.
    assert row["OpenClinica:Status"] == "data entry complete"
    assert row["StudyEventData.OpenClinica:Status"] == "available"
    assert table_of(reading, "IG").keys >= set(row) - {"A", "ItemData:SubjectKey"}


def test_vendors_records_are_tables() -> None:
    reading = read_corpus("vendors.xml")
    (query,) = rows_of(reading, "Query")
    assert (query["ItemOID"], query["Status"], query["Response"]) == ("A", "Answered", "ok")
    (note,) = rows_of(reading, "DiscrepancyNote")
    assert (note["EntityID"], note["ChildNote.Description"], note["ChildNote[2].Status"]) == ("A", "why", "Updated")
    assert note["ChildNote.UserRef.UserOID"] == "U1"
    (log,) = rows_of(reading, "AuditLog")
    assert (log["FormOID"], log["OldValue"], log["NewValue"]) == ("F", "a", "b")
    assert rows_of(reading, "x:Other")[0]["Text"] == "free"
    assert rows_of(reading, "ItemAttribute")[0]["Attribute"] == "mdsol:Verify"
    wanted = {"queries": 1, "discrepancy_notes": 1, "audit_logs": 1}
    assert {name: reading.counts[name] for name in wanted} == wanted


def test_an_item_never_takes_the_column_of_a_key() -> None:
    assert items_of(read_corpus("vendors.xml"), "IG") == [{"A": "1", "ItemData:SubjectKey": "2"}]


def test_a_group_never_takes_the_name_of_a_kind_of_record() -> None:
    audited = '<ItemData ItemOID="A" Value="1"><AuditRecord ID="1"/></ItemData>'
    reading = read(odm(subject(form(group(audited, oid="AuditRecord")))))
    assert items_of(reading, "AuditRecord") == [{"A": "1"}]
    assert rows_of(reading, "ODM.AuditRecord")[0]["ID"] == "1"


def test_an_item_that_stands_twice_keeps_both_values_and_is_reported() -> None:
    items = '<ItemData ItemOID="A" Value="1"/><ItemDataAny ItemOID="A">2</ItemDataAny><ItemData ItemOID="A" Value="3"/>'
    reading = read(odm(subject(form(group(items)))))
    assert items_of(reading, "IG") == [{"A": "1", "A[2]": "2", "A[3]": "3"}]
    (remark,) = reading.remarks
    assert remark.code == "repeated_item"
    assert remark.text.startswith("2 items stand again")


def test_a_value_with_is_null_is_kept_and_reported() -> None:
    reading = read(odm(subject(form(group('<ItemData ItemOID="A" Value="1" IsNull="Yes"/>')))))
    assert items_of(reading, "IG") == [{"A": "1"}]
    assert [remark.code for remark in reading.remarks] == ["value_of_null"]


def test_a_site_that_stands_behind_the_data_refuses_the_file() -> None:
    with pytest.raises(Refusal) as refused:
        read(odm(subject(form(group('<ItemData ItemOID="A" Value="1"/>')) + '<SiteRef LocationOID="L1"/>')))
    assert refused.value.code == "late_site"


def test_lines_are_named_beyond_those_that_libxml2_keeps() -> None:
    groups = "".join(f'\n{group(f"""{chr(10)}<ItemData ItemOID="A" Value="{n}"/>""")}' for n in range(40_000))
    table = table_of(read(odm(subject(form(groups)))), "IG")
    begin = "/ODM/ClinicalData[1]/SubjectData[1]/StudyEventData[1]/FormData[1]/ItemGroupData"
    for number in (1, 30_000, 32_766, 32_767, 40_000):
        assert table.places[number - 1].as_py() == f"line {2 * number + 2}: {begin}[{number}]"


def test_a_line_that_libxml2_does_not_know_is_not_named() -> None:
    groups = "\n" * 70_000 + group('<ItemData ItemOID="A" Value="1"/>') * 2
    table = table_of(read(odm(subject(form(groups)))), "IG")
    assert all(place.as_py().startswith("/ODM/") for place in table.places)


def test_a_mapped_file_is_read_as_bytes_are(tmp_path: Path) -> None:
    data = odm(subject(form(group('<ItemData ItemOID="A" Value="1"/>') * 3000)))
    path = tmp_path / "a.xml"
    path.write_bytes(data)
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        reading = READERS["odm"].read(mapped, Source(path="edc/*.xml", format="odm"))
    assert [table.rows for table in reading.tables] == [table.rows for table in read(data).tables]


ENCODINGS = {
    **dict.fromkeys(["UTF-8", "UTF-16", "Shift_JIS", "Windows-31J", "MS932", "EUC-JP", "GB18030", "GB2312"], "日本\\~"),
    **dict.fromkeys(["Big5", "EUC-KR", "ks_c_5601-1987"], "日本\\~"),
    **dict.fromkeys(["ISO-8859-1", "windows-1252"], "é\\~"),
}


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_the_encoding_is_the_one_that_the_file_declares(encoding: str) -> None:
    value = ENCODINGS[encoding]
    text = odm(subject(form(group(f'<ItemData ItemOID="A" Value="{value}"/>')))).decode()
    reading = read(text.replace("UTF-8", encoding).encode(encoding.replace("Windows-31J", "cp932")))
    assert items_of(reading, "IG") == [{"A": value}]


@pytest.mark.parametrize(
    ("declared", "written", "code"), [("UTF-8", b"\xe9", "UTF-8"), ("Shift_JIS", "①".encode("cp932"), "Shift_JIS")]
)
def test_the_byte_that_is_not_of_the_encoding_is_named(declared: str, written: bytes, code: str) -> None:
    """F33."""
    data = odm(subject(form(group('<ItemData ItemOID="A" Value="@"/>')))).replace(b"UTF-8", declared.encode())
    with pytest.raises(Refusal) as refused:
        read(data.replace(b"@", written))
    assert refused.value.code == "undecodable"
    assert f"byte {data.index(b'@')} (counted from 0) is not {code}" in refused.value.text


def test_a_file_that_calls_itself_utf_16_and_is_not_is_told_so() -> None:
    data = odm(subject(form(group('<ItemData ItemOID="A" Value="1"/>')))).replace(b"UTF-8", b"utf-16")
    with pytest.raises(Refusal, match="line 1 names utf-16, but the file is not written in it"):
        read(data)
