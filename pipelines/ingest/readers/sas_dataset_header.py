"""Reads of a sas7bdat file what its library is held against: its length, its rows, those marked as deleted.

SAS has not published the format; the places are those that Shotwell's description of it gives.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from pipelines.ingest.readers.reader import Content
from pipelines.ingest.refusal import Refusal

MAGIC = bytes(12) + bytes.fromhex("c2ea8160b31411cfbd92080009c7318c181f1011")
# Of the entry on rows, in narrow and wide files of either byte order.
_ROW_SIZE_MARKS = tuple(
    bytes.fromhex(mark) for mark in ("f7f7f7f7", "00000000f7f7f7f7", "f7f7f7f700000000", "f7f7f7f7fffffbfe")
)
_LARGEST_PAGE = 1 << 24


@dataclass(frozen=True)
class DatasetHeader:
    """What a sas7bdat file says of itself: `rows` are those that count, without the `deleted` ones."""

    rows: int
    deleted: int
    names_encoding: bool


def read_header(content: Content) -> DatasetHeader:
    """Return the header's facts, having held the file's length to them.

    Raises:
        Refusal: the file is no sas7bdat, or cut off.
    """
    if not len(content):
        raise Refusal("empty_file", "the file holds nothing (0 bytes)")
    start = bytes(content[:400])
    if start[12:15] == MAGIC[12:15] and start[156:164] == b"CATALOG ":
        raise Refusal("not_sas7bdat", "this is a SAS catalogue of formats (sas7bcat), which holds no data")
    if not start.startswith(MAGIC):
        if start.startswith(b"HEADER RECORD*******"):
            raise Refusal("not_sas7bdat", "this is a SAS transport file; declare format: xpt")
        raise Refusal("not_sas7bdat", "this is no sas7bdat file: it does not begin as one")
    if len(start) < 400:
        raise Refusal("truncated_file", "the file ends within its header; send the file again")
    wide, shift = start[32:33] == b"3", 4 if start[35:36] == b"3" else 0
    order = "<" if start[37] == 1 else ">"
    header_bytes, page_bytes = struct.unpack_from(f"{order}II", start, 196 + shift)
    (pages,) = struct.unpack_from(order + ("Q" if wide else "I"), start, 204 + shift)
    if not (1024 <= header_bytes <= _LARGEST_PAGE and 1024 <= page_bytes <= _LARGEST_PAGE and pages):
        raise Refusal("malformed_sas7bdat", "the header's lengths cannot be; export the dataset again")
    stated = header_bytes + pages * page_bytes
    if stated != len(content):
        code = "truncated_file" if len(content) < stated else "malformed_sas7bdat"
        raise Refusal(code, f"{len(content)} bytes are here, the header states {stated}; send the file again")
    page = bytes(content[header_bytes : header_bytes + page_bytes])
    rows, deleted = _row_counts(page, order, wide)
    if deleted > rows:
        raise Refusal("malformed_sas7bdat", "more rows are deleted than there are; export the dataset again")
    return DatasetHeader(rows - deleted, deleted, start[70] != 0)


def _row_counts(page: bytes, order: str, wide: bool) -> tuple[int, int]:
    """Return the number of rows, deleted ones included, and of deleted rows, from the first page's entry on rows."""
    base, number, entry_bytes = (32, "Q", 24) if wide else (16, "I", 12)
    width = struct.calcsize(number)
    (entries,) = struct.unpack_from(f"{order}H", page, base + 4)
    for entry in range(entries):
        place = base + 8 + entry * entry_bytes
        if place + entry_bytes > len(page):
            break
        offset, length = struct.unpack_from(order + 2 * number, page, place)
        if length < 8 * width or offset + length > len(page):
            continue
        if page[offset : offset + width] in _ROW_SIZE_MARKS:
            rows, deleted = struct.unpack_from(order + 2 * number, page, offset + 6 * width)
            return rows, deleted
    raise Refusal("malformed_sas7bdat", "the number of rows is not where it must be; export the dataset again")
