"""Runs libFuzzer on one reader: the shape that the scripts of all formats share."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

CORPUS = Path(__file__).parent / "corpus"


def fuzz(name: str, import_reader: Callable[[], Callable[[bytes], None]]) -> None:
    """Feed bytes to a reader until a limit of the command line is reached or something breaks.

    Args:
        name: the format; its corpus is `corpus/<name>`.
        import_reader: imports what is to be watched, and returns `try_one`.
    """
    import atheris

    with atheris.instrument_imports(include=["pipelines"]):
        try_one = import_reader()
    files = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
    if not files:
        learnt = Path(tempfile.gettempdir()) / "siteproof-fuzz" / name
        learnt.mkdir(parents=True, exist_ok=True)
        # libFuzzer writes what it learns into the first folder.
        sys.argv += [str(learnt), str(CORPUS / name)]
    atheris.Setup(sys.argv, try_one)
    atheris.Fuzz()
