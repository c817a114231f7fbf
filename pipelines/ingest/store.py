"""Writes the store so that a kill at any moment leaves a thing whole or absent; what is written is never changed."""

from __future__ import annotations

import fcntl
import mmap
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.errors import UserError
from pipelines.ingest.readers import Content

ROWS_FILE = "rows.parquet"
_UNFINISHED = ".unfinished-"


@contextmanager
def holding_site(folder: Path) -> Iterator[None]:
    """Make the caller the only one who writes a site's part of the store; a second one waits.

    The lock goes with the process that held it, so a killed run blocks nobody. What it left unfinished is removed.

    Raises:
        UserError: the store cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / ".lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            _remove_unfinished(folder)
            yield
    except OSError as error:
        place = error.filename or folder
        cure = "check the disk's space and the folder's permissions, then run again"
        raise UserError(f"{place}: cannot be written ({error.strerror}); {cure}") from error


def keep_delivery(folder: Path, suffix: str, original: Content | Path, table: pa.Table) -> None:
    """Keep a delivery's bytes and rows in a write-once folder; one that is there already holds the same.

    `original` is the content, or a file of the store that holds it: then the bytes lie on the disk once, however many
    folders have them.
    """
    if folder.exists():
        return
    with _new_folder(folder) as unfinished:
        _keep_original(unfinished / f"original{suffix}", original)
        with (unfinished / ROWS_FILE).open("wb") as file:
            # Snappy: a third faster to write than zstd, and DuckDB reads it faster. No clock goes into the file, so
            # the same table gives the same bytes; no Arrow schema, so that every reader finds plain text.
            pq.write_table(table, file, compression="snappy", write_statistics=False, store_schema=False)
            file.flush()
            os.fsync(file.fileno())


def keep_refused(folder: Path, original: Content | Path) -> None:
    """Keep a refused file's bytes, for the talk with the site."""
    if folder.exists():
        return
    with _new_folder(folder) as unfinished:
        _keep_original(unfinished / "original", original)


@contextmanager
def original_of(folder: Path) -> Iterator[Content]:
    """Give the bytes of a delivery that the store keeps, mapped, so that no reader has to hold them.

    Raises:
        UserError: the store lacks them.
    """
    path = next(folder.glob("original*"), None)
    if path is None:
        raise UserError(f"{folder}: the delivery's original is not there; restore the store from a backup")
    if not path.stat().st_size:  # nothing can be mapped
        yield b""
        return
    with path.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        yield mapped


@contextmanager
def unfinished_file(site_folder: Path) -> Iterator[Path]:
    """Give the path of a file in a site's part of the store that is gone afterwards, also when the process is killed.

    Use it inside `holding_site`.
    """
    path = site_folder / f"{_UNFINISHED}arrival"
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def replace_file(path: Path, content: bytes) -> None:
    """Replace a file by one atomic step."""
    unfinished = path.parent / f"{_UNFINISHED}{path.name}"
    _write_through(unfinished, content)
    unfinished.replace(path)
    _flush_folder(path.parent)


@contextmanager
def _new_folder(folder: Path) -> Iterator[Path]:
    unfinished = folder.parent / f"{_UNFINISHED}{folder.name}"
    unfinished.mkdir(parents=True)
    yield unfinished
    _flush_folder(unfinished)
    unfinished.rename(folder)
    _flush_folder(folder.parent)


def _remove_unfinished(site_folder: Path) -> None:
    for pattern in (f"{_UNFINISHED}*", f"*/{_UNFINISHED}*"):
        for left in site_folder.glob(pattern):
            if left.is_dir():
                shutil.rmtree(left)
            else:
                left.unlink()


def _keep_original(path: Path, original: Content | Path) -> None:
    if isinstance(original, Path):
        path.hardlink_to(original)
    else:
        _write_through(path, original)


def _write_through(path: Path, content: Content) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _flush_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
