"""The data dictionary of a REDCap project: which field is on which instrument, and what columns it has in an export."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path

import pyarrow.compute as pc

from pipelines.errors import UserError
from pipelines.ingest.readers.csv_text import CsvReader
from pipelines.ingest.readers.reader import Table
from pipelines.ingest.refusal import Refusal
from pipelines.study_source import Source

# Tables of a reading that are no instruments; so no instrument may be called like them.
DATA_DICTIONARY = "data_dictionary"
DATA_POINTS = "data_points"

# What we need of a dictionary: the header in the file that REDCap's pages give, and in the one that its API gives.
_HEADERS = {
    "field": ("variable / field name", "field_name"),
    "form": ("form name", "form_name"),
    "kind": ("field type", "field_type"),
    "label": ("field label", "field_label"),
    "choices": ("choices, calculations, or slider labels", "select_choices_or_calculations"),
    "annotation": ("field annotation", "field_annotation"),
}
_NEEDED = ("field", "form", "kind", "choices")
# Behind an instrument's name: its status, and when it was answered as a survey.
_INSTRUMENT_ENDS = ("_complete", "_timestamp")
_CHECKBOX_MARK = "___"


@dataclass(frozen=True)
class DictionaryField:
    """One field: its instrument, its type, and, of a checkbox, the codes of its choices as written."""

    name: str
    form: str
    kind: str = "text"
    label: str = ""
    codes: tuple[str, ...] = ()
    annotation: str = ""

    @property
    def takes_no_missing_codes(self) -> bool:
        """Whether the action tag says that a missing-data code is no code here but a value."""
        return re.search(r"@NOMISSING\b", self.annotation, re.IGNORECASE) is not None


@dataclass(frozen=True)
class ColumnOwner:
    """Whose a column of the export is: its instrument, and its field (None for the instrument's own status or time).

    `code` is the choice, of a checkbox's column; `is_listed` tells whether the dictionary lists that choice.
    """

    form: str
    field: DictionaryField | None = None
    code: str | None = None
    is_listed: bool = True


@dataclass(frozen=True)
class Dictionary:
    """A project's fields in their order; the first is the record id. `table` is the file as it is written."""

    fields: tuple[DictionaryField, ...]
    table: Table

    @property
    def record_id(self) -> DictionaryField:
        """The field that names the record."""
        return self.fields[0]

    @cached_property
    def forms(self) -> tuple[str, ...]:
        """The instruments in their order."""
        return tuple(dict.fromkeys(field.form for field in self.fields))

    def owner_of(self, column: str) -> ColumnOwner | None:
        """Return whose a column is, None where the dictionary does not know it."""
        name = column.strip().casefold()
        return self._owners.get(name) or self._owner_of_choice(name)

    @cached_property
    def _by_name(self) -> Mapping[str, DictionaryField]:
        return {field.name.casefold(): field for field in self.fields}

    @cached_property
    def _owners(self) -> Mapping[str, ColumnOwner]:
        owners = {f"{form.casefold()}{suffix}": ColumnOwner(form) for form in self.forms for suffix in _INSTRUMENT_ENDS}
        for name, field in self._by_name.items():
            if field.kind != "checkbox":
                owners[name] = ColumnOwner(field.form, field)
                continue
            for code in field.codes:
                owners[f"{name}{_CHECKBOX_MARK}{_as_written_in_a_header(code)}"] = ColumnOwner(field.form, field, code)
        return owners

    def _owner_of_choice(self, name: str) -> ColumnOwner | None:
        """Return the checkbox of a choice that is not listed: a missing-data code, or one that came later."""
        place = name.find(_CHECKBOX_MARK)
        while place > 0:
            field = self._by_name.get(name[:place])
            if field is not None and field.kind == "checkbox":
                return ColumnOwner(field.form, field, name[place + len(_CHECKBOX_MARK) :], is_listed=False)
            place = name.find(_CHECKBOX_MARK, place + 1)
        return None


def is_among(code: str, codes: list[str]) -> bool:
    """Return whether the end of a checkbox's column stands for one of some codes."""
    return code in map(_as_written_in_a_header, codes)


def _as_written_in_a_header(code: str) -> str:
    # The choice -1 of race is the column race____1.
    return re.sub(r"[^a-z0-9_]", "_", code.casefold())


def dictionary_digest(source: Source) -> str:
    """Return the SHA-256 of a source's data dictionary, "" where it has none: with it, files are read in another way.

    Raises:
        UserError: the file cannot be read.
    """
    return "" if source.dictionary is None else hashlib.sha256(_bytes_of(source.dictionary)).hexdigest()


def load_dictionary(source: Source) -> Dictionary | None:
    """Return the data dictionary that a source names, None where it names none.

    Raises:
        Refusal: it is no data dictionary of REDCap.
        UserError: the file cannot be read.
    """
    return None if source.dictionary is None else parse_dictionary(_bytes_of(source.dictionary))


def _bytes_of(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise UserError(f"the data dictionary {path} cannot be read: {error.strerror}") from error


@lru_cache(maxsize=16)
def parse_dictionary(data: bytes) -> Dictionary:
    """Return the content of a dictionary file: CSV, with commas, in UTF-8.

    Raises:
        Refusal: it is no data dictionary of REDCap.
    """
    try:
        (table,) = CsvReader().read(data, Source(path="study/dictionary.csv")).tables
    except Refusal as refusal:
        raise _unusable(refusal.text) from refusal
    folded = [name.strip().casefold() for name in table.header]
    places = {
        key: next(place for place, name in enumerate(folded) if name in names)
        for key, names in _HEADERS.items()
        if set(names) & set(folded)
    }
    for key in _NEEDED:
        if key not in places:
            raise _unusable(f'it has no column "{_HEADERS[key][0]}"; download it from REDCap (Data Dictionary)')
    columns = {key: table.rows.column(place).to_pylist() for key, place in places.items()}
    rows = [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]
    fields = tuple(_field(row, number) for number, row in enumerate(rows, start=1))
    _refuse_unclear(fields)
    return Dictionary(fields, _named_columns(table))


def _named_columns(table: Table) -> Table:
    """Return the dictionary as a table, without the nameless columns that a comma at the ends of lines makes."""
    named = [place for place, name in enumerate(table.header) if name.strip()]
    for place, column in enumerate(table.rows.columns):
        if place not in named and pc.any(pc.not_equal(column, "")).as_py():
            raise _unusable(f"column {place + 1} has values but no name")
    header = tuple(table.header[place] for place in named)
    return replace(
        table, name=DATA_DICTIONARY, header=header, rows=table.rows.select(named), keys=frozenset(header), added=True
    )


def _field(row: Mapping[str, str], number: int) -> DictionaryField:
    name, form, kind = (row[key].strip() for key in ("field", "form", "kind"))
    if not name or not form:
        raise _unusable(f"row {number} names no field or no form")
    kind = kind.casefold()
    codes = _codes(row["choices"]) if kind == "checkbox" else ()
    return DictionaryField(name, form, kind, row.get("label", "").strip(), codes, row.get("annotation", ""))


def _codes(choices: str) -> tuple[str, ...]:
    """Return the codes of `1, Yes | 0, No`."""
    return tuple(code for choice in choices.split("|") if (code := choice.partition(",")[0].strip()))


def _refuse_unclear(fields: tuple[DictionaryField, ...]) -> None:
    if not fields:
        raise _unusable("it lists no field")
    first: dict[str, int] = {}
    for number, field in enumerate(fields, start=1):
        if field.form in (DATA_DICTIONARY, DATA_POINTS):
            raise _unusable(f"an instrument is called {field.form}, a name that Siteproof uses itself")
        earlier = first.setdefault(field.name.casefold(), number)
        if earlier != number:
            raise _unusable(f"rows {earlier} and {number} list the same field")


def _unusable(what: str) -> Refusal:
    return Refusal("unusable_dictionary", f"the data dictionary that study.yml names cannot be used: {what}")
