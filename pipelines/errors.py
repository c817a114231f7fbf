"""What Siteproof says to a user whose input is wrong: what, where (file and line) and what to do."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path


class UserError(Exception):
    """A mistake in what the user gave us; shown as one plain message, never as a traceback."""


class ConfigError(UserError):
    """A configuration file that cannot be used.

    Args:
        message: what is wrong and what to do.
        path: the file.
        line: 1-based line of the mistake, if it is known.
    """

    def __init__(self, message: str, path: Path, line: int | None = None) -> None:
        self.path = path
        self.line = line
        self.message = message
        where = f"{path}:{line}" if line else str(path)
        super().__init__(f"{where}: {message}")


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return ' Did you mean "x"?' for the nearest known name, or an empty string."""
    folded = {candidate.casefold(): candidate for candidate in known}
    near = difflib.get_close_matches(name.casefold(), list(folded), n=1, cutoff=0.5)
    return f' Did you mean "{folded[near[0]]}"?' if near else ""
