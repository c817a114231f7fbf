"""The encoding of an XML file: what its first line names, read as every other text is, and where it is broken."""

from __future__ import annotations

import codecs
import re

from pipelines.ingest.readers.encoded_text import broken_byte, is_wide, transcoded
from pipelines.ingest.readers.reader import Content
from pipelines.ingest.refusal import Refusal

# Only a file whose first line is readable as ASCII has one that says more than the bytes before it do.
_DECLARATION = re.compile(rb"""^<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z][\w.-]*)["']""")
_MARKS_OF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
# Names of Windows' encodings that Python does not know.
_NAMES = {
    "windows-31j": "cp932", "cswindows31j": "cp932", "windows-932": "cp932", "x-sjis": "shift_jis",
    "windows-936": "gbk", "windows-949": "cp949", "windows-950": "cp950",
}  # fmt: skip
# Python has them, but they are no encodings of files; whatever libxml2 makes of these names is right.
_NO_FILES = frozenset({"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "utf-7"})


def as_declared(data: Content) -> tuple[Content, str | None]:
    r"""Return an XML file as UTF-8, and that name for the parser, where its first line names another encoding.

    A file in UTF-8 or UTF-16 is returned as it is, with None: libxml2 reads these itself. Others it leaves to a
    library whose names and tables are not those of Python: it knows no `windows-31j`, and reads `\` and `~` of
    Shift_JIS as the signs for yen and overline.

    Raises:
        Refusal: the encoding is not known or not the file's, or a byte, counted from 0, is none of it (`undecodable`).
    """
    declared = _DECLARATION.match(data[:512])
    if declared is None:
        return data, None
    encoding = declared[1].decode("ascii")
    try:
        codec = codecs.lookup(_NAMES.get(encoding.lower(), encoding))
    except LookupError:
        return data, None
    if codec.name in ("utf-8", *_NO_FILES) or not getattr(codec, "_is_text_encoding", False):
        return data, None
    if is_wide(codec.name):
        text = f"line 1 names {encoding}, but the file is not written in it; it must name the encoding that it has"
        raise Refusal("undecodable", text, 1)
    return transcoded(data, codec.name, encoding), "UTF-8"


def place_of_broken_byte(data: Content) -> str:
    """Return in words which byte of a file in UTF-8 or UTF-16 is not of it, blank where all are."""
    return broken_byte(data, "UTF-16" if data[:2] in _MARKS_OF_16 else "UTF-8")
