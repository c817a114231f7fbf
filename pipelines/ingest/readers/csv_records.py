"""Python's csv module over a file's UTF-8 text: some records from a place on, or all of them to find what is broken."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from pipelines.ingest.readers.content_file import ContentFile
from pipelines.ingest.readers.reader import Content
from pipelines.ingest.refusal import Refusal
from pipelines.study_source import Source

if TYPE_CHECKING:
    import _csv

MAX_FIELD_CHARACTERS = 1_000_000
MAX_LINE_BYTES = 16 << 20
# Larger ones may be read where the file is small; it is the reason why one is refused where nothing else is wrong.
MAX_RECORD_CHARACTERS = 8 << 20
_BUFFER_BYTES = 1 << 20


@dataclass(frozen=True)
class Records:
    """Records read from a place on, and how many bytes they take, their line ends among them."""

    rows: list[list[str]]
    length: int


def read_records(text: Content, begin: int, count: int, window: int, source: Source) -> Records:
    """Return up to `count` records from a place at which one begins; fewer at the end of the text.

    Args:
        text: UTF-8.
        begin: where to begin.
        count: how many records.
        window: how many bytes they will probably take; more are looked at where that is not enough.
        source: the dialect.

    Raises:
        csv.Error: one of them is broken.
    """
    while True:
        end = min(begin + window, len(text))
        while end < len(text) and text[end] & 0xC0 == 0x80:
            end -= 1
        piece = text[begin:end].decode()
        # newline="" keeps line ends inside quotes as they are, and ends a line at LF, CRLF and a lone CR alike.
        lines = io.StringIO(piece, newline="")
        records = _reader(lines, source)
        broken = None
        try:
            rows = list(islice(records, count))
        except csv.Error as error:
            broken = error
        consumed = lines.tell()
        if end < len(text) and consumed == len(piece):
            window *= 2  # the last line may have been cut
        elif broken:
            raise broken
        else:
            return Records(rows, len(piece[:consumed].encode()))


def refuse_first_fault(text: Content, source: Source, width: int | None) -> int:
    """Read all records, slowly, and refuse the first that is broken; return their number if none is.

    Args:
        text: UTF-8.
        source: the dialect.
        width: how many fields each record must have, None if that is not known.

    Raises:
        Refusal: it names the line at which the record begins.
    """
    begin, count, too_large = 1, 0, 0
    with _all_records(text, source) as records:
        try:
            for record in records:
                if width is not None and len(record) != width:
                    raise _ragged(begin, records.line_num, len(record), width)
                if sum(map(len, record)) > MAX_RECORD_CHARACTERS:
                    raise Refusal(
                        "record_too_large", f"the record has more than {MAX_RECORD_CHARACTERS} characters", begin
                    )
                begin, count = records.line_num + 1, count + 1
        except csv.Error as found:
            raise _broken_quotes(str(found), begin, records.line_num) from found
    if too_large:
        text_of_it = f"the record that begins on line {too_large} has more than {MAX_RECORD_CHARACTERS} characters"
        raise Refusal("record_too_large", text_of_it, too_large)
    return count


def refuse_long_lines(data: Content) -> None:
    """Refuse a file with a line that no export writes, before anything reads the line as a whole.

    Raises:
        Refusal: it names the line.
    """
    place = 0
    while len(data) - place > MAX_LINE_BYTES:
        end = place + MAX_LINE_BYTES + 1
        last = max(data.rfind(b"\n", place, end), data.rfind(b"\r", place, end))
        if last < 0:
            line = 1 + sum(data[at : at + _BUFFER_BYTES].count(b"\n") for at in range(0, place, _BUFFER_BYTES))
            raise Refusal("line_too_long", f"line {line} has more than {MAX_LINE_BYTES} bytes", line)
        place = last + 1


@contextmanager
def _all_records(text: Content, source: Source) -> Iterator[_csv.Reader]:
    with (
        ContentFile(text) as content,
        io.BufferedReader(content, _BUFFER_BYTES) as buffered,
        io.TextIOWrapper(buffered, encoding="utf-8", newline="") as lines,
    ):
        yield _reader(lines, source)


def _reader(lines: Iterable[str], source: Source) -> _csv.Reader:
    # The limit is the csv module's one setting for the whole process, so every reader says what it needs.
    csv.field_size_limit(MAX_FIELD_CHARACTERS)
    return csv.reader(lines, delimiter=source.delimiter, quotechar=source.quote, doublequote=True, strict=True)


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
