"""Turns a file's bytes into UTF-8 under the declared encoding, exactly, or says at which byte they are something else.

A large file is turned piece by piece, and what comes of it lies in a temporary file, so that memory stays bounded.
"""

from __future__ import annotations

import codecs
import io
import mmap
import tempfile
from array import array
from collections.abc import Iterator

from pipelines.ingest.readers.reader import Content
from pipelines.ingest.refusal import Refusal

# A larger file is turned into UTF-8 piece by piece.
IN_MEMORY_BYTES = 64 << 20
PIECE_BYTES = 4 << 20
REPLACEMENT = "\ufffd".encode()

_MARKS = (
    # UTF-32 before UTF-16, which its mark begins with.
    (codecs.BOM_UTF32_LE, "UTF-32 (little-endian)", ("utf-32", "utf-32-le")),
    (codecs.BOM_UTF32_BE, "UTF-32 (big-endian)", ("utf-32", "utf-32-be")),
    (codecs.BOM_UTF8, "UTF-8", ("utf-8", "utf-8-sig")),
    (codecs.BOM_UTF16_LE, "UTF-16 (little-endian)", ("utf-16", "utf-16-le")),
    (codecs.BOM_UTF16_BE, "UTF-16 (big-endian)", ("utf-16", "utf-16-be")),
    (b"\x84\x31\x95\x33", "GB18030", ("gb18030",)),
)
_OTHER_ORDER = {"utf-16-le": "utf-16-be", "utf-16-be": "utf-16-le"}
# A line end whose two bytes are swapped is U+0A00, which is no character.
_SWAPPED_LINE_END = "\u0a00".encode()
_ASCII = bytes(range(0x80))
_BYTES_BY_CHANCE = 30
_WIDE = ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be")
# Windows writes more characters than the standard has, under the standard's name.
_WINDOWS_NAMES = {
    "shift_jis": "cp932", "euc_kr": "cp949", "gb2312": "gb18030", "gbk": "gb18030", "big5": "cp950",
    "iso8859-1": "cp1252", "ascii": "cp1252",
}  # fmt: skip
_SIGNATURES = {
    b"PK\x03\x04": "a ZIP or Excel file; name the file inside by member in study.yml",
    b"PK\x05\x06": "an empty ZIP file",
    b"%PDF": "a PDF document",
    b"\xd0\xcf\x11\xe0": "an old Excel or Word file",
    b"\x1f\x8b": "a gzip file",
    b"BZh": "a bzip2 file",
    b"\xfd7zXZ\x00": "an xz file",
    b"\x28\xb5\x2f\xfd": "a Zstandard file",
    b"7z\xbc\xaf": "a 7z file",
    b"Rar!\x1a\x07": "a RAR file",
    b"\x7fELF": "a program",
    b"PAR1": "a Parquet file",
    b"ARROW1": "an Arrow file",
    b"SQLite format 3\x00": "an SQLite database",
    b"\x89PNG": "an image",
    b"GIF8": "an image",
    b"\xff\xd8\xff": "an image",
    b"{\\rtf": "an RTF document",
    b"\x00" * 12 + b"\xc2\xea\x81\x60": "a SAS data set (sas7bdat)",
    b"HEADER RECORD*******LIB": "a SAS transport file (xpt)",
    b"$FL2": "an SPSS file",
}
_MARKUP = ((b"<?xml", "an XML document"), (b"<!doctype html", "a web page"), (b"<html", "a web page"))


def is_wide(encoding: str) -> bool:
    """Return whether a line end of this encoding is more than one byte."""
    return codecs.lookup(encoding).name in _WIDE


def as_utf8(data: Content, encoding: str) -> Content:
    """Return a file's text as UTF-8 without a byte order mark.

    Args:
        data: the file.
        encoding: the declared encoding; a byte order mark may stand before it, and must where UTF-16 or UTF-32 is
            declared without an order of bytes.

    Raises:
        Refusal: the file is of another type (`not_text`), its byte order mark is another encoding's
            (`encoding_mismatch`), or a byte, counted from 0, is not of this encoding (`undecodable`).
    """
    codec = codecs.lookup(encoding).name
    skipped = _length_of_mark(data, codec, encoding)
    _refuse_other_types(data[skipped : skipped + 512], codec)
    if codec == "utf-8-sig":
        codec = "utf-8"
    if codec in ("utf-8", "ascii") and _is_utf8(data, codec):
        return data if not skipped else _without_mark(data, skipped)
    if len(data) <= IN_MEMORY_BYTES:
        text: Content = _encode(_decode(bytes(data), codec, encoding), encoding).removeprefix(codecs.BOM_UTF8)
    else:
        # These two need their mark to know the order of bytes, and drop it.
        text = transcoded(data, codec, encoding, 0 if codec in ("utf-16", "utf-32") else skipped)
    other = _OTHER_ORDER.get(codec)
    if other is not None and text.find(_SWAPPED_LINE_END) >= 0:
        raise Refusal("encoding_mismatch", f"its bytes are in the other order; write encoding: {other} in study.yml")
    return text


def seems_utf8(data: Content, encoding: str) -> bool:
    """Return whether a file that was read under another encoding is UTF-8 with other letters than ASCII's.

    Text of an encoding with one byte a character is never so by chance; of another, a few characters may be.
    """
    codec = codecs.lookup(encoding).name
    if codec in (*_WIDE, "utf-8", "utf-8-sig", "ascii") or _is_utf8(data, "ascii") or not _is_utf8(data, "utf-8"):
        return False
    pieces = range(0, len(data), PIECE_BYTES)
    high = sum(len(data[begin : begin + PIECE_BYTES].translate(None, _ASCII)) for begin in pieces)
    return high > (_BYTES_BY_CHANCE if _is_multibyte(codec) else 0)


