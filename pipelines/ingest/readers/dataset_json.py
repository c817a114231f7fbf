"""Reads CDISC Dataset-JSON 1.1: one object with rows, lines of JSON (NDJSON), or lines that are compressed (DSJC).

Which of the three a file is follows from its content and from nothing else. It is compressed if its first bytes are
those of zlib or gzip, which no JSON begins with. An object that holds `rows` is the whole file; behind one that does
not, each line is a row.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Self

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.ingest.readers.column_spool import ColumnSpool
from pipelines.ingest.readers.cycle_search import no_search_for_cycles
from pipelines.ingest.readers.dataset_json_text import JsonText, Literal, decoded_pieces
from pipelines.ingest.readers.reader import Content, Reading, Remark
from pipelines.ingest.readers.sdtm_keys import dataset_table
from pipelines.ingest.refusal import Refusal
from pipelines.study_source import Source

MAX_COLUMNS = 5_000
MAX_ATTRIBUTES = 1_000
ROWS_A_PIECE = 4_096
MAX_DIGITS = 16
_REQUIRED = ("datasetJSONCreationDateTime", "datasetJSONVersion", "itemGroupOID", "records", "name", "label", "columns")
_OPTIONAL = (
    "fileOID", "dbLastModifiedDateTime", "originator", "sourceSystem", "studyOID", "metaDataVersionOID", "metaDataRef",
    "isReferenceData", "rows",
)  # fmt: skip
_KNOWN = frozenset({*_REQUIRED, *_OPTIONAL})
_COLUMN_REQUIRED = ("itemOID", "name", "label", "dataType")
# In which JSON types the values of a data type are written; null is a blank in any of them.
_NUMBER: set[type] = {Literal}
_TEXT: set[type] = {str}
_JSON_TYPES: dict[str, set[type]] = {
    "string": _TEXT, "URI": _TEXT, "decimal": _TEXT, "date": _TEXT, "datetime": _TEXT, "time": _TEXT,
    "integer": _NUMBER, "float": _NUMBER, "double": _NUMBER, "boolean": {bool},
}  # fmt: skip


@dataclass(frozen=True)
class _Column:
    name: str
    data_type: str


class DatasetJsonReader:
    """A Dataset-JSON file is one table; values land as they are written, null as a blank."""

    version = "dataset-json-1"

    def read(self, data: Content, source: Source) -> Reading:
        """Read a whole file; see `Reader`."""
        if not len(data):
            raise Refusal("empty_file", "the file holds nothing (0 bytes)")
        with no_search_for_cycles(), ExitStack() as held:
            rows = held.enter_context(_Rows())
            text = JsonText(decoded_pieces(data, source.encoding))
            attributes = _read_object(text, rows)
            columns = _judged(attributes, text)
            if "rows" not in attributes:
                rows.know(columns)
                rows.take(text.lines())
            elif text.peek():
                text.refuse("something stands behind the object")
            elif rows.columns is None:
                # The rows stood before the columns, so that nobody could know yet what they are.
                rows = held.enter_context(_Rows(columns))
                _read_object(JsonText(decoded_pieces(data, source.encoding)), rows)
            found, stated = rows.table(), int(attributes["records"])
            if found.num_rows != stated:
                raise Refusal("row_count_mismatch", f"{found.num_rows} rows are here, `records` states {stated}")
            table = dataset_table(attributes["name"], [column.name for column in columns], found)
        unknown = len(attributes.keys() - _KNOWN)
        text_of_remark = f"{unknown} attributes of the file are none of Dataset-JSON 1.1, and were not looked at"
        return Reading((table,), remarks=(Remark("unknown_attribute", text_of_remark, table.name),) if unknown else ())


class _Rows:
    """Takes a file's rows; before their columns are known it only lets them pass. A context manager."""

    def __init__(self, columns: tuple[_Column, ...] | None = None) -> None:
        self.columns = columns
        self._spool = ColumnSpool(len(columns or ()))
        self._piece: list[list[Any]] = []
        self._taken = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._spool.close()

    def know(self, columns: tuple[_Column, ...]) -> None:
        """Say which columns the rows have."""
        self.columns = columns
        self._spool = ColumnSpool(len(columns))

    def take(self, rows: Iterable[list[Any]]) -> None:
        """Take rows, some at a time."""
        for some in rows:
            if self.columns is None:
                continue
            if set(map(type, some)) != {list} or set(map(len, some)) != {len(self.columns)}:
                raise self._ragged(some)
            self._taken += len(some)
            self._piece += some
            if len(self._piece) >= ROWS_A_PIECE:
                self._pack()

    def _ragged(self, some: list[Any]) -> Refusal:
        width = len(self.columns or ())
        place, row = next((n, row) for n, row in enumerate(some) if type(row) is not list or len(row) != width)
        found = f"has {len(row)} values" if type(row) is list else "is no array"
        return Refusal("ragged_row", f"row {self._taken + place + 1} {found}, there are {width} columns")

    def table(self) -> pa.Table:
        """Return all rows as text."""
        self._pack()
        return self._spool.table()

    def _pack(self) -> None:
        if self.columns and self._piece:
            values = zip(*self._piece, strict=True)
            pairs = zip(self.columns, values, strict=True)
            self._spool.add([_texts(column, held, self._spool.num_rows) for column, held in pairs])
            self._piece = []


