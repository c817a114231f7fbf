"""How many rows make the header of a workbook's sheets, by cells that are merged there; no value is looked at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing

from pipelines.ingest.readers.cycle_search import no_search_for_cycles
from pipelines.ingest.readers.workbook_package import Package
from pipelines.ingest.readers.workbook_sheet import SheetReader
from pipelines.onboarding.exports import ExportFile

# More merged rows than this are a letterhead and no header.
_MOST_ROWS = 3


def guess_header_rows(files: Sequence[ExportFile]) -> int:
    """Return how many rows make the header in every sheet of all workbooks that holds something; 1 where they differ.

    A name that is merged over several columns leaves them without names of their own, which stand in the row below it.

    Raises:
        Refusal: a workbook cannot be read.
    """
    depths = {depth for file in files for depth in _depths(file.read())}
    depth = depths.pop() if len(depths) == 1 else 1
    return depth if depth <= _MOST_ROWS else 1


def _depths(data: bytes) -> Iterator[int]:
    with no_search_for_cycles(), closing(Package(data)) as package:
        texts, formats = package.shared_texts(), package.number_formats()
        for sheet in package.sheets:
            reader = SheetReader(package, sheet, texts, formats)
            if sum(1 for _ in reader.rows()):
                yield _depth(reader.oddities.merged)


def _depth(merged: Sequence[tuple[int, int, int, int]]) -> int:
    depth = 1
    for first_row, first_column, last_row, last_column in sorted(merged):
        if first_row <= depth:
            depth = max(depth, last_row + 1 if last_column > first_column else last_row)
    return depth
