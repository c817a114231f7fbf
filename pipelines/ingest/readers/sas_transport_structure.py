"""Judges a SAS transport file record by record before a library sees it, and finds its datasets.

The layout is the one that SAS Institute published: TS-140 for version 5, and its extension for versions 8 and 9.
Nothing in the data says how many rows a version 5 dataset has, so that follows from lengths: rows fill the section but
for blanks that complete its last record.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NoReturn

from pipelines.ingest.readers.reader import Content
from pipelines.ingest.refusal import Refusal

RECORD = 80
MAX_COLUMNS = 5_000
MAX_TEXT_BYTES = 32_767
_PREFIX, _MIDDLE = b"HEADER RECORD*******", b"HEADER RECORD!!!!!!!"
# What the header records are called: library, member, descriptor, variables, labels, rows.
_NAMES = {
    5: (b"LIBRARY ", b"MEMBER  ", b"DSCRPTR ", b"NAMESTR ", (), b"OBS     "),
    8: (b"LIBV8   ", b"MEMBV8  ", b"DSCPTV8 ", b"NAMSTV8 ", (b"LABELV8 ", b"LABELV9 "), b"OBSV8   "),
}
# type, -, length, number, name, label, format, -, -, -, -, informat, -, -, position; then, in version 8, the long name.
_VARIABLE = struct.Struct(">hhhh8s40s8shhh2s8shhl32s")
_FORMAT_NAME = re.compile(rb"[$A-Za-z0-9_]*")
_NUMBER, _TEXT = 1, 2


@dataclass(frozen=True)
class Variable:
    """One column: its name as bytes, whether it holds numbers, its place in a row, and its format's name."""

    name: bytes
    is_number: bool
    start: int
    length: int
    format: str


@dataclass(frozen=True)
class Member:
    """One dataset of the file.

    Its headers and the descriptions of its columns lie from `begin` to `described`; behind long labels and one more
    header record follow the rows, at `data`.
    """

    version: int
    name: bytes
    variables: tuple[Variable, ...]
    begin: int
    described: int
    data: int
    rows: int

    @property
    def row_bytes(self) -> int:
        """How long a row is."""
        return sum(variable.length for variable in self.variables)


def find_members(content: Content) -> list[Member]:
    """Return all datasets of a transport file, whose structure has been held to the published layout.

    Raises:
        Refusal: the file is none, is cut off, or contradicts itself.
    """
    _refuse_other_types(content)
    if len(content) % RECORD:
        raise Refusal(
            "truncated_file", f"{len(content)} bytes are no whole number of records of {RECORD}; send the file again"
        )
    version = 8 if content[20:28] == _NAMES[8][0] else 5
    _expect(content, 0, _NAMES[version][0])
    if bytes(content[80:88]) != b"SAS     ":
        _refuse(80, "the name SAS is not in the second record")
    return list(_members(content, version))


def _members(content: Content, version: int) -> Iterator[Member]:
    place = 3 * RECORD
    if place >= len(content):
        raise Refusal("truncated_file", "no dataset follows the file's own header; send the file again")
    while place < len(content):
        member, place = _member(content, place, version)
        yield member


def _refuse_other_types(content: Content) -> None:
    if not len(content):
        raise Refusal("empty_file", "the file holds nothing (0 bytes)")
    start = bytes(content[:40])
    if start[:20] == _PREFIX and start[20:28] in (_NAMES[5][0], _NAMES[8][0]) and start[28:].startswith(b"HEADER"):
        return
    if start.startswith(b"**COMPRESSED**"):
        raise Refusal("not_xpt", "this was written by PROC CPORT, which only SAS reads; export with the XPORT engine")
    if start[12:16] == b"\xc2\xea\x81\x60":
        raise Refusal("not_xpt", "this is a sas7bdat file, not a SAS transport file; declare format: sas7bdat")
    raise Refusal("not_xpt", "this is no SAS transport file: it does not begin with the header of a library")


def _member(content: Content, begin: int, version: int) -> tuple[Member, int]:
    _, member, descriptor, variables, labels, rows = _NAMES[version]
    _expect(content, begin, member)
    size = _digits(content, begin, 73)
    if size not in (136, 140):
        _refuse(begin, "a variable's description is neither 136 nor 140 bytes long")
    _expect(content, begin + RECORD, descriptor)
    name = bytes(content[begin + 2 * RECORD + 8 : begin + 2 * RECORD + (16 if version == 5 else 40)])
    place = begin + 4 * RECORD
    _expect(content, place, variables)
    count = _digits(content, place, 53)
    if not 1 <= count <= MAX_COLUMNS:
        raise Refusal("too_many_columns" if count else "no_columns", f"{count} columns; the limit is {MAX_COLUMNS}")
    place += RECORD
    described = tuple(_variables(content, place, count, size, version))
    place += _padded(count * size)
    described_until = place
    if bytes(content[place + 20 : place + 28]) in labels:
        place = _behind_labels(content, place, count)
    _expect(content, place, rows)
    row_bytes = sum(variable.length for variable in described)
    data = place + RECORD
    if version == 8:
        found, end = _stated_rows(content, place, row_bytes)
    else:
        end = _next_member(content, data)
        found = _rows_by_length(content, data, end, described)
    return Member(version, name.rstrip(b" \0"), described, begin, described_until, data, found), end


