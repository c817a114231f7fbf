"""How the command line writes: tables, csv and json, and foreign text made safe for a terminal."""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars as pl


class Format(str, Enum):  # noqa: UP042 - typer reads the values of a str Enum
    """How a table is written."""

    table = "table"
    csv = "csv"
    json = "json"


def safe(text: object) -> str:
    """Return foreign text without anything a terminal would obey: escape, carriage return, direction marks.

    A file name may hold them, and could then rewrite what the user reads.
    """
    return "".join(c if _harmless(c) else f"\\u{ord(c):04x}" for c in str(text))


def _harmless(character: str) -> bool:
    return character == " " or unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def print_frame(frame: pl.DataFrame, form: Format) -> None:
    """Write a table: for people, as RFC 4180 csv with the columns' names, or as a json list of rows."""
    if form is Format.csv:
        text = frame.write_csv(line_terminator="\n")
        # A script gets the bytes; a terminal must not obey them.
        _write("\n".join(safe(line) for line in text.split("\n")) if sys.stdout.isatty() else text)
    elif form is Format.json:
        print_json(frame.to_dicts())
    else:
        print_rows(frame.columns, frame.rows())


def print_json(value: object) -> None:
    """Write a value as json; what is not ASCII is escaped, so any terminal and any locale takes it."""
    _write(json.dumps(value, indent=2, default=str) + "\n")


def print_rows(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Write a table for people: columns in line, in colour on a terminal, plain in a pipe."""
    cells = [["" if value is None else safe(value) for value in row] for row in rows]
    if sys.stdout.isatty():
        _print_on_terminal(header, cells)
        return
    widths = [max(len(name), *(len(row[i]) for row in cells), 0) for i, name in enumerate(header)]
    for row in [list(header), *cells]:
        _write("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() + "\n")


def _print_on_terminal(header: Sequence[str], cells: list[list[str]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in header:
        table.add_column(name, overflow="fold")
    for row in cells:
        table.add_row(*(Text(cell) for cell in row))
    Console().print(table)


def print_line(text: str = "") -> None:
    """Write one line; its foreign parts have gone through `safe`."""
    _write(text + "\n")


@contextmanager
def progress_bar(what: str, total: int) -> Iterator[Callable[[], None]]:
    """Show on a terminal how far something has come; in a pipe nothing is shown. Yields what counts one further."""
    if not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(what, total=total)
        yield lambda: progress.advance(task)


def print_note(message: str) -> None:
    """Write to standard error what a reader may want to know and a script need not; it may quote foreign text."""
    sys.stderr.write(f"note: {safe(message)}\n")


def print_error(message: str) -> None:
    """Write what was wrong to standard error; it may quote foreign text."""
    sys.stderr.write("\n".join(safe(line) for line in f"error: {message}".split("\n")) + "\n")


def counted(counts: Mapping[str, int]) -> str:
    """Return counts as words: `12 pass, 3 fail`; zeros are left out."""
    return ", ".join(f"{count:,} {name}" for name, count in counts.items() if count) or "none"


def _write(text: str) -> None:
    sys.stdout.write(text)
