"""ODM-XML 2.0: groups in groups, Value elements, queries; files written from the specification."""

from __future__ import annotations

from odm_case import form, group, items_of, odm, read, read_corpus, rows_of, subject, table_of


def test_a_group_in_groups_knows_the_outermost_as_form_and_the_next_as_parent() -> None:
    reading = read_corpus("snapshot_2_0.xml")
    (outer,) = rows_of(reading, "FO.DM")
    assert {name for name in outer if "Form" in name or "Parent" in name} == set()
    (middle,) = rows_of(reading, "IG.DM")
    assert (middle["FormOID"], middle["ParentItemGroupOID"]) == ("FO.DM", "FO.DM")
    first, second = rows_of(reading, "IG.RACE")
    assert (first["FormOID"], first["ParentItemGroupOID"], first["ParentItemGroupRepeatKey"]) == ("FO.DM", "IG.DM", "1")
    assert [row["ItemGroupRepeatKey"] for row in (first, second)] == ["1", "2"]
    assert first["LocationOID"] == "L1"
    path = "/ODM/ClinicalData[1]/SubjectData[1]/StudyEventData[1]" + "/ItemGroupData[1]" * 2 + "/ItemGroupData[2]"
    assert table_of(reading, "IG.RACE").places[1].as_py() == f"line 23: {path}"


def test_more_groups_between_are_all_named() -> None:
    inner = group(group('<ItemData ItemOID="A"><Value>1</Value></ItemData>', 'ItemGroupRepeatKey="4"', "D"), oid="C")
    outer = group(group(inner, 'ItemGroupRepeatKey="2"', "B"), 'ItemGroupRepeatKey="1"', "A")
    event = f'<StudyEventData StudyEventOID="V">{outer}</StudyEventData>'
    (row,) = rows_of(read(odm(subject(event), version="2.0")), "D")
    assert (row["FormOID"], row["FormRepeatKey"]) == ("A", "1")
    assert (row["ParentItemGroupOID"], row["ParentItemGroupRepeatKey"]) == ("B/C", "2/")


def test_several_values_are_joined_in_their_order_and_counted() -> None:
    reading = read_corpus("snapshot_2_0.xml")
    assert items_of(reading, "IG.RACE") == [{"IT.RACE": "A|B\\|C"}, {"IT.RACE": ""}]
    assert rows_of(reading, "IG.RACE")[0]["IT.RACE.ValueCount"] == "2"


def test_a_single_value_is_as_written() -> None:
    item = '<ItemData ItemOID="A"><Value>a|b\\ </Value></ItemData>'
    reading = read(odm(subject(form(group(item))), version="2.0"))
    assert items_of(reading, "IG") == [{"A": "a|b\\ "}]
    assert "A.ValueCount" not in table_of(reading, "IG").header


def test_queries_and_audit_records_hang_on_items_and_subjects() -> None:
    reading = read_corpus("snapshot_2_0.xml")
    of_item, of_subject = rows_of(reading, "Query")
    assert (of_item["ItemOID"], of_item["State"], of_item["Value"]) == ("IT.SEX", "Open", "Please verify")
    assert (of_subject["SubjectKey"], of_subject["State"]) == ("001", "Closed")
    (record,) = rows_of(reading, "AuditRecord")
    assert (record["EditPoint"], record["SourceID"], record["ReasonForChange"]) == ("DataManagement", "7", "typo")
    assert items_of(reading, "IG.DM") == [{"IT.SEX": "F"}]


def test_an_item_definition_names_the_form_around_its_groups() -> None:
    rows = rows_of(read_corpus("snapshot_2_0.xml"), "ItemDef")
    assert [(row["FormOID"], row["ItemGroupOID"], row["OID"]) for row in rows] == [
        ("FO.DM", "IG.DM", "IT.SEX"),
        ("FO.DM", "IG.RACE", "IT.RACE"),
    ]


def test_a_group_in_a_group_is_no_record_of_it() -> None:
    reading = read_corpus("snapshot_2_0.xml")
    assert "ItemGroupData" not in {table.name for table in reading.tables}
