"""A file's bytes on their way in: hashed, and read once; a large one from a copy that nobody changes meanwhile."""

from __future__ import annotations

import hashlib
import mmap
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from pipelines.ingest.landing import LandingFile
from pipelines.ingest.readers import Content
from pipelines.ingest.refusal import Refusal
from pipelines.ingest.store import unfinished_file

MAX_FILE_BYTES = 4 << 30
# A larger file is copied into the store first and mapped from there, so that no reader has to hold it.
IN_MEMORY_BYTES = 64 << 20
_PIECE_BYTES = 1 << 20


@dataclass(frozen=True)
class Arrived:
    """A file's content and its hash; `original` is what the store is to keep: the content, or its copy on the disk."""

    content: Content
    original: Content | Path
    sha256: str


@contextmanager
def arrived(file: LandingFile, site_folder: Path) -> Iterator[Arrived]:
    """Give a file's bytes; `site_folder` is the site's part of the store, which the caller holds.

    Raises:
        Refusal: it is not safe to read, too large, cannot be read, or changed meanwhile.
    """
    if file.refusal:
        raise file.refusal
    if file.size > MAX_FILE_BYTES:
        raise Refusal("file_too_large", f"{file.size} bytes; the limit is {MAX_FILE_BYTES}")
    if file.size <= IN_MEMORY_BYTES:
        with _opened(file) as opened:
            data = _read(opened)
        yield Arrived(data, data, hashlib.sha256(data).hexdigest())
        return
    with unfinished_file(site_folder) as copy:
        sha256 = _copy(file, copy)
        with copy.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            yield Arrived(mapped, copy, sha256)


@contextmanager
def _opened(file: LandingFile) -> Iterator[BinaryIO]:
    """Open a file and, when it was read, make sure that it is still the one that was listed."""
    try:
        opened = file.path.open("rb")
    except OSError as error:
        raise _unreadable(error) from error
    with opened:
        yield opened
        after = os.fstat(opened.fileno())
        if (opened.tell(), after.st_mtime_ns) != (file.size, file.mtime_ns):
            raise Refusal("unreadable", "the file changed while it was read; it will be tried again")


def _read(opened: BinaryIO, size: int = -1) -> bytes:
    try:
        return opened.read(size)
    except OSError as error:
        raise _unreadable(error) from error


def _unreadable(error: OSError) -> Refusal:
    return Refusal("unreadable", f"{error.strerror}; it will be tried again")


def _copy(file: LandingFile, copy: Path) -> str:
    """Copy a file and return the hash of what was copied."""
    sha256 = hashlib.sha256()
    with _opened(file) as opened, copy.open("wb") as written:
        while piece := _read(opened, _PIECE_BYTES):
            sha256.update(piece)
            written.write(piece)
        written.flush()
        os.fsync(written.fileno())
    return sha256.hexdigest()
