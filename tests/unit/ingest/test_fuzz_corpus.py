"""Every file of every fuzzing corpus is read or refused; those that once broke a reader are among them."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

FUZZ = Path(__file__).parents[2] / "fuzz"
FUZZED = ["csv", "odm", "xpt"]


@pytest.mark.parametrize("name", FUZZED)
def test_every_file_of_the_corpus_is_read_or_refused(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(FUZZ)
    try_one = importlib.import_module(f"fuzz_{name}").import_reader()
    files = sorted((FUZZ / "corpus" / name).iterdir())
    assert files, "a corpus has at least one file"
    for file in files:
        try:
            try_one(file.read_bytes())
        except Exception as error:
            raise AssertionError(f"{file.name} breaks the reader of {name}") from error


def test_every_script_is_tried() -> None:
    scripts = {path.stem.removeprefix("fuzz_") for path in FUZZ.glob("fuzz_*.py")}
    assert scripts == set(FUZZED) == {path.name for path in (FUZZ / "corpus").iterdir()}
    assert "atheris" not in sys.modules
