"""Reads the cells of one sheet, row by row, and what is odd about them: hidden, merged, computed, turned into dates."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NoReturn

from pipelines.ingest.readers.number_text import number_text
from pipelines.ingest.readers.workbook_numbers import NumberFormat, serial_of, shown_text
from pipelines.ingest.readers.workbook_package import Package, Sheet, forget, unescaped, whole
from pipelines.ingest.refusal import Refusal

if TYPE_CHECKING:
    from lxml.etree import _Element

MAX_ROWS, MAX_EXCEL_COLUMNS = 1_048_576, 16_384
MAX_COLUMNS = 5_000
MAX_MERGED = 500_000
_REFERENCE = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")
# However long: a number of an identity card is a whole number to other writers than Excel.
_INTEGER = re.compile(r"-?[0-9]{1,100}")
# Remarks that count cells of a kind and name the first.
FORMULA, ERROR, UNREADABLE, PADDED = "formulas", "error_cells", "unreadable_date", "padded_numbers"


@dataclass
class Oddities:
    """What is odd about a sheet: how many of each kind, and where the first of each stands."""

    counts: Counter[str] = field(default_factory=Counter)
    first: dict[str, str] = field(default_factory=dict)
    dates: Counter[int] = field(default_factory=Counter)
    texts: Counter[int] = field(default_factory=Counter)
    first_date: dict[int, str] = field(default_factory=dict)
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    """First row, first column, last row, last column; counted from 1."""

    def note(self, kind: str, place: str) -> None:
        """Count one more of a kind."""
        self.counts[kind] += 1
        self.first.setdefault(kind, place)


@dataclass(frozen=True)
class Row:
    """One row that holds something: its number in the sheet, and its texts by column; both counted from 1."""

    number: int
    cells: dict[int, str]


class SheetReader:
    """Reads one sheet; `oddities` is complete when its rows have been read."""

    def __init__(self, package: Package, sheet: Sheet, texts: Sequence[str], formats: Sequence[NumberFormat]) -> None:
        self._package = package
        self._sheet = sheet
        self._texts = texts
        self._formats = formats
        self._hidden: list[tuple[int, int]] = []
        self._seen_hidden: set[int] = set()
        self._columns: dict[str, int] = {}
        space = package.namespace
        self._tags = {name: space + name for name in ("c", "v", "f", "is")}
        self.oddities = Oddities()

    def rows(self) -> Iterator[Row]:
        """Yield the rows that hold something, from top to bottom.

        Raises:
            Refusal: a formula has no value, or the sheet contradicts itself.
        """
        number = 0
        for element in self._package.elements(self._sheet.part, "col", "row", "mergeCell"):
            name = element.tag[len(self._package.namespace) :]
            if name == "row":
                number = self._row_number(element, number)
                row = Row(number, self._cells(element, number))
                if row.cells:
                    if element.get("hidden") in ("1", "true") or element.get("ht") in ("0", "0.0"):
                        self.oddities.note("hidden_rows", f"row {number}")
                    yield row
            elif name == "col":
                is_hidden = element.get("hidden") in ("1", "true") or element.get("width") == "0"
                if is_hidden and len(self._hidden) < MAX_EXCEL_COLUMNS:
                    self._hidden.append((whole(element, "min", 0), whole(element, "max", 0)))
            else:
                self._merge(element)
            forget(element)

    def _row_number(self, element: _Element, before: int) -> int:
        number = whole(element, "r", before + 1)
        if not before < number <= MAX_ROWS:
            self._refuse(f"row {number} stands behind row {before}")
        return number

    def _cells(self, element: _Element, row: int) -> dict[int, str]:
        cells: dict[int, str] = {}
        column = 0
        for cell in element:
            if cell.tag != self._tags["c"]:
                continue
            reference = cell.get("r")
            before, column = column, column + 1
            if reference is not None:
                column = self._column(reference, row)
            if column <= before:
                self._refuse(f"the cells of row {row} do not stand in order")
            text = self._text(cell, f"{column_letters(column)}{row}", column)
            if text:
                if column > MAX_COLUMNS:
                    raise Refusal("too_many_columns", f'sheet "{self._sheet.name}" has more than {MAX_COLUMNS} columns')
                cells[column] = text
                self._look_at_hidden(column)
        return cells

    def _column(self, reference: str, row: int) -> int:
        match = _REFERENCE.fullmatch(reference)
        if match is None or int(match[2]) != row:
            self._refuse(f"a cell of row {row} has a reference that does not belong there")
        letters = match[1]
        found = self._columns.get(letters)
        if found is None:
            found = self._columns[letters] = column_number(letters)
            if found > MAX_EXCEL_COLUMNS:
                self._refuse(f"a cell of row {row} has a reference that does not belong there")
        return found

    def _look_at_hidden(self, column: int) -> None:
        if column not in self._seen_hidden and any(first <= column <= last for first, last in self._hidden):
            self._seen_hidden.add(column)
            self.oddities.note("hidden_columns", f"column {column_letters(column)}")

    def _text(self, cell: _Element, place: str, column: int) -> str:
        value: str | None = None
        inline, has_formula = None, False
        for part in cell:
            if part.tag == self._tags["v"]:
                value = part.text or ""
            elif part.tag == self._tags["f"]:
                has_formula = True
            elif part.tag == self._tags["is"]:
                inline = part
        kind = cell.get("t", "n")
        if has_formula:
            if value is None or (not value and kind != "str"):
                raise Refusal(
                    "formula_without_value",
                    f'sheet "{self._sheet.name}", cell {place}: a formula whose result is not in the file; open the '
                    "workbook in Excel, let it calculate, and save it",
                )
            self.oddities.note(FORMULA, f"cell {place}")
        if inline is not None:
            return self._as_text(self._package.text_in(inline), column)
        if not value:
            return ""
        return self._value_text(kind, value, cell, place, column)

    def _value_text(self, kind: str, value: str, cell: _Element, place: str, column: int) -> str:
        if kind == "n":
            return self._number_text(value, cell.get("s"), place, column)
        if kind == "s":
            if not value.isdecimal() or int(value) >= len(self._texts):
                self._refuse(f"cell {place} refers to a text that is not there")
            return self._as_text(self._texts[int(value)], column)
        if kind == "str":
            return self._as_text(unescaped(value), column)
        if kind == "b":
            return {"1": "TRUE", "0": "FALSE"}.get(value) or self._refuse(f"cell {place} is neither true nor false")
        if kind == "e":
            self.oddities.note(ERROR, f"cell {place}")
            return value
        if kind == "d":
            # Strict workbooks write every date as a moment; the format says which part of it was meant.
            shown, serial = self._format(cell.get("s"), place).shown, serial_of(value)
            self._count_date(column, place)
            return value if serial is None or shown == "number" else shown_text(serial, shown, is_1904=False) or value
        return self._refuse(f"cell {place} has a type that Excel does not know")

    def _as_text(self, text: str, column: int) -> str:
        if text:
            self.oddities.texts[column] += 1
        return text

    def _number_text(self, value: str, style: str | None, place: str, column: int) -> str:
        form = self._format(style, place)
        if form.shown == "number":
            if form.pads:
                self.oddities.note(PADDED, f"cell {place}")
            if _INTEGER.fullmatch(value):
                return str(int(value))
            return number_text(self._number(value, place))
        number = self._number(value, place)
        text = shown_text(number, form.shown, self._package.is_1904)
        if text is None:
            self.oddities.note(UNREADABLE, f"cell {place}")
            return number_text(number)
        if form.shown != "duration":
            self._count_date(column, place)
        return text

    def _format(self, style: str | None, place: str) -> NumberFormat:
        if style is None or (style == "0" and not self._formats):
            return self._formats[0] if self._formats else NumberFormat()
        if not style.isdecimal() or int(style) >= len(self._formats):
            self._refuse(f"cell {place} has a style that is not there")
        return self._formats[int(style)]

    def _number(self, value: str, place: str) -> float:
        try:
            number = float(value)
        except ValueError:
            self._refuse(f"cell {place} is no number")
        if not math.isfinite(number) or "_" in value:
            self._refuse(f"cell {place} is no number")
        return number

    def _count_date(self, column: int, place: str) -> None:
        self.oddities.dates[column] += 1
        self.oddities.first_date.setdefault(column, place)

    def _merge(self, element: _Element) -> None:
        first, _, last = element.get("ref", "").partition(":")
        ends = [_REFERENCE.fullmatch(end) for end in (first, last or first)]
        if ends[0] is None or ends[1] is None:
            self._refuse("an area of merged cells cannot be")
        corners = [(int(end[2]), column_number(end[1])) for end in ends if end is not None]
        if len(self.oddities.merged) == MAX_MERGED:
            self._refuse(f"more than {MAX_MERGED} areas of cells are merged")
        self.oddities.merged.append((*corners[0], *corners[1]))

    def _refuse(self, what: str) -> NoReturn:
        raise Refusal("malformed_xlsx", f'sheet "{self._sheet.name}": {what}; open the workbook in Excel and save it')


def column_letters(number: int) -> str:
    """Return `AB` for column 28."""
    letters = ""
    while number:
        number, letter = divmod(number - 1, 26)
        letters = chr(ord("A") + letter) + letters
    return letters


def column_number(letters: str) -> int:
    """Return 28 for column `AB`."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number
