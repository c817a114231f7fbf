"""Reads delimited text strictly, as declared, with two parsers that share no code and must agree on every cell.

Python's csv module judges: in strict mode it loses nothing, where sniffing readers do (a change of width in the middle
of a file makes them drop rows in silence). Arrow's parser gives the table, which Python would take many times longer to
build; each row of it is held against what the csv module read.
"""

from __future__ import annotations

import codecs
import csv
import gc
import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, NoReturn

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from pipelines.ingest.readers.reader import Content, Reading, Table
from pipelines.ingest.refusal import Refusal
from pipelines.study_source import Source

if TYPE_CHECKING:
    import _csv

MAX_FIELD_CHARACTERS = 1_000_000
MAX_COLUMNS = 5_000
# Rows are compared in pieces, so that a row's text is still in the processor's cache.
ROWS_A_PIECE = 512
# Stands behind each cell when two readings of a row are compared.
_CELL_END = "\x1f"

_OTHER_TYPES = {
    b"PK\x03\x04": "a ZIP or Excel file",
    b"PK\x05\x06": "an empty ZIP file",
    b"%PDF": "a PDF document",
    b"\xd0\xcf\x11\xe0": "an old Excel or Word file",
    b"\x1f\x8b": "a gzip file",
    b"7z\xbc\xaf": "a 7z file",
    b"\x7fELF": "a program",
    b"PAR1": "a Parquet file",
}


class CsvReader:
    """Comma-, semicolon-, tab- or otherwise delimited text with a header line."""

    version = "csv-1"

    def read(self, data: Content, source: Source) -> Reading:
        """Read a whole file; see `Reader`."""
        data = bytes(data)
        _refuse_other_types(data)
        text = _as_utf8(data, source.encoding)
        if not text or text.isspace():
            raise Refusal("empty_file", f"the file holds nothing ({len(data)} bytes)")
        with _no_search_for_cycles():
            return _parse(text, source)


_readings = 0
_readings_lock = threading.Lock()


@contextmanager
def _no_search_for_cycles() -> Iterator[None]:
    """Spare the garbage collector while a thread reads: it would look through each row's list again and again."""
    global _readings
    with _readings_lock:
        _readings += 1
        gc.disable()
    try:
        yield
    finally:
        with _readings_lock:
            _readings -= 1
            if not _readings:
                gc.enable()


def _refuse_other_types(data: bytes) -> None:
    for magic, kind in _OTHER_TYPES.items():
        if data.startswith(magic):
            raise Refusal("not_text", f"this is {kind}, not delimited text")
    # A header may well begin with MZ; a program holds a NUL right behind it.
    if data.startswith(b"MZ") and b"\0" in data[:64]:
        raise Refusal("not_text", "this is a program, not delimited text")


def _as_utf8(data: bytes, encoding: str) -> bytes:
    """Return the file's text as UTF-8 without a byte order mark."""
    codec = codecs.lookup(encoding).name
    skipped = 0
    if codec in ("utf-8", "utf-8-sig"):
        codec = "utf-8"
        if data.startswith(codecs.BOM_UTF8):
            skipped = len(codecs.BOM_UTF8)
            data = data[skipped:]
    try:
        text = data.decode(codec)
        return data if codec == "utf-8" else text.removeprefix("\ufeff").encode()
    except UnicodeDecodeError as error:
        offset = skipped + error.start
        raise Refusal("undecodable", f"byte {offset} (counted from 0) is not {encoding}") from error
    except (UnicodeError, LookupError) as error:
        raise Refusal("undecodable", f"the file cannot be read as {encoding}") from error


def _records(text: bytes, source: Source) -> _csv.Reader:
    # The limit is the csv module's one setting for the whole process, so every reader says what it needs.
    csv.field_size_limit(MAX_FIELD_CHARACTERS)
    # newline="" keeps line ends inside quotes as they are, and ends a line at LF, CRLF and a lone CR alike.
    lines = io.TextIOWrapper(io.BytesIO(text), encoding="utf-8", newline="")
    try:
        return csv.reader(lines, delimiter=source.delimiter, quotechar=source.quote, doublequote=True, strict=True)
    except (TypeError, ValueError) as error:
        raise Refusal("unusable_dialect", "this delimiter and quote cannot be used together in study.yml") from error


