"""Reads delimited text strictly, as declared: Arrow's parser gives the table, and every cell of it is proven.

In strict mode, Python's csv module loses nothing, where sniffing readers do (a change of width in the middle of a file
makes them drop rows in silence). What is read here is what it reads, or the file is refused; `csv_proof.py` says how.
"""

from __future__ import annotations

import csv
from codecs import BOM_UTF8
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from pipelines.ingest.readers.csv_proof import ROWS_A_PIECE, agreement
from pipelines.ingest.readers.csv_records import (
    MAX_FIELD_CHARACTERS,
    MAX_LINE_BYTES,
    read_records,
    refuse_first_fault,
    refuse_long_lines,
)
from pipelines.ingest.readers.cycle_search import no_search_for_cycles
from pipelines.ingest.readers.encoded_text import IN_MEMORY_BYTES, REPLACEMENT, as_utf8, is_wide, seems_utf8
from pipelines.ingest.readers.reader import Content, Reading, Remark, Table
from pipelines.ingest.refusal import Refusal
from pipelines.study_source import Source

MAX_COLUMNS = 5_000
# Arrow reads several blocks at once.
_BLOCK_BYTES = 4 << 20
_LARGEST_BLOCK_BYTES = 2 * MAX_LINE_BYTES
_PROBABLE_HEADER_BYTES = 1 << 16
_PIECE_BYTES = 1 << 20
_COMMON_DELIMITERS = {";": "semicolon", ",": "comma", "\t": "tab", "|": "vertical bar"}

__all__ = ["MAX_COLUMNS", "MAX_FIELD_CHARACTERS", "CsvReader"]


class CsvReader:
    """Comma-, semicolon-, tab- or otherwise delimited text with a header line."""

    version = "csv-2"

    def read(self, data: Content, source: Source) -> Reading:
        """Read a whole file; see `Reader`."""
        _refuse_unusable_dialect(source)
        if not is_wide(source.encoding):
            refuse_long_lines(data)
        text = as_utf8(data, source.encoding)
        if is_wide(source.encoding):
            refuse_long_lines(text)
        if not any(text[begin : begin + _PIECE_BYTES].strip() for begin in range(0, len(text), _PIECE_BYTES)):
            raise Refusal("empty_file", f"the file holds nothing ({len(data)} bytes)")
        with no_search_for_cycles():
            table = _parse(text, source)
            _refuse_other_delimiter(table, source)
        return Reading((table,), remarks=(*_other_encoding(data, source), *_lost_characters(text, table)))


def _refuse_unusable_dialect(source: Source) -> None:
    marks = (source.delimiter, source.quote)
    if not all(mark.isascii() and mark not in "\r\n\0" for mark in marks) or len(set(marks)) < len(marks):
        raise Refusal("unusable_dialect", "this delimiter and quote cannot be used together in study.yml")


def _parse(text: Content, source: Source) -> Table:
    try:
        first = read_records(text, 0, 1, _PROBABLE_HEADER_BYTES, source)
    except csv.Error as error:
        refuse_first_fault(text, source, None)
        raise AssertionError("the second reading found no fault") from error
    header = tuple(first.rows[0])
    if not header:
        raise Refusal("blank_column", "line 1 is blank, but it must name the columns", 1)
    if len(header) > MAX_COLUMNS:
        raise Refusal("too_many_columns", f"{len(header)} columns; the limit is {MAX_COLUMNS}", 1)
    table = _read_again(text, first.length, source, len(header))
    found = agreement(text, first.length, table, source) if table is not None else None
    if table is None or found is None or found.broken or not (found.is_whole or found.differing is not None):
        rows = refuse_first_fault(text, source, len(header)) - 1
        second = "none (it cannot read the file)" if table is None else str(table.num_rows)
        raise Refusal("row_count_mismatch", f"{rows} rows read, but a second reader counts {second}")
    if found.differing is not None:
        refuse_first_fault(text, source, len(header))
        place = f"rows {found.differing + 1} to {min(found.differing + ROWS_A_PIECE, table.num_rows)}"
        raise Refusal("value_mismatch", f"two readers do not read the same values in {place}")
    return Table("", header, table)


def _refuse_other_delimiter(table: Table, source: Source) -> None:
    """Refuse one column whose header and every value hold another delimiter, unless study.yml asks for that column."""
    if len(table.header) > 1 or not table.rows.num_rows:
        return
    name = table.header[0]
    if source.columns is not None and name.strip() in source.columns.required:
        return
    for mark, word in _COMMON_DELIMITERS.items():
        marks = pc.count_substring(table.rows.column(0), mark)
        if mark in name and pc.all(pc.greater_equal(marks, name.count(mark))).as_py():
            text = (
                f"the file has one column, and its header and every row hold a {word}: is that its delimiter? Write "
                "delimiter in study.yml, or, if it is one column, list it there in columns as required"
            )
            raise Refusal("wrong_delimiter", text, 1)


def _read_again(text: Content, begin: int, source: Source, width: int) -> pa.Table | None:
    """Return the rows from `begin` on as Arrow reads them, or None if it cannot read the file."""
    size = len(text) - begin
    if not size:
        return pa.schema([(f"f{place}", pa.string()) for place in range(width)]).empty_table()
    # A record that is larger than a block is an error. So a file of ordinary size may be one block.
    whole = size + 1 if size <= IN_MEMORY_BYTES else _LARGEST_BLOCK_BYTES
    blocks = [whole] if size <= _BLOCK_BYTES else [_BLOCK_BYTES, whole]
    rows = pa.py_buffer(text).slice(begin)
    if text[begin : begin + len(BOM_UTF8)] == BOM_UTF8:
        # The first cell begins with a mark, as where two files were put together, and Arrow drops one.
        rows = pa.py_buffer(BOM_UTF8 + text[begin:])
    tables = (_read_in_blocks(rows, block, source, width) for block in blocks)
    return next((table for table in tables if table is not None), None)


def _read_in_blocks(rows: pa.Buffer, block: int, source: Source, width: int) -> pa.Table | None:
    names = [f"f{place}" for place in range(width)]
    try:
        return pyarrow.csv.read_csv(
            rows,
            read_options=pyarrow.csv.ReadOptions(use_threads=block < rows.size, block_size=block, column_names=names),
            parse_options=pyarrow.csv.ParseOptions(
                delimiter=source.delimiter,
                quote_char=source.quote,
                double_quote=True,
                escape_char=False,
                newlines_in_values=True,
                ignore_empty_lines=False,
            ),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                include_columns=names,
                strings_can_be_null=False,
                check_utf8=False,
            ),
        )
    except (pa.ArrowInvalid, KeyError, ValueError):
        # The message would quote the row, so it is not passed on.
        return None


def _other_encoding(data: Content, source: Source) -> Iterator[Remark]:
    if seems_utf8(data, source.encoding):
        text = f"every byte is right in UTF-8, which study.yml does not declare ({source.encoding}): are letters wrong?"
        yield Remark("seems_utf8", text)


def _lost_characters(text: Content, table: Table) -> tuple[Remark, ...]:
    """Tell of characters that another system could not decode before the file was sent; decoding here adds none."""
    if text.find(REPLACEMENT) < 0:
        return ()
    rows = [pc.index(pc.match_substring(column, "\ufffd"), True).as_py() for column in table.rows.columns]
    count = sum(pc.sum(pc.count_substring(column, "\ufffd")).as_py() or 0 for column in table.rows.columns)
    first = min((row for row in rows if row >= 0), default=None)
    note = f"{count} characters were lost before the file was sent: U+FFFD stands in their place"
    return (Remark("lost_characters", note, row=None if first is None else first + 1),)
