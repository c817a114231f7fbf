"""How the files of an export are written: encoding and delimiter by strict trial on every file."""

from __future__ import annotations

import codecs
import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

DELIMITERS = (",", ";", "\t", "|")
# Tried where not every file is UTF-8.
_OF_ONE_BYTE = ("cp1252", "cp1250", "cp1251")
_OF_MORE_BYTES = ("shift_jis", "euc_jp", "gb18030", "big5", "euc_kr")
_HIGH_BYTES = re.compile(rb"[\x80-\xff]+")
_HEADER_BYTES = 1 << 20


@dataclass(frozen=True)
class Dialect:
    """How an export is written; `encoding` is None where more than one can read it, and `encoding_why` names them."""

    encoding: str | None
    encoding_why: str
    delimiter: str
    delimiter_why: str

    @property
    def readable_as(self) -> str:
        """An encoding in which the headers, which are ASCII, can be read in any case."""
        return self.encoding or "cp1252"


def find_dialect(files: Sequence[Path]) -> Dialect:
    """Read every file of an export whole, one at a time, and return what can read all of them."""
    able = Counter[str]()
    runs = Counter[bool]()
    delimiters = Counter[str]()
    tried = ("utf-8", *_OF_MORE_BYTES, *_OF_ONE_BYTE)
    wide = 0
    for path in files:
        data = path.read_bytes()
        if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            wide += 1
            text = data[:_HEADER_BYTES].decode("utf-16", "replace")
        else:
            fitting = ["utf-8"] if _decodes(data, "utf-8") else [name for name in tried if _decodes(data, name)]
            able.update(tried if data.isascii() else fitting)
            runs.update(len(run.group()) > 1 for run in _HIGH_BYTES.finditer(data) if "utf-8" not in fitting)
            text = data[:_HEADER_BYTES].decode("utf-8-sig", "replace")
        delimiters.update([_delimiter_of(text)])
    delimiter, agreeing = max(delimiters.items(), key=lambda one: (one[1], -DELIMITERS.index(one[0])))
    total = len(files)
    encoding, why = _encoding(able, runs, total)
    if wide == total:
        encoding, why = "utf-16", f"the mark of {total:,} of {total:,} files"
    return Dialect(encoding, why, delimiter, f"the header of {agreeing:,} of {total:,} files")


def _encoding(able: Counter[str], runs: Counter[bool], total: int) -> tuple[str | None, str]:
    if able["utf-8"] == total:
        return "utf-8", f"{total:,} of {total:,} files"
    # A lone byte above 127 between letters is an accent; scripts of more bytes come in runs.
    kinds = _OF_MORE_BYTES if runs[True] > runs[False] else _OF_ONE_BYTE
    fitting = [name for name in kinds if able[name] == total]
    said = f"{total - able['utf-8']:,} of {total:,} files are not UTF-8"
    if len(fitting) == 1:
        return fitting[0], f"{said}, and of the usual ones only this reads them all"
    return None, f"{said}; {' and '.join(fitting) or 'none of the usual encodings'} can read them: ask which it is"


def _decodes(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


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
