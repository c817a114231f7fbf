"""SAS transport files made by hand, byte by byte, so that a test knows what is in them without the reader's help."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.ingest.readers import READERS, Reading, Table
from pipelines.settings import PROJECT_ROOT
from pipelines.study_source import Source

SAMPLES = PROJECT_ROOT.parent / "shared" / "data" / "format-samples"
NAMES = {
    5: (b"LIBRARY ", b"MEMBER  ", b"DSCRPTR ", b"NAMESTR ", b"OBS     "),
    8: (b"LIBV8   ", b"MEMBV8  ", b"DSCPTV8 ", b"NAMSTV8 ", b"OBSV8   "),
}
MISSING = b"." + bytes(7)


@dataclass(frozen=True)
class Column:
    """A column: `form` is a SAS format for numbers; text has a length."""

    name: str
    length: int = 8
    is_text: bool = False
    form: str = ""


def text(name: str, length: int) -> Column:
    return Column(name, length, is_text=True)


def ibm(number: float) -> bytes:
    """Return a number as IBM floating point; exact for the doubles that it can hold."""
    if not number:
        return bytes(8)
    sign, size, exponent = (0x80 if number < 0 else 0), abs(number), 64
    while size >= 1:
        size, exponent = size / 16, exponent + 1
    while size < 1 / 16:
        size, exponent = size * 16, exponent - 1
    return bytes([sign | exponent]) + int(size * 2**56).to_bytes(7, "big")


def header(name: bytes, digits: bytes = b"0" * 30) -> bytes:
    return b"HEADER RECORD*******" + name + b"HEADER RECORD!!!!!!!" + digits.ljust(32)


def padded(data: bytes) -> bytes:
    return data + b" " * (-len(data) % 80)


def library(version: int = 5) -> bytes:
    stamp = b"01JAN24:00:00:00"
    return (
        header(NAMES[version][0])
        + padded(b"SAS     SAS     SASLIB  9.4     X64     ".ljust(64) + stamp)
        + padded(stamp)
    )


def member(
    columns: Sequence[Column], rows: Sequence[bytes], name: str = "AE", version: int = 5, stated: int | None = None
) -> bytes:
    _, member_name, descriptor, variables, rows_name = NAMES[version]
    described = b"".join(_described(place, column) for place, column in enumerate(columns, start=1))
    about = b"SAS     " + name.encode().ljust(8 if version == 5 else 32) + b"SASDATA 9.4     X64     "
    count = len(rows) if stated is None else stated
    return (
        header(member_name, b"000000000000000001600000000140")
        + header(descriptor)
        + padded(about.ljust(80))
        + padded(b"01JAN24:00:00:00")
        + header(variables, b"00000%05d" % len(columns) + b"0" * 20)
        + padded(described)
        + (header(rows_name) if version == 5 else header(rows_name, b"%15d" % count))
        + padded(b"".join(rows))
    )


def _described(place: int, column: Column) -> bytes:
    start = struct.pack(">hhhh", 2 if column.is_text else 1, 0, column.length, place)
    names = column.name[:8].encode().ljust(8) + b" " * 40 + column.form.encode().ljust(8)
    end = struct.pack(">hhh2s8shhl", 0, 0, 0, b"", b" " * 8, 0, 0, 0)
    return (start + names + end + column.name.encode().ljust(32)).ljust(140, b"\0")


def xpt(columns: Sequence[Column], rows: Sequence[bytes], **how: Any) -> bytes:
    return library(how.get("version", 5)) + member(columns, rows, **how)


def reading(form: str, data: Any, **declared: Any) -> Reading:
    return READERS[form].read(data, Source(path="edc/AE.*", format=form, **declared))


def texts(table: Table) -> list[tuple[str, ...]]:
    """Return a table's rows."""
    return list(zip(*(column.to_pylist() for column in table.rows.columns), strict=True))


def content_of(table: Table) -> tuple[Any, ...]:
    """Return all of a table that must not depend on the format that it came in."""
    return table.name, table.header, texts(table), table.keys, table.subject, table.site
