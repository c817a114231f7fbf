"""Checks an extract against its manifest, as the sponsor can: with the standard library, and pyarrow for Parquet."""

from __future__ import annotations

import csv
import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

MANIFEST = "manifest.json"
_FIELDS: dict[str, type] = {"path": str, "sha256": str, "bytes": int, "rows": int, "columns": list}


def verify_extract(directory: Path) -> list[str]:
    """Return what is wrong with an extract, one sentence each; nothing when every file is as its manifest says."""
    try:
        manifest = json.loads((directory / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return [f"{MANIFEST} is missing"]
    except (OSError, ValueError) as error:
        return [f"{MANIFEST} cannot be read: {error}"]
    entries = manifest.get("files") if isinstance(manifest, dict) else None
    if not isinstance(entries, list) or not all(_is_entry(entry) for entry in entries):
        return [f"{MANIFEST} does not list its files with path, sha256, bytes, rows and columns"]
    return [*_stray_files(directory, entries), *(p for entry in entries for p in _check_file(directory, entry))]


def _is_entry(entry: Any) -> bool:
    return isinstance(entry, dict) and all(isinstance(entry.get(name), kind) for name, kind in _FIELDS.items())


def _stray_files(directory: Path, entries: list[dict[str, Any]]) -> Iterator[str]:
    listed = [entry["path"] for entry in entries]
    for name in sorted({name for name in listed if listed.count(name) > 1}):
        yield f"{name} is listed more than once"
    present = {path.relative_to(directory).as_posix() for path in directory.rglob("*") if not path.is_dir()}
    for name in sorted(present - set(listed) - {MANIFEST}):
        yield f"{name} is not in the manifest"


def _check_file(directory: Path, entry: dict[str, Any]) -> Iterator[str]:
    name = entry["path"]
    if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
        yield f"{name} points outside the extract"
        return
    path = directory / name
    if path.is_symlink() or not path.is_file():
        yield f"{name} is missing"
        return
    with path.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    size = path.stat().st_size
    if size != entry["bytes"]:
        yield f"{name} has {size} bytes, not {entry['bytes']}"
    if digest != entry["sha256"]:
        yield f"{name} was changed: its sha256 is {digest}"
    try:
        columns, rows = _count_csv(path) if path.suffix == ".csv" else _count_parquet(path)
    except (OSError, ValueError, csv.Error) as error:  # pyarrow's own errors are of these kinds
        yield f"{name} cannot be read: {error}"
        return
    if columns != entry["columns"]:
        yield f"{name} has other columns than the manifest says"
    if rows != entry["rows"]:
        yield f"{name} has {rows} rows, not {entry['rows']}"


def _count_csv(path: Path) -> tuple[list[str], int]:
    longest_field = csv.field_size_limit(sys.maxsize)
    try:
        with path.open(encoding="utf-8", newline="") as lines:
            reader = csv.reader(lines, strict=True)
            return next(reader, []), sum(1 for _ in reader)
    finally:
        csv.field_size_limit(longest_field)


def _count_parquet(path: Path) -> tuple[list[str], int]:
    import pyarrow.parquet as pa_parquet

    metadata = pa_parquet.read_metadata(path)
    return list(metadata.schema.names), metadata.num_rows
