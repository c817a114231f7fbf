"""Opens a ZIP as foreign ground: every member is judged by the directory before one byte of it is unpacked.

Nothing is ever written under a member's name. Limits stand here; what exceeds one refuses the archive whole.
"""

from __future__ import annotations

import fnmatch
import io
import mmap
import re
import stat
import tempfile
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, cast

from pipelines.ingest.readers.content_file import ContentFile
from pipelines.ingest.readers.reader import Content
from pipelines.ingest.refusal import Refusal

MAX_MEMBERS = 10_000
# The directory is read at once; ten thousand members with names of ordinary length take one.
MAX_DIRECTORY_BYTES = 2 << 20
MAX_MEMBER_BYTES = 1 << 30
MAX_UNPACKED_BYTES = 4 << 30
# Text shrinks to a tenth, a table full of blanks to a fiftieth. Small members may be emptier than that.
MAX_RATIO = 200
SMALL_MEMBER_BYTES = 16 << 20
MAX_NAME_CHARACTERS = 255
# A larger member is unpacked into a nameless temporary file and mapped.
IN_MEMORY_BYTES = 64 << 20
PIECE_BYTES = 1 << 20

# LZMA is left out: a member says itself how much memory it needs to be unpacked.
_COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2)
_ENCRYPTED = 0x1 | 0x40 | 0x2000
_UTF8_NAME = 0x800
_LOCAL_HEADER_BYTES = 30
_DEVICES = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³]) *(\..*)?", re.IGNORECASE)
_NAME_ENCODINGS = ("cp932", "gb18030", "big5", "cp949")


@dataclass(frozen=True)
class Member:
    """One file in an archive: its name with `/` between folders, other readings of that name, and its entry.

    A name that is not marked as UTF-8 may be in any code page; `readings` are those in which a pattern of study.yml may
    be written as well.
    """

    name: str
    readings: tuple[str, ...]
    info: zipfile.ZipInfo

    def reading_that_fits(self, pattern: str) -> str | None:
        """Return the name as it fits a pattern, or None."""
        wanted = unicodedata.normalize("NFC", pattern)
        names = (self.name, *self.readings)
        return next((name for name in names if fnmatch.fnmatchcase(unicodedata.normalize("NFC", name), wanted)), None)


@dataclass(frozen=True)
class Archive:
    """An open ZIP whose members were all judged; folders and the shadow files of macOS are not among them."""

    members: tuple[Member, ...]
    _file: zipfile.ZipFile

    def read(self, member: Member) -> Content:
        """Return a member's bytes, checked by its checksum; mapped from a temporary file if they are many.

        Raises:
            Refusal: it is damaged.
        """
        large = member.info.file_size > IN_MEMORY_BYTES
        with tempfile.TemporaryFile(prefix="siteproof-") if large else io.BytesIO() as unpacked:
            try:
                with self._file.open(member.info) as packed:
                    while piece := packed.read(PIECE_BYTES):
                        unpacked.write(piece)
            # The messages name the member, and a name may hold a patient's.
            except (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, NotImplementedError) as error:
                raise Refusal("broken_archive", "a member of the ZIP cannot be unpacked; send it again") from error
            if large:
                unpacked.flush()
                return mmap.mmap(unpacked.fileno(), 0, access=mmap.ACCESS_READ)
            return cast(io.BytesIO, unpacked).getvalue()


@contextmanager
def open_archive(data: Content) -> Iterator[Archive]:
    """Open a ZIP and judge all its members.

    Raises:
        Refusal: it is none, is damaged, encrypted or too large, or a member has an unsafe or a repeated name.
    """
    if data[:4] not in (b"PK\x03\x04", b"PK\x05\x06"):
        raise Refusal("not_an_archive", "this is not a ZIP file")
    with ArchiveFile(data) as content:
        try:
            opened = zipfile.ZipFile(cast(IO[bytes], content))
        except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, EOFError) as error:
            raise Refusal("broken_archive", "the directory of the ZIP cannot be read; send it again") from error
        with opened:
            entries = opened.infolist()
            _judge_archive(entries, len(data))
            members = tuple(_member_of(entry) for entry in entries)
            _refuse_repeated_names(members)
            yield Archive(tuple(member for member in members if not _is_folder_or_shadow(member)), opened)


def list_members(data: Content) -> list[str]:
    """Return the names of an archive's members.

    Raises:
        Refusal: see `open_archive`.
    """
    with open_archive(data) as archive:
        return [member.name for member in archive.members]


def read_member(data: Content, pattern: str) -> tuple[str, Content]:
    """Return the name and the bytes of the one member that fits a pattern such as `*/AE.csv`.

    Raises:
        Refusal: see `open_archive`; none fits, or several do.
    """
    with open_archive(data) as archive:
        fitting = [(name, one) for one in archive.members if (name := one.reading_that_fits(pattern)) is not None]
        if len(fitting) != 1:
            code = "ambiguous_member" if fitting else "no_such_member"
            raise Refusal(
                code,
                f"{len(fitting)} of {len(archive.members)} members fit {pattern}; member in study.yml must fit one",
            )
        name, member = fitting[0]
        return name, archive.read(member)


