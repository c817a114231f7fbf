"""Trees written with lxml are read back equal, whatever their values, their size and the order of their groups."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from odm_case import KEYS_1_3, read

from pipelines.ingest.readers import row_spool, xml_stream

NAMESPACES = {"1.3": "http://www.cdisc.org/ns/odm/v1.3", "2.0": "http://www.cdisc.org/ns/odm/v2.0"}
# What XML can hold; a lone carriage return in an attribute is written as a reference.
TEXT = st.text(
    st.characters(
        exclude_categories=["Cs"],
        exclude_characters="".join(map(chr, [*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF])),
    ),
    max_size=12,
)
OID = st.sampled_from(
    ["A", "B.1", "SubjectKey", "C.MeasurementUnitOID", "mdsol:x", "项目", "D E", "F[2]", "ItemData:G"]
)


@dataclass(frozen=True)
class Group:
    """One item group: who and where, and its items."""

    subject: str
    event: str
    form: str
    oid: str
    repeat: str
    items: dict[str, str]


groups = st.lists(
    st.builds(
        Group,
        subject=TEXT.filter(bool),
        event=st.sampled_from(["V1", "V2"]),
        form=st.sampled_from(["F1", "F2"]),
        oid=st.sampled_from(["IG.A", "AuditRecord", "组"]),
        repeat=st.sampled_from(["", "1", "2"]),
        items=st.dictionaries(OID, TEXT, max_size=5),
    ),
    max_size=12,
)


def written(groups: list[Group], version: str) -> bytes:
    """Return the groups as an ODM file, each in a subject, event and form of its own."""
    namespace = NAMESPACES[version]

    def put(parent: etree._Element, name: str, **attributes: str) -> etree._Element:
        return etree.SubElement(
            parent, f"{{{namespace}}}{name}", {key: value for key, value in attributes.items() if value}
        )

    root = etree.Element(
        f"{{{namespace}}}ODM", {"FileType": "Snapshot", "ODMVersion": version}, nsmap={None: namespace}
    )
    data = put(root, "ClinicalData", StudyOID="S", MetaDataVersionOID="1")
    for group in groups:
        event = put(put(data, "SubjectData", SubjectKey=group.subject), "StudyEventData", StudyEventOID=group.event)
        if version == "1.3":
            form = put(event, "FormData", FormOID=group.form)
        else:
            form = put(event, "ItemGroupData", ItemGroupOID=group.form)
        element = put(form, "ItemGroupData", ItemGroupOID=group.oid, ItemGroupRepeatKey=group.repeat)
        for number, (oid, value) in enumerate(group.items.items()):
            if version == "2.0":
                put(put(element, "ItemData", ItemOID=oid), "Value").text = value
            elif number % 3 == 2:
                put(element, "ItemDataString", ItemOID=oid).text = value
            else:
                put(element, "ItemData", ItemOID=oid).set("Value", value)
    written: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=True)
    return written


@settings(deadline=None, max_examples=60)
@given(groups=groups, version=st.sampled_from(["1.3", "2.0"]), piece=st.integers(1, 200), rows=st.integers(1, 4))
def test_a_tree_is_read_back_equal(groups: list[Group], version: str, piece: int, rows: int) -> None:
    data = written(groups, version)
    with pytest.MonkeyPatch.context() as patch:
        # However the file falls into pieces, and wherever the rows are kept meanwhile.
        patch.setattr(xml_stream, "BYTES_A_PIECE", piece)
        patch.setattr(row_spool, "ROWS_A_BATCH", rows)
        patch.setattr(row_spool, "MEMORY_BYTES", 500)
        tables = {table.name: table for table in read(data).tables}
    names = {"IG.A", "AuditRecord", "组"}
    assert names & set(tables) == {group.oid for group in groups}
    for name in names & set(tables):
        table = tables[name]
        got = table.rows.rename_columns(list(table.header)).to_pylist()
        mine = [group for group in groups if group.oid == name]
        assert [_key_values(row) for row in got] == [
            (group.subject, group.event, group.form, group.oid, group.repeat) for group in mine
        ]
        columns = {oid: _column(oid) for group in mine for oid in group.items}
        assert set(table.header) - set(KEYS_1_3) - {"ParentItemGroupOID", "ParentItemGroupRepeatKey"} == set(
            columns.values()
        )
        for row, group in zip(got, mine, strict=True):
            assert {oid: row[column] for oid, column in columns.items()} == dict.fromkeys(columns, "") | group.items


def _key_values(row: dict[str, str]) -> tuple[str, ...]:
    return (*(row[key] for key in ("SubjectKey", "StudyEventOID", "FormOID", "ItemGroupOID", "ItemGroupRepeatKey")),)


def _column(oid: str) -> str:
    return oid if oid in ("A", "B.1", "项目", "D E") else f"ItemData:{oid}"