def _parse(text: bytes, source: Source) -> Reading:
    records = _records(text, source)
    try:
        header = tuple(next(records))
    except csv.Error as error:
        _refuse_first_fault(text, source, None, error)
    if not header:
        raise Refusal("blank_column", "line 1 is blank, but it must name the columns", 1)
    if len(header) > MAX_COLUMNS:
        raise Refusal("too_many_columns", f"{len(header)} columns; the limit is {MAX_COLUMNS}", 1)
    table = _read_again(text, source, len(header))
    rows_read, differing = 0, None
    try:
        for rows in _pieces(records):
            if set(map(len, rows)) != {len(header)}:
                _refuse_first_fault(text, source, len(header))
            if table is not None and differing is None and not _is_same(rows, table.slice(rows_read, len(rows))):
                differing = rows_read
            rows_read += len(rows)
    except csv.Error as error:
        _refuse_first_fault(text, source, len(header), error)
    if table is None or table.num_rows != rows_read:
        second = "none (it cannot read the file)" if table is None else str(table.num_rows)
        raise Refusal("row_count_mismatch", f"{rows_read} rows read, but a second reader counts {second}")
    if differing is not None:
        place = f"rows {differing + 1} to {min(differing + ROWS_A_PIECE, rows_read)}"
        raise Refusal("value_mismatch", f"two readers do not read the same values in {place}")
    return Reading((Table("", header, table),))


def _is_same(rows: list[list[str]], table: pa.Table) -> bool:
    """Return whether the cells of a table are those of the rows, which have as many columns."""
    cells = _CELL_END.join(map(_CELL_END.join, rows)) + _CELL_END
    joined = pc.binary_join_element_wise(*table.columns, "", _CELL_END)
    return b"".join(chunk.buffers()[2] for chunk in joined.chunks) == cells.encode()


def _pieces(records: Iterator[list[str]]) -> Iterator[list[list[str]]]:
    while rows := list(islice(records, ROWS_A_PIECE)):
        yield rows


def _refuse_first_fault(text: bytes, source: Source, width: int | None, error: csv.Error | None = None) -> NoReturn:
    """Read once more, slowly, to name the line at which the first faulty record begins."""
    records = _records(text, source)
    begin = 1
    try:
        for record in records:
            if width is not None and len(record) != width:
                raise _ragged(begin, records.line_num, len(record), width)
            begin = records.line_num + 1
    except csv.Error as found:
        raise _broken_quotes(str(found), begin, records.line_num) from found
    raise AssertionError("the second reading found no fault") from error


def _ragged(begin: int, end: int, found: int, width: int) -> Refusal:
    if not found:
        return Refusal("ragged_row", f"line {begin} is blank, the header has {width} fields", begin)
    where = f"line {begin}" if begin == end else f"the record on lines {begin} to {end}"
    hint = "" if begin == end else "; is a quote open there?"
    return Refusal("ragged_row", f"{where} has {found} fields, the header has {width}{hint}", begin)


def _broken_quotes(found: str, begin: int, end: int) -> Refusal:
    if "field larger" in found:
        text = f"a field of the record that begins on line {begin} is longer than {MAX_FIELD_CHARACTERS} characters"
        return Refusal("field_too_large", f"{text}; is a quote open there?", begin)
    # Text behind a closing quote, lines below the opening one: the quote met there was meant to open another field.
    if "unexpected end" in found or begin != end:
        return Refusal("unterminated_quote", f"a quote that opens on line {begin} is not closed", begin)
    return Refusal("malformed_quote", f"text follows a closing quote on line {begin}", begin)


def _read_again(text: bytes, source: Source, width: int) -> pa.Table | None:
    """Return the data rows as an independent parser reads them, or None if it cannot read the file."""
    if not text.endswith((b"\n", b"\r")):
        text += b"\n"  # without it, a header alone is an error there
    names = [f"f{place}" for place in range(width)]  # Arrow's own
    try:
        table = pyarrow.csv.read_csv(
            pa.py_buffer(text),
            # One block: a record that is larger than a block would be an error.
            read_options=pyarrow.csv.ReadOptions(
                use_threads=False, block_size=len(text) + 1, autogenerate_column_names=True
            ),
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
    return table.slice(1)
