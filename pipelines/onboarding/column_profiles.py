"""What the values of an export say, column by column: all of them are read, counts are kept, one file at a time."""

from __future__ import annotations

import codecs
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace

import polars as pl

from pipelines.ingest.layout import agreed_table, layout_of
from pipelines.ingest.readers import Reading, Table, read_export
from pipelines.ingest.refusal import Refusal
from pipelines.onboarding.date_fits import DateCounts, formats_that_fit
from pipelines.onboarding.dialects import Dialect
from pipelines.onboarding.exports import Export
from pipelines.onboarding.format_signs import SYSTEM_FORMATS, TEXT_FORMATS
from pipelines.onboarding.header_rows import guess_header_rows
from pipelines.onboarding.known_names import find_by_names, known_names, plain, plain_columns
from pipelines.onboarding.named_values import item_names
from pipelines.study_source import Source

# A column with more values than this has no codes; its values are forgotten.
MAX_CODES = 60
_MAX_CODE_CHARACTERS = 60
# Ids of subjects are compared between files; a column with more values than this names something else.
MAX_IDS = 200_000
# Formats of whose tables study.yml names each, since another file may have more of them.
NAMED_TABLES = ("odm", "secutrial")
_ASCII = r"^[\x00-\x7f]*$"
_NUMBER = re.compile("[+-]?[0-9]+(?:[.][0-9]*)?")
_WITH_COMMA = re.compile("[+-]?[0-9]+,[0-9]+")


@dataclass
class ColumnProfile:
    """Counts over all rows of all files.

    `codes` has the distinct values while they are few; None when they are not. `ids` has them for columns that may
    name subjects. `is_key` where the format itself says that the column tells whose a row is. `numbers` counts the
    plain numbers, `with_point` those of them that have a decimal point, `with_comma` the texts that have a comma in its
    place, `within` the numbers in the ranges of a measurement's units; `parts_naming_site` the values whose part before
    the first hyphen is the site.
    """

    name: str
    files: int = 0
    filled: int = 0
    naming_site: int = 0
    dates: DateCounts = field(default_factory=DateCounts)
    codes: Counter[str] | None = field(default_factory=Counter)
    ids: set[str] | None = None
    numbers: int = 0
    with_point: int = 0
    with_comma: int = 0
    within: Counter[str] = field(default_factory=Counter)
    unrecorded: Counter[str] = field(default_factory=Counter)
    parts_naming_site: int = 0
    is_key: bool = False
    ranges: dict[str, tuple[float, float]] = field(default_factory=dict)

    @property
    def code_set(self) -> set[str]:
        """The distinct values in lower case; empty when there are many or none."""
        return {value.lower() for value in self.codes or ()}


@dataclass
class ExportProfile:
    """An export with what was read of it.

    `refused` counts the files that cannot be read so, by code, and `reasons` has the first text of each. `subject` is
    the column that names the subject by the format itself; `is_about_subjects` is False where the format has such
    columns and this table has none. `item_names` has the names of items whose columns have their ids (ODM).

    Where the encoding is open, names of columns and values that are more than ASCII cannot be told: they are counted
    in `unread_names` and `unread_values`, and nothing is guessed from them.
    """

    export: Export
    dialect: Dialect
    columns: dict[str, ColumnProfile] = field(default_factory=dict)
    rows: int = 0
    files: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    reasons: dict[str, str] = field(default_factory=dict)
    subject: str | None = None
    is_about_subjects: bool = True
    item_names: dict[str, str] = field(default_factory=dict)
    unread_names: set[str] = field(default_factory=set)
    unread_values: int = 0

    @property
    def is_all_keys(self) -> bool:
        """Whether the format itself says that no column holds data: the table is about other tables."""
        return bool(self.columns) and all(column.is_key for column in self.columns.values())

    @property
    def by_plain_name(self) -> dict[str, str]:
        """Plain name -> column, by its own name and, after that, by the item's where the file defines items."""
        names = plain_columns(self.columns)
        for column, item in self.item_names.items():
            if column in self.columns:
                names.setdefault(plain(item), column)
        return names


def profile_export(export: Export, dialect: Dialect) -> list[ExportProfile]:
    """Read every file of an export strictly, as ingest does, and count what its columns hold: a profile a table.

    Text that is refused as plain CSV, all of it, is read in the one layout of a system that takes it, if one does.
    """
    if export.format == "xlsx":
        with suppress(Refusal):  # it is told when the tables are read
            export = replace(export, header_rows=guess_header_rows(export.files))
    profiles = _profile_tables(export, dialect)
    if export.format != "csv" or any(profile.files for profile in profiles):
        return profiles
    systems = [_profile_tables(replace(export, format=name), dialect) for name in SYSTEM_FORMATS]
    taken = [found for found in systems if not found[0].refused]
    return taken[0] if len(taken) == 1 else profiles


