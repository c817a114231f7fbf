"""Proves that a table is what a text says: written again, it gives the very bytes; where not, the csv module judges.

A cell without delimiter, quote and line end stands as it is; any other stands in quotes, with its own quotes doubled.
Text that is written so has one reading only. So where the cells, written again, are the text byte for byte, every
parser must read those cells. Elsewhere, Python's csv module reads the same rows, and every cell is compared.
"""

from __future__ import annotations

import csv
from array import array
from dataclasses import dataclass
from enum import Enum
from functools import cache, reduce

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.ingest.readers.csv_records import MAX_FIELD_CHARACTERS, read_records
from pipelines.ingest.readers.reader import Content
from pipelines.study_source import Source

# Rows are compared in pieces, so that their text is still in the processor's cache.
ROWS_A_PIECE = 4_096
_MOST_BYTES_A_CHARACTER = 4
# Stands behind each cell when two readings of a row are compared.
_CELL_END = "\x1f"


@dataclass(frozen=True)
class Agreement:
    """How far a table agrees with a text: all rows and to the end of the text, or not.

    `broken` where the csv module finds the text broken or a row too wide or too narrow, `differing` the 0-based row of
    the table at which the piece begins whose cells differ, `is_whole` where both end together.
    """

    broken: bool = False
    differing: int | None = None
    is_whole: bool = False


def agreement(text: Content, begin: int, table: pa.Table, source: Source) -> Agreement:
    """Compare every cell of a table with the text from `begin` on.

    Args:
        text: UTF-8.
        begin: where the first row begins.
        table: text columns, read from there by a parser that is not Python's.
        source: the dialect.
    """
    longest = max((pc.max(pc.binary_length(column)).as_py() or 0 for column in table.columns), default=0)
    if longest > _MOST_BYTES_A_CHARACTER * MAX_FIELD_CHARACTERS:
        return Agreement(broken=True)
    # Where a field may be too long, the csv module counts its characters.
    proof = _Proof(text, table, source) if longest <= MAX_FIELD_CHARACTERS else None
    place = begin
    for row in range(0, table.num_rows, ROWS_A_PIECE):
        piece = table.slice(row, ROWS_A_PIECE)
        length = proof.length_of(piece, place) if proof else None
        if length is None:
            probable = int(1.1 * sum(column.nbytes for column in piece.columns)) + 1024
            try:
                records = read_records(text, place, piece.num_rows, probable, source)
            except csv.Error:
                return Agreement(broken=True)
            if set(map(len, records.rows)) != {table.num_columns}:
                return Agreement(broken=True)
            if len(records.rows) < piece.num_rows:
                return Agreement()
            if not _is_same(records.rows, piece):
                return Agreement(differing=row)
            length = records.length
        place += length
    return Agreement(is_whole=place == len(text))


class _Quotes(Enum):
    """Which cells of a column stand in quotes beside those that need them."""

    NEEDED = 1
    BLANK = 2  # a blank text, where an unquoted blank is a missing one
    ALWAYS = 3
    SELDOM = 4  # NEEDED or BLANK: an unquoted cell that is not blank does not tell


