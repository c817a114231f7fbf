"""What is odd about a file that could be read: rows that repeat others, and text that is not what it looks like."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import polars as pl
import pyarrow as pa

from pipelines.foreign_text import has_control_characters, normal_form

# Changes whenever the same file may be found odd in another way, so that stored deliveries are examined again.
EXAMINATION = "examination-3"

# `control`: characters that are obeyed and not shown. `form`: text that is compared in another form than it came in.
Oddity = Literal["control", "form"]

_PLAIN_BYTES = bytes(range(0x20, 0x7F)) + b"\t\r\n"
_BEYOND_PLAIN = r"[^ -~\t\r\n]"
_TESTS: dict[Oddity, Callable[[str], bool]] = {
    "control": has_control_characters,
    "form": lambda text: normal_form(text) != text,
}


@dataclass(frozen=True)
class OddText:
    """Odd values of one column of a file: how many, and the 1-based data row of the first.

    `source_file` is the file of that row, where it is an earlier increment.
    """

    column: str
    oddity: Oddity
    values: int
    first_row: int
    source_file: str = ""


def count_repeated_rows(table: pa.Table) -> int:
    """Return how many rows are, in all columns, the same as a row before them."""
    if table.num_rows < 2:
        return 0
    frame = pl.DataFrame(table)
    # Hashes are quicker; only where two agree is it worth comparing the rows themselves.
    if frame.hash_rows().n_unique() == frame.height:
        return 0
    return frame.height - frame.n_unique()


def find_odd_text(table: pa.Table) -> tuple[OddText, ...]:
    """Return the odd values by column and kind; none in a file of plain ASCII."""
    return tuple(
        found
        for name, column in zip(table.column_names, table.columns, strict=True)
        if not _is_plain(column)
        for found in _odd_values(name, pl.Series(column))
    )


def _is_plain(column: pa.ChunkedArray) -> bool:
    """Return whether a column holds printable ASCII only; quick, as it looks at bytes and not at values."""
    if column.type not in (pa.string(), pa.large_string()):
        return False
    data = (chunk.buffers()[2] for chunk in column.chunks)
    return not any(bytes(buffer).translate(None, _PLAIN_BYTES) for buffer in data if buffer is not None)


def _odd_values(name: str, column: pl.Series) -> Iterator[OddText]:
    candidates = column.filter(column.str.contains(_BEYOND_PLAIN)).unique().to_list()
    for oddity, is_odd in _TESTS.items():
        odd = [value for value in candidates if is_odd(value)]
        if odd:
            places = column.is_in(odd).arg_true()
            yield OddText(name, oddity, len(places), int(places[0]) + 1)
