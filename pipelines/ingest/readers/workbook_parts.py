"""Judges the ZIP that a workbook is before a part of it is read, and how much of a part is held at once."""

from __future__ import annotations

import zipfile
import zlib
from typing import IO, cast

from pipelines.ingest.readers.archive import ArchiveFile
from pipelines.ingest.readers.reader import Content
from pipelines.ingest.refusal import Refusal

MAX_PARTS = 10_000
# Sheets shrink to a tenth; beyond a size, more than this is made to fill memory.
MAX_BYTES, MAX_RATIO, RATIO_FREE_BYTES = 4 << 30, 200, 64 << 20
# Bytes without the end of an element that is wanted: in memory they are thirty times as many. A row takes one megabyte.
MAX_ELEMENT_BYTES = 8 << 20
# A name that says it is UTF-8 may be none.
READ_ERRORS = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, UnicodeDecodeError)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


class Part:
    """A part as it is read, and how much of it since the last element that was wanted."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.since_element = 0

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes.

        Raises:
            Refusal: more stand in one element than is reasonable.
        """
        piece = self._file.read(size)
        self.since_element += len(piece)
        if self.since_element > MAX_ELEMENT_BYTES:
            raise Refusal("too_large", f"more than {MAX_ELEMENT_BYTES >> 20} MB stand in one element of the workbook")
        return piece


def open_parts(content: Content) -> tuple[zipfile.ZipFile, dict[str, zipfile.ZipInfo]]:
    """Open a workbook's file; return it with its parts by their folded names.

    Raises:
        Refusal: it is no workbook, or is cut off, encrypted, or made to do harm.
    """
    _refuse_other_types(content)
    try:
        package = zipfile.ZipFile(cast(IO[bytes], ArchiveFile(content)))
    except READ_ERRORS as error:
        raise Refusal(
            "truncated_file", "the list of its parts, at its end, is missing or damaged; send it again"
        ) from error
    return package, _judged_parts(package, len(content))


def _refuse_other_types(content: Content) -> None:
    if not len(content):
        raise Refusal("empty_file", "the file holds nothing (0 bytes)")
    start = bytes(content[:8])
    if start == _OLE:
        if content.find("EncryptedPackage".encode("utf-16-le")) >= 0:
            raise Refusal("encrypted", "the workbook is protected with a password; send it without")
        raise Refusal("not_xlsx", "this is an old Excel file (xls) or another Office file; save it as xlsx")
    if not start.startswith(b"PK"):
        raise Refusal("not_xlsx", "this is no Excel workbook (xlsx): it is no ZIP file")


def _judged_parts(package: zipfile.ZipFile, size: int) -> dict[str, zipfile.ZipInfo]:
    """Return the parts by their folded names."""
    entries = package.infolist()
    if len(entries) > MAX_PARTS:
        raise Refusal("zip_bomb", f"{len(entries)} parts; the limit is {MAX_PARTS}")
    if any(entry.flag_bits & 1 for entry in entries):
        raise Refusal("encrypted", "parts of the file are encrypted; send it without a password")
    total = sum(entry.file_size for entry in entries)
    if total > MAX_BYTES or total > max(RATIO_FREE_BYTES, MAX_RATIO * size):
        raise Refusal("zip_bomb", f"{total} bytes when decompressed, from {size}")
    end = 0
    for entry in sorted(entries, key=lambda one: one.header_offset):
        if entry.header_offset < end:
            raise Refusal("zip_bomb", "parts of the file overlap")
        end = entry.header_offset + 30 + len(entry.filename) + entry.compress_size
    parts = {entry.filename.replace("\\", "/").lstrip("/").casefold(): entry for entry in entries}
    if len(parts) < len(entries):
        raise Refusal("malformed_xlsx", "two parts of the file have the same name")
    return parts