class ArchiveFile(ContentFile):
    """The archive as zipfile reads it: the directory in one piece, which may be no larger than the limit."""

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes.

        Raises:
            Refusal: they are more than a directory may have.
        """
        if size > MAX_DIRECTORY_BYTES:
            raise Refusal("too_many_members", f"the directory of the ZIP is larger than {MAX_DIRECTORY_BYTES} bytes")
        return super().read(size) or b""


def _judge_archive(entries: list[zipfile.ZipInfo], size: int) -> None:
    if len(entries) > MAX_MEMBERS:
        raise Refusal("too_many_members", f"{len(entries)} members; the limit is {MAX_MEMBERS}")
    for place, entry in enumerate(entries, start=1):
        _judge_entry(entry, f"member {place} of the ZIP")
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > MAX_UNPACKED_BYTES:
        raise Refusal("archive_too_large", f"{unpacked} bytes when unpacked; the limit is {MAX_UNPACKED_BYTES}")
    # Members that share bytes unpack to far more than the file holds (Fifield, A better zip bomb, 2019).
    ends = 0
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        if entry.header_offset < ends:
            raise Refusal("overlapping_members", "two members of the ZIP share the same bytes")
        ends = entry.header_offset + _LOCAL_HEADER_BYTES + len(_raw_name(entry)) + entry.compress_size
    if ends > size:
        raise Refusal("broken_archive", "a member of the ZIP reaches beyond its end; send it again")


def _judge_entry(entry: zipfile.ZipInfo, which: str) -> None:
    if entry.flag_bits & _ENCRYPTED:
        raise Refusal("encrypted_archive", f"{which} is encrypted; send it without a password")
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise Refusal("link_in_archive", f"{which} is a link or a device, not a file")
    if entry.compress_type not in _COMPRESSIONS:
        raise Refusal("unsupported_compression", f"{which} is packed by method {entry.compress_type}; use deflate")
    if entry.file_size > MAX_MEMBER_BYTES:
        raise Refusal("member_too_large", f"{which} has {entry.file_size} bytes; the limit is {MAX_MEMBER_BYTES}")
    if entry.file_size > max(SMALL_MEMBER_BYTES, MAX_RATIO * entry.compress_size):
        ratio = entry.file_size // max(entry.compress_size, 1)
        raise Refusal("zip_bomb", f"{which} grows {ratio} times when unpacked; the limit is {MAX_RATIO}")
    _judge_name(entry, which)


def _judge_name(entry: zipfile.ZipInfo, which: str) -> None:
    # orig_filename is what stands in the directory; zipfile cuts it at a NUL.
    name = entry.orig_filename.replace("\\", "/")
    parts = name.removesuffix("/").split("/")
    if any(unicodedata.category(character) == "Cc" for character in name):
        fault = "holds a control character"
    elif name.startswith("/") or re.match(r"[A-Za-z]:", name):
        fault = "is an absolute path"
    elif any(part in ("", ".", "..") for part in parts):
        fault = "has a folder without a name, or leads out of its folder"
    elif any(_DEVICES.fullmatch(part.rstrip(" .")) for part in parts):
        fault = "is that of a device"
    elif max(map(len, parts)) > MAX_NAME_CHARACTERS or len(name) > 4 * MAX_NAME_CHARACTERS:
        fault = f"is longer than {MAX_NAME_CHARACTERS} characters"
    else:
        return
    raise Refusal("unsafe_member_name", f"the name of {which} {fault}")


def _raw_name(entry: zipfile.ZipInfo) -> bytes:
    return entry.orig_filename.encode("utf-8" if entry.flag_bits & _UTF8_NAME else "cp437")


def _member_of(entry: zipfile.ZipInfo) -> Member:
    written = entry.filename.replace("\\", "/")
    if entry.flag_bits & _UTF8_NAME or written.isascii():
        return Member(written, (), entry)
    raw = _raw_name(entry)
    # Bytes of another code page are hardly ever UTF-8 by chance, so that is what is shown where it can be read.
    utf8 = _decoded(raw, "utf-8")
    others = (_decoded(raw, encoding) for encoding in _NAME_ENCODINGS)
    return Member(utf8 or written, tuple(name for name in (written, *others) if name), entry)


def _decoded(raw: bytes, encoding: str) -> str | None:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        return None


def _refuse_repeated_names(members: tuple[Member, ...]) -> None:
    names = {unicodedata.normalize("NFC", member.name).casefold() for member in members}
    if len(names) < len(members):
        raise Refusal("repeated_member", f"{len(members) - len(names)} members of the ZIP have the name of another")


def _is_folder_or_shadow(member: Member) -> bool:
    # macOS adds a file of its own for every real one.
    return member.name.endswith("/") or member.name.startswith("__MACOSX/")