def _variables(content: Content, place: int, count: int, size: int, version: int) -> Iterator[Variable]:
    # A description states a place in the row as well, but not that of its value: SAS fills rows in the columns' order.
    start = 0
    names: set[bytes] = set()
    if place + _padded(count * size) > len(content):
        raise Refusal("truncated_file", "the file ends within the descriptions of its columns; send the file again")
    for number in range(1, count + 1):
        fields = _VARIABLE.unpack_from(content[place : place + size].ljust(140, b" "))
        kind, _, length, _, short, _, form, *_, long = fields
        is_number = kind == _NUMBER
        if kind not in (_NUMBER, _TEXT) or not (2 <= length <= 8 if is_number else 1 <= length <= MAX_TEXT_BYTES):
            _refuse(place, f"the type or length of column {number} is none that SAS knows")
        name = (long if version == 8 and long.strip(b" \0") else short).rstrip(b" \0")
        if not name or b"\0" in name:
            _refuse(place, f"column {number} has no name")
        if name.upper() in names:
            raise Refusal("duplicate_column", f"the name of column {number} is that of a column before it")
        if not _FORMAT_NAME.fullmatch(form.rstrip(b" \0")):
            _refuse(place, f"the format of column {number} has a name that SAS does not allow")
        names.add(name.upper())
        yield Variable(name, is_number, start, length, form.rstrip(b" \0").decode("ascii").upper())
        start += length
        place += size


def _behind_labels(content: Content, place: int, count: int) -> int:
    """Return where the section with the columns' long labels ends."""
    lengths = 3 if content[place + 20 : place + 28] == b"LABELV8 " else 5
    labels = _digits(content, place, 48, RECORD)
    if labels > count:
        _refuse(place, "there are more long labels than columns")
    start = place = place + RECORD
    for _ in range(labels):
        head = content[place : place + 2 * lengths]
        if len(head) < 2 * lengths:
            raise Refusal("truncated_file", "the file ends within the labels of its columns; send the file again")
        _, *parts = struct.unpack(f">{lengths}H", head)
        place += 2 * lengths + sum(parts)
    return start + _padded(place - start)


def _stated_rows(content: Content, place: int, row_bytes: int) -> tuple[int, int]:
    """Return the number of rows that version 8 states, and where they end."""
    stated = bytes(content[place + 48 : place + 63]).strip()
    if not stated.isdigit():
        _refuse(place, "the number of rows is not stated")
    rows = int(stated)
    end = place + RECORD + _padded(rows * row_bytes)
    if end > len(content):
        present = (len(content) - place - RECORD) // row_bytes
        raise Refusal("truncated_file", f"the file states {rows} rows, but has room for {present}; send the file again")
    if end < len(content) and content[end : end + 28] != _PREFIX + _NAMES[8][1]:
        raise Refusal("row_count_mismatch", f"the file states {rows} rows, but is {len(content) - end} bytes longer")
    if bytes(content[end - _padded(rows * row_bytes) + rows * row_bytes : end]).strip(b" \0"):
        raise Refusal("row_count_mismatch", f"the file states {rows} rows, but something stands behind the last one")
    return rows, end


def _rows_by_length(content: Content, data: int, end: int, variables: tuple[Variable, ...]) -> int:
    """Return how many rows a version 5 dataset has.

    Rows shorter than a record: those at the end that are all blank are taken for what completes the last record, which
    is all that the format can say.
    """
    row_bytes = sum(variable.length for variable in variables)
    room = end - data
    rows = room // row_bytes
    left_over = room - rows * row_bytes
    while rows and left_over + row_bytes < RECORD and _is_blank(content, data + (rows - 1) * row_bytes, row_bytes):
        rows -= 1
        left_over += row_bytes
    if left_over >= RECORD or bytes(content[end - left_over : end]).strip(b" "):
        raise Refusal(
            "truncated_file",
            f"a row is {row_bytes} bytes long and {room} bytes of rows are here, so the last one is cut off behind row "
            f"{rows}; send the file again",
        )
    if rows and any(one.is_number for one in variables) and _is_blank(content, end - left_over - row_bytes, row_bytes):
        _refuse(end - RECORD, "blanks follow the rows, more than complete a record")
    return rows


def _is_blank(content: Content, place: int, length: int) -> bool:
    return not bytes(content[place : place + length]).strip(b" ")


def _next_member(content: Content, place: int) -> int:
    """Return where the next dataset's header begins, or the end of the file."""
    wanted = _PREFIX + _NAMES[5][1]
    found = content.find(wanted, place)
    while found >= 0 and found % RECORD:
        found = content.find(wanted, found + 1)
    return len(content) if found < 0 else found


def _expect(content: Content, place: int, name: bytes) -> None:
    if place + RECORD > len(content):
        raise Refusal("truncated_file", f"the file ends within its headers, at byte {len(content)}; send it again")
    if content[place : place + 48] != _PREFIX + name + _MIDDLE:
        _refuse(place, f"the header record {name.decode().strip()} is not where it must be")


def _digits(content: Content, place: int, start: int, end: int | None = None) -> int:
    text = bytes(content[place + start : place + (start + 5 if end is None else end)]).strip()
    if not text.isdigit():
        _refuse(place, f"bytes {start} and following of this header record are no number")
    return int(text)


def _padded(length: int) -> int:
    return -(-length // RECORD) * RECORD


def _refuse(place: int, what: str) -> NoReturn:
    raise Refusal("malformed_xpt", f"record {place // RECORD + 1}: {what}; export the dataset again")
