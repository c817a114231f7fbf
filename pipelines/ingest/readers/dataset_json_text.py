"""Reads the text of a Dataset-JSON file piece by piece: decompresses, decodes, and gives one JSON value after another.

The values themselves are read by Python's json module, which can be told to leave a number as it is written; streaming
parsers turn 1E5 and -0 into other texts. Only the punctuation between an object's members and an array's items is ours.
"""

from __future__ import annotations

import codecs
import json
import re
import zlib
from collections.abc import Iterator
from typing import Any, NoReturn

from pipelines.ingest.readers.content_file import PIECE_BYTES
from pipelines.ingest.readers.reader import Content
from pipelines.ingest.refusal import Refusal

# The most characters that one row, or one attribute before the rows, may have; as objects they are twenty times more.
MAX_VALUE_CHARACTERS = 16 << 20
# Clinical tables shrink to a tenth or a fiftieth; beyond a size, more than this is made to fill a disk.
MAX_RATIO = 200
RATIO_FREE_BYTES = 64 << 20
_BLANKS = re.compile(r"[ \t\r\n]*")
_WORDS = ("true", "false", "null", "NaN", "Infinity", "-Infinity")
# What may stand behind the digits of a number that goes on in the next piece: none of it is a number's end.
_NUMBER_CUT_OFF = re.compile(r"\.|[eE][-+]?")
# As long as two \\u escapes, which together stand for one character.
_ESCAPE_CHARACTERS = 12


# What a JSON number becomes: its text as it is written, told apart from texts by being bytes.
Literal = bytes


class _NoJsonError(ValueError):
    """What Python's json module takes, and JSON forbids."""


def _no_constant(name: str) -> NoReturn:
    raise _NoJsonError(f"{name} is no JSON number")


def _object_of(members: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(members)
    if len(found) < len(members):
        raise _NoJsonError("an object has the same name twice")
    return found


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object_of, parse_float=str.encode, parse_int=str.encode, parse_constant=_no_constant
)


def decoded_pieces(content: Content, encoding: str) -> Iterator[str]:
    """Yield the file's text, decompressed where its first bytes say that it is compressed (zlib or gzip).

    Raises:
        Refusal: it is cut off, not compressed as it says, a bomb, or not in its encoding.
    """
    decoder = codecs.getincrementaldecoder(encoding)()
    done, piece = 0, b""
    try:
        for piece in _plain_pieces(content):
            text = decoder.decode(piece)
            yield text.removeprefix("\ufeff") if not done else text
            done += len(piece)
        piece = b""
        yield decoder.decode(piece, final=True)
    except UnicodeDecodeError as error:
        # The decoder had kept what an unfinished character of the piece before left over.
        offset = done - (len(error.object) - len(piece)) + error.start
        raise Refusal("undecodable", f"byte {offset} of the text (counted from 0) is not {encoding}") from error


def is_compressed(content: Content) -> bool:
    """Return whether a file's first bytes are those of zlib or gzip; no JSON begins so."""
    start = bytes(content[:2])
    return start == b"\x1f\x8b" or (len(start) == 2 and start[0] == 0x78 and not int.from_bytes(start, "big") % 31)


def _plain_pieces(content: Content) -> Iterator[bytes]:
    if not is_compressed(content):
        for place in range(0, len(content), PIECE_BYTES):
            yield content[place : place + PIECE_BYTES]
        return
    unpacker = zlib.decompressobj(wbits=47)  # either header
    given = 0
    try:
        for place in range(0, len(content), PIECE_BYTES):
            packed = content[place : place + PIECE_BYTES]
            while packed and not unpacker.eof:
                piece = unpacker.decompress(packed, PIECE_BYTES)
                given += len(piece)
                if given > max(RATIO_FREE_BYTES, MAX_RATIO * len(content)):
                    raise Refusal("zip_bomb", f"more than {MAX_RATIO} times its {len(content)} bytes when decompressed")
                yield piece
                packed = unpacker.unconsumed_tail
    except zlib.error as error:
        raise Refusal("malformed_compression", "the compressed data are damaged; send the file again") from error
    if not unpacker.eof:
        raise Refusal("truncated_file", "the compressed data end before their end mark; send the file again")
    if unpacker.unused_data:
        raise Refusal("malformed_compression", "something stands behind the compressed data; send the file again")


def _is_unfinished(error: json.JSONDecodeError) -> bool:
    """Return whether more text might mend an error: a text, word, number or escape is cut off, or nothing is left."""
    rest = error.doc[error.pos : error.pos + _ESCAPE_CHARACTERS + 1]
    if error.msg.startswith("Invalid \\"):
        return len(rest) <= _ESCAPE_CHARACTERS
    if _NUMBER_CUT_OFF.fullmatch(rest):
        return True
    return not rest or error.msg.startswith("Unterminated string") or any(word.startswith(rest) for word in _WORDS)


