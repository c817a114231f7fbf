"""Which format a delivered file has, by signs that only this format has. It is proposed; nothing is read by it."""

from __future__ import annotations

import re
import zlib
from pathlib import PurePosixPath
from typing import Literal

from pipelines.ingest.readers import Content
from pipelines.ingest.readers.archive import list_members
from pipelines.ingest.readers.csv_profiles import PROFILES, plain_name
from pipelines.study_source import ExportFormat

# What lies in landing: a file of a format, or an archive with such files.
FoundFormat = ExportFormat | Literal["zip"]
# Layouts of delimited text. But for Castor's they have no sign; what is refused as plain CSV may be one of them.
SYSTEM_FORMATS: tuple[ExportFormat, ...] = ("castor", "openclinica", "rave", "viedoc")
TEXT_FORMATS: tuple[ExportFormat, ...] = ("csv", "redcap", *SYSTEM_FORMATS)
TEXT_SUFFIXES = (".csv", ".txt", ".tsv", ".dat", ".psv")
# How much of a file is looked at.
HEAD_BYTES = 1 << 16

# Old Office files begin so, and new ones that have a password.
COMPOUND_FILE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_XPT = (b"HEADER RECORD*******LIBRARY HEADER RECORD", b"HEADER RECORD*******LIBV8")
_SAS7BDAT = bytes(12) + bytes.fromhex("c2ea8160b31411cfbd92080009c7318c181f1011")
_ODM = re.compile(rb"<(?:[A-Za-z_][\w.-]*:)?ODM[\s>]")
_SECUTRIAL = re.compile("exportoptions.*[.]html?")
_DATASET_JSON = b'"datasetJSONVersion"'
_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
# What only REDCap puts into the header of an export.
_REDCAP = {"redcap_event_name", "redcap_repeat_instrument", "redcap_repeat_instance", "redcap_data_access_group"}


def is_zip(head: bytes) -> bool:
    """Return whether a file begins as a ZIP does; then its directory tells more, and that stands at the end."""
    return head[:4] in _ZIP


def format_of(data: Content, name: str) -> FoundFormat | None:
    """Return the format of a file's content, `zip` for an archive of files, None where no sign is known.

    Args:
        data: the file, at least its first HEAD_BYTES, and the whole of a ZIP.
        name: its name; delimited text has no sign but its suffix.

    Raises:
        Refusal: it begins like a ZIP and cannot be opened as one.
    """
    if is_zip(data[:4]):
        return _packed(data)
    head = bytes(data[:HEAD_BYTES])
    if head.startswith(_XPT):
        return "xpt"
    if head.startswith(_SAS7BDAT):
        return "sas7bdat"
    text = _without_mark(head).lstrip()
    if text.startswith(b"<"):
        return "odm" if _ODM.search(text) else None
    if _DATASET_JSON in text or _DATASET_JSON in _unpacked(head):
        return "dataset-json"
    if PurePosixPath(name).suffix.lower() not in TEXT_SUFFIXES:
        return None
    header = re.split(rb"[\r\n]", text, maxsplit=1)[0].decode("latin-1")
    if _is_redcap(header):
        return "redcap"
    return "castor" if _is_castor(header) else "csv"


def _packed(data: Content) -> FoundFormat:
    names = {name.casefold() for name in list_members(data)}
    if "xl/workbook.xml" in names:
        return "xlsx"
    if any(_SECUTRIAL.fullmatch(PurePosixPath(name).name) for name in names):
        return "secutrial"
    return "zip"


def _without_mark(head: bytes) -> bytes:
    """Return the first bytes as ASCII would have them, whatever byte order mark stands before them."""
    for mark in _MARKS:
        if head.startswith(mark):
            head = head.removeprefix(mark)
            return head.replace(b"\0", b"") if mark != _MARKS[0] else head
    return head


def _unpacked(head: bytes) -> bytes:
    try:
        # zlib's header or gzip's
        return zlib.decompressobj(wbits=47).decompress(head, HEAD_BYTES)
    except zlib.error:
        return b""


def _is_castor(header: str) -> bool:
    """Return whether a header begins with Castor's record, cut by semicolons, and has its institute."""
    castor = PROFILES["castor"]
    names = [plain_name(name) for name in header.split(";")]
    return names[0] in castor.subject and not set(castor.site).isdisjoint(names)


def _is_redcap(header: str) -> bool:
    return not _REDCAP.isdisjoint(name.strip(' "') for name in re.split("[,;\t]", header))
