"""How the files of an export are written: encoding and delimiter by strict trial on every file."""

from __future__ import annotations

import codecs
import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipelines.onboarding.exports import ExportFile

DELIMITERS = (",", ";", "\t", "|")
# Tried where not every file is UTF-8.
CANDIDATES = (
    "gb18030", "big5", "cp950", "shift_jis", "cp932", "euc_jp", "euc_kr", "cp949", "cp1250", "cp1251", "cp1252",
)  # fmt: skip
_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
# Control characters that only bytes above ASCII become: no text holds them.
_CONTROL = re.compile("[\x80-\x9f]")
_HEADER_BYTES = 1 << 20


@dataclass(frozen=True)
class Dialect:
    """How an export is written; `encoding` is None where it is open, and `encoding_why` says what could be meant."""

    encoding: str | None
    encoding_why: str
    delimiter: str
    delimiter_why: str

    def encoding_to_look(self, data: bytes) -> str:
        """Return in what to look at a file: where the encoding is open, only its ASCII is then right."""
        if self.encoding is not None:
            return self.encoding
        own = _own_encoding(data)
        # latin-1 has a character for every byte, so no file is lost.
        return own if own in ("utf-16", "utf-8") else "latin-1"


# What is said of formats that are no delimited text: nothing.
UNICODE = Dialect("utf-8", "", ",", "")


def find_dialect(files: Sequence[ExportFile]) -> Dialect:
    """Read every file of an export whole, one at a time, and return what can read all of them.

    Raises:
        Refusal: a file cannot be unpacked.
    """
    own = Counter[str]()
    delimiters = Counter[str]()
    for file in files:
        data = file.read()
        own[_own_encoding(data)] += 1
        header_as = "utf-16" if data.startswith(_UTF16_MARKS) else "utf-8-sig"
        delimiters.update([_delimiter_of(data[:_HEADER_BYTES].decode(header_as, "replace"))])
    delimiter, agreeing = max(delimiters.items(), key=lambda one: (one[1], -DELIMITERS.index(one[0])))
    encoding, why = _encoding(own, files)
    return Dialect(encoding, why, delimiter, f"the header of {agreeing:,} of {len(files):,} files")


def _own_encoding(data: bytes) -> str:
    """Return what a file is by itself: utf-16 by its mark, ascii, utf-8, or other."""
    if data.startswith(_UTF16_MARKS):
        return "utf-16" if _decodes(data, "utf-16") else "other"
    if data.isascii():
        return "ascii"
    return "utf-8" if _decodes(data, "utf-8") else "other"


def _encoding(own: Counter[str], files: Sequence[ExportFile]) -> tuple[str | None, str]:
    total = len(files)
    if own["utf-8"] + own["ascii"] == total:
        return "utf-8", f"{total:,} of {total:,} files"
    if own["utf-16"] == total:
        return "utf-16", f"the mark of {total:,} of {total:,} files"
    if own["utf-16"]:
        return None, f"{own['utf-16']:,} of {total:,} files are UTF-16 by their mark, the others not: ask the sites"
    fitting = _that_read_all(files)
    said = f"{own['other']:,} of {total:,} files are not UTF-8"
    if own["utf-8"]:
        said += f", {own['utf-8']:,} are and hold more than ASCII"
    if not fitting:
        return None, f"{said}; none of {', '.join(CANDIDATES)} can read them all: ask the sites"
    # A file that is UTF-8 and more than ASCII is hardly anything else, even where something else can read it.
    if len(fitting) == 1 and not own["utf-8"]:
        return fitting[0], f"{said}; of {', '.join(CANDIDATES)} only {fitting[0]} can read them all"
    return None, f"{said}; {' and '.join(fitting)} can read them all: ask which it is"


def _that_read_all(files: Sequence[ExportFile]) -> list[str]:
    fitting = list(CANDIDATES)
    for file in files:
        data = file.read()
        fitting = fitting if data.isascii() else [name for name in fitting if _decodes(data, name)]
    return fitting


def _decodes(data: bytes, encoding: str) -> bool:
    """Return whether an encoding reads a file strictly; a candidate makes no control character of a high byte."""
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return encoding.startswith("utf") or not _CONTROL.search(text)


def _delimiter_of(text: str) -> str:
    """Return the delimiter that cuts the header into the most names."""
    return max(DELIMITERS, key=lambda mark: (_width(text, mark), -DELIMITERS.index(mark)))


def _width(text: str, mark: str) -> int:
    try:
        return len(next(csv.reader(_lines(text), delimiter=mark), []))
    except csv.Error:
        return 0


def _lines(text: str) -> Iterator[str]:
    yield from text.splitlines(keepends=True)