def _is_multibyte(codec: str) -> bool:
    try:
        return len(bytes(range(0xA1, 0xFF)).decode(codec, "ignore")) < 0x5E
    except UnicodeError:
        return True


def transcoded(data: Content, codec: str, encoding: str, begin: int = 0) -> Content:
    """Return what stands from a byte on as UTF-8, in a temporary file that goes with the mapping of it.

    Raises:
        Refusal: a byte, counted from 0, is not of this encoding (`undecodable`).
    """
    return _written(_encode(piece, encoding) for piece in _decoded_pieces(data, begin, codec, encoding))


def broken_byte(data: Content, encoding: str) -> str:
    """Return in words which byte is the first that is not of this encoding, blank where all are."""
    try:
        for _ in _decoded_pieces(data, 0, codecs.lookup(encoding).name, encoding):
            pass
    except Refusal as refusal:
        return refusal.text
    return ""


def _is_utf8(data: Content, codec: str) -> bool:
    if codec == "ascii":
        return all(data[begin : begin + PIECE_BYTES].isascii() for begin in range(0, len(data), PIECE_BYTES))
    import pyarrow as pa

    ends = pa.py_buffer(array("q", (0, len(data))))
    whole = pa.Array.from_buffers(pa.large_binary(), 1, [None, ends, pa.py_buffer(data)])
    try:
        whole.cast(pa.large_string())
    except pa.ArrowInvalid:
        return False
    return True


def _without_mark(data: Content, skipped: int) -> Content:
    if len(data) <= IN_MEMORY_BYTES:
        return data[skipped:]
    return _written(data[begin : begin + PIECE_BYTES] for begin in range(skipped, len(data), PIECE_BYTES))


def _length_of_mark(data: Content, codec: str, encoding: str) -> int:
    begin = data[:4]
    for mark, name, codecs_of_mark in _MARKS:
        if begin.startswith(mark):
            if codec not in codecs_of_mark:
                raise Refusal(
                    "encoding_mismatch",
                    f"the file begins with the byte order mark of {name}, but study.yml says {encoding}; "
                    f"write encoding: {codecs_of_mark[0]} there",
                )
            return len(mark)
    if codec in ("utf-16", "utf-32") and data:
        raise Refusal(
            "no_byte_order_mark", f"the file does not say its order of bytes; declare {encoding}-le or {encoding}-be"
        )
    return 0


def _refuse_other_types(begin: bytes, codec: str) -> None:
    kind = next((kind for signature, kind in _SIGNATURES.items() if begin.startswith(signature)), None)
    # A header may well begin with MZ; a program holds a NUL right behind it.
    if kind is None and begin.startswith(b"MZ") and b"\0" in begin[:64]:
        kind = "a program"
    if kind is None and begin[257:262] == b"ustar":
        kind = "a tar archive"
    if kind is None:
        text = begin.replace(b"\0", b"") if codec in _WIDE else begin
        kind = next((name for mark, name in _MARKUP if text.lstrip().lower().startswith(mark)), None)
    if kind:
        raise Refusal("not_text", f"this is {kind}, not delimited text" if ";" not in kind else f"this is {kind}")
    # Latin letters in UTF-16 are valid in nearly every other encoding, with a NUL beside each.
    pairs = len(begin[:64]) // 2
    if codec not in _WIDE and pairs >= 2:
        for order, nuls in (("le", begin[1 : 2 * pairs : 2]), ("be", begin[0 : 2 * pairs : 2])):
            if not nuls.strip(b"\0"):
                raise Refusal(
                    "encoding_mismatch", f"every other byte is NUL: this is UTF-16; write encoding: utf-16-{order}"
                )


def _decode(data: bytes, codec: str, encoding: str) -> str:
    try:
        return data.decode(codec)
    except UnicodeDecodeError as error:
        raise _undecodable(error.start, encoding) from error
    except (UnicodeError, LookupError) as error:
        raise Refusal("undecodable", f"the file cannot be read as {encoding}") from error


def _encode(text: str, encoding: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:  # e.g. half a pair of surrogates, which UTF-7 lets through
        raise Refusal("undecodable", f"the file cannot be read as {encoding}") from error


def _undecodable(offset: int, encoding: str) -> Refusal:
    wider = _WINDOWS_NAMES.get(codecs.lookup(encoding).name)
    hint = f"; where Windows wrote the file, its encoding is {wider}" if wider else ""
    return Refusal("undecodable", f"byte {offset} (counted from 0) is not {encoding}{hint}")


def _decoded_pieces(data: Content, skipped: int, codec: str, encoding: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(codec)()
    for begin in range(skipped, len(data), PIECE_BYTES):
        # What stands before this piece and was not enough for a character counts for the error's place.
        pending = len(decoder.getstate()[0])
        try:
            yield decoder.decode(data[begin : begin + PIECE_BYTES], final=begin + PIECE_BYTES >= len(data))
        except UnicodeDecodeError as error:
            raise _undecodable(begin - pending + error.start, encoding) from error
        except UnicodeError as error:
            raise Refusal("undecodable", f"the file cannot be read as {encoding}") from error


def _written(pieces: Iterator[bytes]) -> Content:
    with tempfile.TemporaryFile(prefix="siteproof-") as file:
        for piece in pieces:
            file.write(piece)
        file.flush()
        if not file.seek(0, io.SEEK_END):
            return b""
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