class JsonText:
    """A place in a JSON text that is read front to back, held a piece at a time."""

    def __init__(self, pieces: Iterator[str]) -> None:
        self._pieces = pieces
        self._text = ""
        self._at = 0
        self._before = 0  # characters that have been let go
        self._no_items_before = 0
        self._is_whole = False
        self.is_new_line = True
        """Whether the end of a line lies between the value read last and this place."""

    @property
    def place(self) -> str:
        """Where reading stands, for a message."""
        return f"character {self._before + self._at} (counted from 0)"

    def peek(self) -> str:
        """Return the next character that is no blank, without going past it; nothing at the end."""
        while True:
            end = _BLANKS.match(self._text, self._at).end()  # type: ignore[union-attr]
            self.is_new_line = self.is_new_line or "\n" in self._text[self._at : end]
            self._at = end
            if end < len(self._text) or not self._more():
                return self._text[end : end + 1]

    def skip(self, expected: str) -> None:
        """Go past one character.

        Raises:
            Refusal: another one stands there.
        """
        found = self.peek()
        if found != expected:
            self.refuse(f'"{expected}" must stand here')
        self._at += 1
        self.is_new_line = False

    def value(self) -> Any:
        """Return the next JSON value; numbers as `Literal`, null as None.

        Raises:
            Refusal: no value stands here, or one that is too large or has the same name twice.
        """
        self.peek()
        while True:
            try:
                found, end = _DECODER.raw_decode(self._text, self._at)
                # A number may go on in the next piece.
                is_cut_off = end == len(self._text) or _NUMBER_CUT_OFF.fullmatch(self._text, end) is not None
                if not is_cut_off or not self._more():
                    self._at = end
                    self.is_new_line = False
                    return found
            except RecursionError:
                self.refuse("values are nested too deeply")
            except _NoJsonError as error:
                self.refuse(f"in the value that begins here, {error}")
            except json.JSONDecodeError as error:
                is_unfinished = _is_unfinished(error)
                if not is_unfinished or not self._more():
                    self._at = len(self._text) if is_unfinished else error.pos
                    self.refuse("this is no JSON")

    def items(self) -> Iterator[list[Any]]:
        """Yield an array's items, many at a time, and go past its end.

        Raises:
            Refusal: as `value` does, or the array is none.
        """
        self.skip("[")
        if self.peek() == "]":
            self.skip("]")
            return
        while True:
            yield self._many_items() or [self.value()]
            if self.peek() != ",":
                self.skip("]")
                return
            self.skip(",")
            self.peek()

    def lines(self) -> Iterator[list[Any]]:
        """Yield the values of lines, many at a time, up to the end of the text.

        Raises:
            Refusal: as `value` does, or a value does not begin on a line of its own.
        """
        while self.peek():
            if not self.is_new_line:
                self.refuse("a row must begin on a line of its own")
            yield self._many_lines() or [self.value()]

    def _many_items(self) -> list[Any]:
        """Return the items that are held, up to an end of one that is likely none within a text; perhaps none.

        What is valid up to there as a list of items is just that in the whole array too: JSON is read front to back.
        """
        end = self._text.rfind("],", self._at) + 1
        if end <= self._no_items_before:
            return []
        listed = f"[{self._text[self._at : end]}]"
        try:
            found, stop = _DECODER.raw_decode(listed)
        except (ValueError, RecursionError):
            stop = -1
        if stop != len(listed):
            self._no_items_before = end
            return []
        self._at = end
        items: list[Any] = found
        return items

    def _many_lines(self) -> list[Any]:
        """Return the values of the whole lines that are held, up to one that must be looked at by itself."""
        found: list[Any] = []
        end = self._text.rfind("\n", self._at)
        for line in self._text[self._at : end].split("\n") if end >= 0 else ():
            try:
                found.append(_DECODER.decode(line))
            except (ValueError, RecursionError):
                break
            self._at += len(line) + 1
        return found

    def refuse(self, what: str) -> NoReturn:
        """Refuse the file for what stands here."""
        if self._at >= len(self._text) and self._is_whole:
            raise Refusal("truncated_file", f"the text ends at {self.place}, in the middle of a value; send it again")
        raise Refusal("malformed_json", f"{self.place}: {what}")

    def _more(self) -> bool:
        """Take in more text, at least as much as is held and not read yet; return whether there was any."""
        if self._is_whole:
            return False
        held = len(self._text) - self._at
        if held > MAX_VALUE_CHARACTERS:
            raise Refusal("field_too_large", f"the value at {self.place} exceeds {MAX_VALUE_CHARACTERS} characters")
        self._before += self._at
        self._no_items_before = max(0, self._no_items_before - self._at)
        pieces = [self._text[self._at :]]
        self._at, taken = 0, 0
        while taken <= held:
            piece = next(self._pieces, None)
            if piece is None:
                self._is_whole = True
                break
            pieces.append(piece)
            taken += len(piece)
        self._text = "".join(pieces)
        return taken > 0 or not self._is_whole
