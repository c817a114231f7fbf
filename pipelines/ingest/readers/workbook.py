"""Reads XLSX workbooks: each sheet is a table, whatever is hidden in it is read as well, and remarks say what is odd.

Nothing is guessed: the header is row 1, or as many rows as `header_rows` says. Several are joined with ` / `, a name
that is merged over several columns standing above each of them. Rows that hold nothing are no rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing

import pyarrow as pa

from pipelines.ingest.readers.cycle_search import no_search_for_cycles
from pipelines.ingest.readers.reader import Content, Reading, Remark, Table
from pipelines.ingest.readers.row_spool import RowSpool
from pipelines.ingest.readers.workbook_package import Package, Sheet
from pipelines.ingest.readers.workbook_sheet import (
    ERROR,
    FORMULA,
    PADDED,
    UNREADABLE,
    Oddities,
    SheetReader,
    column_letters,
)
from pipelines.ingest.refusal import Refusal
from pipelines.study_source import Source

_JOINT = " / "
_WORDS = {
    "hidden_rows": "rows are hidden; what they hold was read",
    "hidden_columns": "columns are hidden; what they hold was read",
    FORMULA: "cells are formulas; the values that Excel last calculated were read",
    ERROR: "cells are errors such as #N/A, which land as text",
    UNREADABLE: "cells have the format of a date, but no number that is one; the number was read",
    PADDED: "numbers are shown with leading zeros that they do not have; the numbers were read without",
}


class WorkbookReader:
    """XLSX: text as it is, numbers in their shortest exact form, dates in ISO 8601, TRUE and FALSE."""

    version = "xlsx-2"

    def read(self, data: Content, source: Source) -> Reading:
        """Read a whole file; see `Reader`."""
        with no_search_for_cycles(), closing(Package(data)) as package:
            texts, formats = package.shared_texts(), package.number_formats()
            tables: list[Table] = []
            blank_rows = 0
            remarks: list[Remark] = []
            for sheet in package.sheets:
                reader = SheetReader(package, sheet, texts, formats)
                collected = _Collected(sheet, source.header_rows)
                for row in reader.rows():
                    collected.take(row.number, row.cells)
                tables.append(collected.table(reader.oddities))
                blank_rows += collected.blank_rows
                remarks += _remarks(sheet, reader.oddities, source.header_rows)
            if package.comments:
                remarks.append(Remark("cell_comments", "cells have comments, which were not read"))
        if not any(table.header for table in tables):
            raise Refusal("empty_file", "no sheet holds anything")
        return Reading(tuple(tables), remarks=tuple(remarks), counts={"sheets": len(tables), "blank_rows": blank_rows})


class _Collected:
    """The rows of one sheet so far."""

    def __init__(self, sheet: Sheet, header_rows: int) -> None:
        self._sheet = sheet
        self._header_rows = header_rows
        self._header: dict[int, dict[int, str]] = {}
        self._spool = RowSpool()
        self._spool.declare("", ())
        self._last = header_rows
        self._width = 0
        self.blank_rows = 0
        """How many rows before the last one hold nothing."""

    def take(self, number: int, cells: Mapping[int, str]) -> None:
        """Take a row that holds something."""
        self._width = max(self._width, *cells)
        if number <= self._header_rows:
            self._header[number] = dict(cells)
            return
        self.blank_rows += number - self._last - 1
        self._last = number
        row = {str(column): text for column, text in cells.items()}
        self._spool.add("", row, f"sheet {self._sheet.name}, row {number}")

    def table(self, oddities: Oddities) -> Table:
        """Return the sheet as a table; columns behind the last that holds something are none."""
        (found,) = self._spool.tables()
        present = {name: place for place, name in enumerate(found.header)}
        blank = pa.repeat(pa.scalar(""), found.rows.num_rows)
        columns = [
            found.rows.column(present[name]) if name in present else pa.chunked_array([blank])
            for name in map(str, range(1, self._width + 1))
        ]
        rows = pa.table(columns, names=[f"f{place}" for place in range(self._width)])
        return Table(self._sheet.name, self._names(oddities), rows, places=found.places)

    def _names(self, oddities: Oddities) -> tuple[str, ...]:
        for first_row, first_column, _, last_column in oddities.merged:
            if first_row <= self._header_rows and first_column in self._header.get(first_row, {}):
                # A name that is merged downwards stands once: it would be joined with itself.
                for column in range(first_column + 1, min(last_column, self._width) + 1):
                    self._header[first_row].setdefault(column, self._header[first_row][first_column])
        levels = [self._header.get(row, {}) for row in range(1, self._header_rows + 1)]
        return tuple(
            _JOINT.join(level[column] for level in levels if column in level) for column in range(1, self._width + 1)
        )


def _remarks(sheet: Sheet, oddities: Oddities, header_rows: int) -> Iterator[Remark]:
    name = sheet.name
    if sheet.state != "visible":
        yield Remark("hidden_sheet", "the sheet is hidden; what it holds was read", name)
    for kind, words in _WORDS.items():
        if oddities.counts[kind]:
            yield Remark(kind, f"{oddities.counts[kind]} {words}; the first is {oddities.first[kind]}", name)
    merged = [area for area in oddities.merged if area[2] > header_rows]
    if merged:
        first = f"{column_letters(merged[0][1])}{merged[0][0]}"
        text = f"{len(merged)} areas of merged cells below the header; the value stands in the first cell of each"
        yield Remark("merged_cells", f"{text}, the others are blank; the first area begins at {first}", name)
    for column, dates in sorted(oddities.dates.items()):
        # Excel turns text such as a gene's name into a date as it is typed in.
        if dates < oddities.texts[column]:
            text = f"column {column_letters(column)}: {dates} dates among {oddities.texts[column]} texts; perhaps Excel"
            first = oddities.first_date[column]
            yield Remark("dates_among_texts", f"{text} made them of something else; the first is cell {first}", name)
