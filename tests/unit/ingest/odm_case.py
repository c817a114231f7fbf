"""Small ODM files for tests, and what a reading of one holds as plain rows."""

from __future__ import annotations

from pathlib import Path

from pipelines.ingest.readers import READERS, Reading, Table
from pipelines.study_source import Source

CORPUS = Path(__file__).parents[2] / "fuzz" / "corpus" / "odm"
SOURCE = Source(path="edc/*.xml", format="odm")
KEYS_1_3 = (
    *("StudyOID", "MetaDataVersionOID", "SubjectKey", "LocationOID", "StudyEventOID", "StudyEventRepeatKey"),
    *("FormOID", "FormRepeatKey", "ItemGroupOID", "ItemGroupRepeatKey"),
)


def odm(body: str, kind: str = "Snapshot", version: str = "1.3") -> bytes:
    """Return an ODM file with this content."""
    namespaces = (
        f'xmlns="http://www.cdisc.org/ns/odm/v{version}" xmlns:mdsol="http://www.mdsol.com/ns/odm/metadata" '
        'xmlns:oc="http://www.openclinica.org/ns/odm_ext_v130/v3.1"'
    )
    head = f'<ODM {namespaces} FileType="{kind}" ODMVersion="{version}">'
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{head}\n{body}\n</ODM>'.encode()


def subject(body: str, key: str = "001", more: str = "") -> str:
    """Return clinical data of one subject."""
    data = f'<SubjectData SubjectKey="{key}" {more}>{body}</SubjectData>'
    return f'<ClinicalData StudyOID="S1" MetaDataVersionOID="1">{data}</ClinicalData>'


def form(groups: str) -> str:
    """Return one event with one form that holds these item groups."""
    return f'<StudyEventData StudyEventOID="V1"><FormData FormOID="F">{groups}</FormData></StudyEventData>'


def group(items: str, more: str = "", oid: str = "IG") -> str:
    """Return an item group."""
    return f'<ItemGroupData ItemGroupOID="{oid}" {more}>{items}</ItemGroupData>'


def read(data: bytes) -> Reading:
    return READERS["odm"].read(data, SOURCE)


def read_corpus(name: str) -> Reading:
    return read((CORPUS / name).read_bytes())


def table_of(reading: Reading, name: str) -> Table:
    (table,) = [table for table in reading.tables if table.name == name]
    return table


def rows_of(reading: Reading, name: str) -> list[dict[str, str | None]]:
    """Return a table's rows as written, without columns that are blank in a row."""
    table = table_of(reading, name)
    rows = table.rows.rename_columns(list(table.header)).to_pylist()
    return [{column: value for column, value in row.items() if value != ""} for row in rows]


def items_of(reading: Reading, name: str) -> list[dict[str, str | None]]:
    """Return the columns of a table that are no keys, blank ones too."""
    table = table_of(reading, name)
    rows = table.rows.rename_columns(list(table.header)).to_pylist()
    return [{column: value for column, value in row.items() if column not in table.keys} for row in rows]