class _Proof:
    """Writes rows again as their file was probably written, and looks whether that is what stands there."""

    def __init__(self, text: Content, table: pa.Table, source: Source) -> None:
        self._text = text
        self._delimiter = source.delimiter
        self._quote = source.quote
        marks = [source.quote, source.delimiter, "\r", "\n"]
        held = [_marks_in(column, marks) for column in table.columns]
        self._has_quote = [source.quote in some for some in held]
        self._is_special = [bool(some) for some in held]
        self._known: tuple[_Quotes, ...] = ()

    def length_of(self, rows: pa.Table, place: int) -> int | None:
        """Return how many bytes the rows take from a place on if they are proven to stand there, or None."""
        line_end = self._line_end(place)
        for styles in dict.fromkeys((self._known, self._styles(rows, place))):
            if not styles or (styles == (_Quotes.NEEDED,) and _has_blank(rows)):
                continue  # a blank line is no row with a blank cell: the csv module says so too
            length = self._matching(self._written(rows, styles, line_end), place, line_end)
            if length is not None:
                self._known = styles
                return length
        return None

    def _line_end(self, place: int) -> str:
        """Return the line end that stands before a place."""
        before = self._text[max(place - 2, 0) : place]
        return "\r\n" if before == b"\r\n" else "\r" if before.endswith(b"\r") else "\n"

    def _styles(self, rows: pa.Table, place: int) -> tuple[_Quotes, ...]:
        """Return for each column what its cell in the first row tells of its quotes, or its neighbours do."""
        told: list[_Quotes | None] = []
        for column in rows.columns:
            cell = column[0].as_py()
            is_quoted = self._text[place : place + 1] == self._quote.encode()
            is_needed = any(mark in cell for mark in (self._delimiter, self._quote, "\r", "\n"))
            if is_needed:
                told.append(None)
            elif is_quoted:
                told.append(_Quotes.ALWAYS if cell else _Quotes.BLANK)
            else:
                told.append(_Quotes.SELDOM if cell else _Quotes.NEEDED)
            place += len(cell.encode()) + cell.count(self._quote) + 2 * is_quoted + 1
        return _completed(told)

    def _written(self, rows: pa.Table, styles: tuple[_Quotes, ...], line_end: str) -> bytes:
        quote, delimiter = self._quote, self._delimiter
        if set(styles) == {_Quotes.ALWAYS} and not any(self._has_quote):
            written = _joined(rows.columns, quote + delimiter + quote, quote + line_end + quote)
            return quote.encode() + written[:-1]
        columns = [self._cells(column, place, styles[place]) for place, column in enumerate(rows.columns)]
        return _joined(columns, delimiter, line_end)

    def _cells(self, column: pa.ChunkedArray, place: int, style: _Quotes) -> pa.ChunkedArray:
        quote = self._quote
        if style is _Quotes.ALWAYS or self._is_special[place]:
            doubled = pc.replace_substring(column, quote, quote + quote) if self._has_quote[place] else column
            quoted = pc.binary_join_element_wise(_scalar(""), doubled, _scalar(""), _scalar(quote))
            if style is _Quotes.ALWAYS:
                return quoted
            marks = (pc.match_substring(column, mark) for mark in (self._delimiter, quote, "\r", "\n"))
            column = pc.if_else(reduce(pc.or_, marks), quoted, column)
        if style is _Quotes.BLANK:
            column = pc.if_else(pc.equal(column, _scalar("")), _scalar(quote + quote), column)
        return column

    def _matching(self, written: bytes, place: int, line_end: str) -> int | None:
        """Return the length of what was written if it stands in the text, at its end maybe without a line end."""
        found = self._text[place : place + len(written)]
        if found == written:
            return len(found)
        is_end = place + len(found) == len(self._text)
        return len(found) if is_end and found and found + line_end.encode() == written else None


def _completed(told: list[_Quotes | None]) -> tuple[_Quotes, ...]:
    """Fill in what the cells of a row do not tell: None is a cell that must be quoted in any style."""
    is_text_quoted = _Quotes.ALWAYS in told
    blanks = _Quotes.BLANK if _Quotes.BLANK in told and not is_text_quoted else _Quotes.NEEDED
    meant = {
        None: _Quotes.ALWAYS if is_text_quoted else blanks,
        _Quotes.BLANK: _Quotes.ALWAYS if is_text_quoted else _Quotes.BLANK,
        _Quotes.SELDOM: blanks,
    }
    return tuple(meant.get(one, one or blanks) for one in told)


def _marks_in(column: pa.ChunkedArray, marks: list[str]) -> set[str]:
    """Return which of some characters stand anywhere in a column; quick, as it looks at bytes and not at values."""
    found: set[str] = set()
    for chunk in column.chunks:
        data = bytes(chunk.buffers()[2] or b"")
        found |= {mark for mark in marks if mark.encode() in data}
    return found


def _joined(columns: list[pa.ChunkedArray], between: str, behind: str) -> bytes:
    rows = pc.binary_join_element_wise(*columns, _scalar(between))
    return _bytes_of(pc.binary_join_element_wise(rows, _scalar(""), _scalar(behind)))


@cache
def _scalar(text: str) -> pa.StringScalar:
    # Not pa.scalar: its first call imports pandas, which takes a second.
    encoded = text.encode()
    ends = pa.py_buffer(array("i", (0, len(encoded))))
    return pa.StringArray.from_buffers(1, ends, pa.py_buffer(encoded))[0]


def _bytes_of(column: pa.ChunkedArray) -> bytes:
    return b"".join(chunk.buffers()[2] for chunk in column.chunks)


def _has_blank(rows: pa.Table) -> bool:
    return bool(pc.any(pc.equal(rows.column(0), _scalar(""))).as_py())


def _is_same(records: list[list[str]], rows: pa.Table) -> bool:
    """Return whether the cells of a table are those of the records, which have as many columns."""
    cells = _CELL_END.join(map(_CELL_END.join, records)) + _CELL_END
    if cells.count(_CELL_END) != len(records) * rows.num_columns:  # a cell holds it
        columns = [column.to_pylist() for column in rows.columns]
        return records == list(map(list, zip(*columns, strict=True)))
    return _bytes_of(pc.binary_join_element_wise(*rows.columns, _scalar(""), _scalar(_CELL_END))) == cells.encode()
