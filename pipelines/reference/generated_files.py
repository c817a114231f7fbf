"""All files that are generated from others, as text, and the writing of them."""

from __future__ import annotations

from pathlib import Path

from pipelines.reference.mart_contracts import MART_CONTRACTS_FILE, mart_contracts
from pipelines.vocabulary import load_vocabulary


def generated_files() -> dict[Path, str]:
    """Return file -> the text that it must hold."""
    return {MART_CONTRACTS_FILE: mart_contracts(load_vocabulary().values())}


def write_generated_files() -> list[Path]:
    """Write what is not as it must be, and return those files; an unchanged one keeps its time stamp."""
    stale = [(path, text) for path, text in generated_files().items() if not _holds(path, text)]
    for path, text in stale:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    return [path for path, _ in stale]


def _holds(path: Path, text: str) -> bool:
    return path.is_file() and path.read_bytes() == text.encode()
