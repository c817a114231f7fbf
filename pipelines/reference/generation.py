"""All files that are generated from others: their text, and the writing of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pipelines.reference.check_pages import CHECK_PAGES_DIR, check_pages
from pipelines.reference.check_sheet import describe_checks
from pipelines.reference.mart_contracts import MART_CONTRACTS_FILE, mart_contracts
from pipelines.settings import EXPECTATIONS_DIR
from pipelines.study_schema import STUDY_SCHEMA_FILE, study_schema_text
from pipelines.validate import load_suites
from pipelines.vocabulary import load_vocabulary


def generated_files() -> Iterator[tuple[Path, str]]:
    """Yield each file with the text that it must hold; what follows from an earlier file is read when it is due.

    Raises:
        ConfigError: a suite cannot be loaded.
    """
    yield STUDY_SCHEMA_FILE, study_schema_text()
    yield MART_CONTRACTS_FILE, mart_contracts(load_vocabulary().values())
    # The suites are checked against the columns of the contracts as they are on disk by now.
    yield from check_pages(describe_checks(load_suites(EXPECTATIONS_DIR))).items()


def write_generated_files() -> Iterator[Path]:
    """Write what is not as it must be, remove the page of a group that is gone, and yield those files.

    A file that is current keeps its time stamp.
    """
    current = set()
    for path, text in generated_files():
        current.add(path)
        if not path.is_file() or path.read_bytes() != text.encode():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())
            yield path
    for path in sorted(set(CHECK_PAGES_DIR.glob("*.md")) - current):
        path.unlink()
        yield path