def _profile_tables(export: Export, dialect: Dialect) -> list[ExportProfile]:
    whole = ExportProfile(export, dialect)
    profiles: dict[str, ExportProfile] = {}
    is_named = export.format in NAMED_TABLES
    for file in export.files:
        try:
            reading = _read(file.read(), export, dialect)
        except Refusal as refusal:
            _refuse(whole, refusal)
            continue
        items = item_names(reading)
        is_named |= len(reading.tables) > 1
        for table in _tables_with_columns(reading):
            profile = profiles.setdefault(table.name, ExportProfile(export, dialect))
            profile.is_about_subjects &= table.subject is not None or not _names_subjects(reading)
            profile.item_names |= items
            try:
                agreed_table(table, layout_of(Source(path="any/file", format=export.format)))
            except Refusal as refusal:
                _refuse(profile, refusal)
                continue
            _add(profile, table, file.site)
    if not profiles:
        return [whole]
    # A file may have one table, and that is meant; of several, each is named.
    if is_named:
        for name, profile in profiles.items():
            profile.export = export.of_table(name) if name else export
    first = next(iter(profiles.values()))
    first.refused.update(whole.refused)
    first.reasons.update(whole.reasons)
    return list(profiles.values())


def _refuse(profile: ExportProfile, refusal: Refusal) -> None:
    profile.refused[refusal.code] += 1
    profile.reasons.setdefault(refusal.code, refusal.text)


def _tables_with_columns(reading: Reading) -> Iterator[Table]:
    """Yield the tables without sheets that hold nothing, and without one whose cells stand in parts of it again."""
    divided = {table.part_of for table in reading.tables}
    yield from (table for table in reading.tables if table.header and table.name not in divided)


def _read(data: bytes, export: Export, dialect: Dialect) -> Reading:
    if export.format not in TEXT_FORMATS:
        return read_export(data, Source(path="any/file", format=export.format, header_rows=export.header_rows))
    encoding = dialect.encoding_to_look(data)
    if encoding == "latin-1":
        # Only its ASCII is right then, and a mark of UTF-8, which it is not, would have it refused.
        data = data.removeprefix(codecs.BOM_UTF8)
    dictionary = str(export.dictionary) if export.dictionary is not None else None
    source = Source(path="any/file", format=export.format, encoding=encoding, delimiter=dialect.delimiter)
    return read_export(data, source.model_copy(update={"dictionary": dictionary}))


def _names_subjects(reading: Reading) -> bool:
    return any(table.subject is not None for table in reading.tables)


def _add(profile: ExportProfile, table: Table, site: str) -> None:
    """Count what one table of one file holds."""
    profile.files += 1
    profile.rows += table.rows.num_rows
    profile.subject = table.subject or profile.subject
    for place, header in enumerate(table.header):
        values = pl.Series("value", table.rows.column(place)).drop_nulls().str.strip_chars(" \t\r\n")
        filled = values.filter(values != "")
        told = filled if profile.dialect.encoding is not None else filled.filter(filled.str.contains(_ASCII))
        profile.unread_values += len(filled) - len(told)
        name = header.strip()
        if profile.dialect.encoding is None and not header.isascii():
            profile.unread_names.add(header)
            continue
        column = profile.columns.setdefault(
            name, _new_column(name, profile.item_names.get(name), is_subject=header == table.subject)
        )
        column.is_key = header in table.keys
        column.files += 1
        column.filled += len(filled)
        _count(column, told, site)


def _new_column(name: str, item: str | None, *, is_subject: bool) -> ColumnProfile:
    names = known_names()
    key = {plain(name): name, plain(item or name): name}
    measured = next((known for known in names.measurements_of("VS") if find_by_names(known.items, key)), None)
    return ColumnProfile(
        name,
        ids=set() if is_subject or find_by_names([*names.subject, "*subj*", "*pat*"], key) else None,
        ranges=measured.units if measured else {},
    )


def _count(column: ColumnProfile, values: pl.Series, site: str) -> None:
    if values.is_empty():
        return
    counted = dict(values.value_counts().iter_rows())
    column.naming_site += counted.get(site, 0)
    for value, count in counted.items():
        column.dates.add(formats_that_fit(value), count, site)
        if _NUMBER.fullmatch(value):
            column.numbers += count
            column.with_point += count if "." in value else 0
            column.within.update(
                {unit: count for unit, (low, high) in column.ranges.items() if low <= float(value) <= high}
            )
        elif _WITH_COMMA.fullmatch(value):
            column.with_comma += count
        if value in known_names().unrecorded:
            column.unrecorded[value] += count
    if column.codes is not None:
        column.codes.update(counted if len(counted) <= MAX_CODES else {})
        few = len(counted) <= MAX_CODES and len(column.codes) <= MAX_CODES
        column.codes = column.codes if few and max(map(len, column.codes)) <= _MAX_CODE_CHARACTERS else None
    if column.ids is not None:
        column.ids.update(counted)
        column.ids = column.ids if len(column.ids) <= MAX_IDS else None
        column.parts_naming_site += sum(n for value, n in counted.items() if value.split("-")[0] == site)
