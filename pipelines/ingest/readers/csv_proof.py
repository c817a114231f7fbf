"""Proves that a table is what a text says: written again, it gives the very bytes; where not, the csv module judges.

Text without quotes has one reading only, and so has text in which every field is quoted and holds no quote: if the
cells, put together with delimiters and line ends, are the text, byte for byte, and each delimiter, line end and quote
of the text is one of those, then every parser must read those cells. Elsewhere, Python's csv module reads the same rows
and every cell is compared.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.ingest.readers.csv_records import MAX_FIELD_CHARACTERS, read_records
from pipelines.ingest.readers.reader import Content
from pipelines.study_source import Source

# Rows are compared in pieces, so that their text is still in the processor's cache.
ROWS_A_PIECE = 512
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
    proof = _Proof(text, source, table.num_columns)
    place = begin
    for row in range(0, table.num_rows, ROWS_A_PIECE):
        piece = table.slice(row, ROWS_A_PIECE)
        length = proof.length_of(piece, place)
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


class _Proof:
    """Writes rows again in the two ways that can be read in one way only."""

    def __init__(self, text: Content, source: Source, width: int) -> None:
        self._text = text
        self._width = width
        self._delimiter = source.delimiter
        self._quote = source.quote
        self._quote_byte = source.quote.encode()

    def length_of(self, rows: pa.Table, place: int) -> int | None:
        """Return how many bytes the rows take from a place on if they are proven to stand there, or None."""
        line_end = self._line_end(place)
        if self._text[place : place + 1] == self._quote_byte:
            return self._quoted(rows, place, line_end)
        return self._unquoted(rows, place, line_end)

    def _line_end(self, place: int) -> str:
        """Return the line end that stands before a place."""
        before = self._text[max(place - 2, 0) : place]
        return "\r\n" if before == b"\r\n" else "\r" if before.endswith(b"\r") else "\n"

    def _unquoted(self, rows: pa.Table, place: int, line_end: str) -> int | None:
        found = self._found(_written(rows, self._delimiter, line_end), place, line_end)
        if found is None or self._quote_byte in found:
            return None
        ends = rows.num_rows - (not found.endswith((b"\r", b"\n")))
        are_ends = all(found.count(end) == (ends if end.decode() in line_end else 0) for end in (b"\n", b"\r"))
        are_delimiters = found.count(self._delimiter.encode()) == rows.num_rows * (self._width - 1)
        # A blank line is no row with a blank cell: the csv module says so too.
        if not (are_ends and are_delimiters) or (self._width == 1 and _has_blank(rows)):
            return None
        return len(found) if self._are_fields_short(rows, found) else None

    def _quoted(self, rows: pa.Table, place: int, line_end: str) -> int | None:
        quote = self._quote
        written = _written(rows, quote + self._delimiter + quote, quote + line_end + quote)
        found = self._found(self._quote_byte + written[: -len(self._quote_byte)], place, line_end)
        if found is None or found.count(self._quote_byte) != 2 * self._width * rows.num_rows:
            return None
        return len(found) if self._are_fields_short(rows, found) else None

    def _found(self, written: bytes, place: int, line_end: str) -> bytes | None:
        """Return what stands in the text if it is what was written, at the end of the text maybe without a line end."""
        found = self._text[place : place + len(written)]
        if found == written:
            return found
        is_end = place + len(found) == len(self._text)
        return found if is_end and found and found + line_end.encode() == written else None

    def _are_fields_short(self, rows: pa.Table, found: bytes) -> bool:
        if len(found) <= MAX_FIELD_CHARACTERS:
            return True
        return all(pc.max(pc.binary_length(column)).as_py() <= MAX_FIELD_CHARACTERS for column in rows.columns)


def _written(rows: pa.Table, between: str, behind: str) -> bytes:
    joined = pc.binary_join_element_wise(*rows.columns, between)
    return _bytes_of(pc.binary_join_element_wise(joined, "", behind))


def _bytes_of(column: pa.ChunkedArray) -> bytes:
    return b"".join(chunk.buffers()[2] for chunk in column.chunks)


def _has_blank(rows: pa.Table) -> bool:
    return bool(pc.any(pc.equal(rows.column(0), "")).as_py())


def _is_same(records: list[list[str]], rows: pa.Table) -> bool:
    """Return whether the cells of a table are those of the records, which have as many columns."""
    cells = _CELL_END.join(map(_CELL_END.join, records)) + _CELL_END
    if cells.count(_CELL_END) != len(records) * rows.num_columns:  # a cell holds it
        columns = [column.to_pylist() for column in rows.columns]
        return records == list(map(list, zip(*columns, strict=True)))
    return _bytes_of(pc.binary_join_element_wise(*rows.columns, "", _CELL_END)) == cells.encode()