def _read_object(text: JsonText, rows: _Rows) -> dict[str, Any]:
    """Return the attributes of the object that the file begins with; its rows go where they are taken."""
    if text.peek() != "{":
        raise Refusal("not_dataset_json", "this is no Dataset-JSON file: it does not begin with {")
    attributes: dict[str, Any] = {}
    text.skip("{")
    if text.peek() == "}":
        text.skip("}")
        return attributes
    while True:
        name = text.value()
        if type(name) is not str:
            text.refuse("an attribute's name must stand before this")
        if name in attributes:
            text.refuse("an attribute has the same name as one before it")
        text.skip(":")
        if name == "rows":
            if "columns" in attributes and rows.columns is None:
                rows.know(_columns(attributes["columns"]))
            attributes[name] = None
            rows.take(text.items())
        else:
            found = text.value()
            attributes[name] = found if name in _KNOWN else None
        if len(attributes) > MAX_ATTRIBUTES:
            text.refuse(f"the dataset has more than {MAX_ATTRIBUTES} attributes")
        if text.peek() != ",":
            text.skip("}")
            return attributes
        text.skip(",")


def _judged(attributes: dict[str, Any], text: JsonText) -> tuple[_Column, ...]:
    """Return the columns, once all that must be said of the dataset has been.

    Raises:
        Refusal: an attribute is missing or wrong.
    """
    if attributes.keys() & {"clinicalData", "referenceData"}:
        raise Refusal("unsupported_version", "this is Dataset-JSON 1.0; export as 1.1")
    if "datasetJSONVersion" not in attributes:
        raise Refusal("not_dataset_json", "this is no Dataset-JSON file: datasetJSONVersion is missing")
    version = attributes["datasetJSONVersion"]
    if type(version) is not str or not re.fullmatch(r"1\.1(\.\d+)?", version):
        raise Refusal("unsupported_version", "datasetJSONVersion is not 1.1; export as 1.1")
    missing = [name for name in _REQUIRED if name not in attributes]
    if missing:
        raise Refusal("missing_attribute", f"{', '.join(missing)}: required, but not there; read up to {text.place}")
    wrong = [name for name in ("name", "itemGroupOID") if not _is_name(attributes[name])]
    records = attributes["records"]
    if not (type(records) is Literal and records.isdigit() and len(records) < MAX_DIGITS):
        wrong.append("records")
    if wrong:
        raise Refusal("wrong_attribute", f"{', '.join(wrong)}: not of the type that Dataset-JSON 1.1 says")
    return _columns(attributes["columns"])


def _is_name(value: Any) -> bool:
    """Return whether a value is a text that is not blank; an escape may stand for half a character, which is none."""
    return type(value) is str and value.strip() != "" and value.encode(errors="ignore").decode() == value


def _columns(described: Any) -> tuple[_Column, ...]:
    if type(described) is not list or not described:
        raise Refusal("wrong_attribute", "columns: must be an array that describes one column at least")
    if len(described) > MAX_COLUMNS:
        raise Refusal("too_many_columns", f"{len(described)} columns; the limit is {MAX_COLUMNS}")
    columns = tuple(_column(place, about) for place, about in enumerate(described, start=1))
    names = {column.name.upper() for column in columns}
    if len(names) < len(columns):
        raise Refusal("duplicate_column", "two columns have the same name")
    return columns


def _column(place: int, about: Any) -> _Column:
    if type(about) is not dict:
        raise Refusal("wrong_attribute", f"columns, item {place}: must be an object")
    missing = [name for name in _COLUMN_REQUIRED if name not in about]
    if missing:
        raise Refusal("missing_attribute", f"columns, item {place}: {', '.join(missing)} required, but not there")
    if not _is_name(about["name"]):
        raise Refusal("wrong_attribute", f"columns, item {place}: name must be a text")
    if type(about["dataType"]) is not str or about["dataType"] not in _JSON_TYPES:
        raise Refusal("wrong_attribute", f"columns, item {place}: dataType must be one of {', '.join(_JSON_TYPES)}")
    return _Column(about["name"], about["dataType"])


def _texts(column: _Column, values: Sequence[Any], first: int) -> pa.Array:
    """Return a column's values as text.

    Raises:
        Refusal: one of them is written as its data type is not.
    """
    allowed = _JSON_TYPES[column.data_type]
    if not set(map(type, values)) <= {*allowed, type(None)}:
        row = next(row for row, value in enumerate(values) if value is not None and type(value) not in allowed)
        text = f'row {first + row + 1}, column "{column.name}": the value is not written as {column.data_type} must be'
        raise Refusal("wrong_type", text)
    if column.data_type == "boolean":
        return pa.array(["" if value is None else str(value).lower() for value in values], pa.string())
    try:
        return pc.fill_null(pa.array(values, pa.string()), "")
    except UnicodeEncodeError as error:
        text = f'column "{column.name}", below row {first}: an escape stands for half a character'
        raise Refusal("malformed_json", text) from error
