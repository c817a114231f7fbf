"""What the values of an export say, column by column: all of them are read, counts are kept, one file at a time."""

from __future__ import annotations

import codecs
import re
from collections import Counter
from dataclasses import dataclass, field

import polars as pl

from pipelines.ingest.readers import READERS
from pipelines.ingest.refusal import Refusal
from pipelines.onboarding.date_fits import DateCounts, formats_that_fit
from pipelines.onboarding.dialects import Dialect
from pipelines.onboarding.exports import Export
from pipelines.onboarding.known_names import find_by_names, known_names, plain, plain_columns
from pipelines.study_source import Source

# A column with more values than this has no codes; its values are forgotten.
MAX_CODES = 60
_MAX_CODE_CHARACTERS = 60
# Ids of subjects are compared between files; a column with more values than this names something else.
MAX_IDS = 200_000
_NUMBER = re.compile("[+-]?[0-9]+(?:[.][0-9]*)?")
_WITH_COMMA = re.compile("[+-]?[0-9]+,[0-9]+")


@dataclass
class ColumnProfile:
    """Counts over all rows of all files.

    `codes` has the distinct values while they are few; None when they are not. `ids` has them for columns that may
    name subjects. `numbers` counts the plain numbers, `with_point` those of them that have a decimal point,
    `with_comma` the texts that have a comma in its place, `within` the numbers in the ranges of a measurement's units;
    `parts_naming_site` the values whose part before the first hyphen is the site.
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
    ranges: dict[str, tuple[float, float]] = field(default_factory=dict)

    @property
    def code_set(self) -> set[str]:
        """The distinct values in lower case; empty when there are many or none."""
        return {value.lower() for value in self.codes or ()}


@dataclass
class ExportProfile:
    """An export with what was read of it; `refused` counts files that cannot be read so, by reason.

    Where the encoding is open, names of columns and values that are more than ASCII cannot be told: they are counted
    in `unread_names` and `unread_values`, and nothing is guessed from them.
    """

    export: Export
    dialect: Dialect
    columns: dict[str, ColumnProfile] = field(default_factory=dict)
    rows: int = 0
    files: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    unread_names: set[str] = field(default_factory=set)
    unread_values: int = 0

    @property
    def by_plain_name(self) -> dict[str, str]:
        """Plain name -> column."""
        return plain_columns(self.columns)


def profile_export(export: Export, dialect: Dialect) -> ExportProfile:
    """Read every file of an export strictly, as ingest does, and count what its columns hold."""
    profile = ExportProfile(export, dialect)
    for site, path in export.files:
        data = path.read_bytes()
        source = Source(path="any/file", encoding=dialect.encoding_to_look(data), delimiter=dialect.delimiter)
        if source.encoding == "latin-1":
            # Only its ASCII is right then, and a mark of UTF-8, which it is not, would have it refused.
            data = data.removeprefix(codecs.BOM_UTF8)
        try:
            table = READERS[source.format].read(data, source).tables[0]
        except Refusal as refusal:
            profile.refused[refusal.reason.split(":")[0]] += 1
            continue
        profile.files += 1
        profile.rows += table.rows.num_rows
        for place, header in enumerate(table.header):
            values = pl.Series("value", table.rows.column(place)).str.strip_chars(" \t\r\n")
            filled = values.filter(values != "")
            told = filled if dialect.encoding is not None else filled.filter(filled.str.contains(r"^[\x00-\x7f]*$"))
            profile.unread_values += len(filled) - len(told)
            if dialect.encoding is None and not header.isascii():
                profile.unread_names.add(header)
                continue
            column = profile.columns.setdefault(header.strip(), _new_column(header.strip()))
            column.files += 1
            column.filled += len(filled)
            _count(column, told, site)
    return profile


def _new_column(name: str) -> ColumnProfile:
    names = known_names()
    key = {plain(name): name}
    measured = next((known for known in names.measurements_of("VS") if find_by_names(known.items, key)), None)
    return ColumnProfile(
        name,
        ids=set() if find_by_names([*names.subject, "*subj*", "*pat*"], key) else None,
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
