"""What a layout of made-up exports answers: a source's file, the order of its rows, how it is written and declared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Protocol

from pipelines.simulate.exports import Mapped
from pipelines.simulate.site_records import Row, SiteRecords
from pipelines.simulate.style import Style, System
from pipelines.simulate.written_table import WrittenTable


class ExportLayout(Protocol):
    """One way in which a site's systems export; `suffix` is that of the file's name.

    `systems` are those that export so: the others send CSV, whatever the layout.
    """

    suffix: str
    systems: frozenset[System]

    def file_of(self, source: str) -> str:
        """Return the name, without suffix, of the file that holds a source's table."""
        ...

    def ordered(self, source: str, rows: Sequence[Row]) -> list[Row]:
        """Return a source's rows in the order in which they stand in the file."""
        ...

    def row_numbers(self, rows: Mapping[str, Sequence[Row]]) -> Mapping[str, list[int]]:
        """Return source -> the number of each of its rows, of all sources of one file, their rows as `ordered`."""
        ...

    def write(self, site: SiteRecords, file: str, tables: Sequence[WrittenTable], day: date) -> bytes:
        """Return a file's bytes: `tables` are its sources' as `ordered`, `day` that on which it was extracted."""
        ...

    def declare(self, source: str, style: Style) -> Mapped:
        """Return what study.yml says of a source beyond what every layout says alike."""
        ...

    def own_columns(self, source: str) -> Sequence[str]:
        """Return the columns that a source has by the format itself, beside those of its table."""
        ...

    def beside_study(self) -> Mapping[str, bytes]:
        """Return name -> bytes of the files that lie beside study.yml."""
        ...


class NumberedTables:
    """What layouts have in common in which each table counts its own rows."""

    def row_numbers(self, rows: Mapping[str, Sequence[Row]]) -> Mapping[str, list[int]]:
        """Return the rows' numbers in their table."""
        return {source: list(range(1, len(own) + 1)) for source, own in rows.items()}


class OneFileEach(NumberedTables):
    """What layouts have in common in which each source has a file of its own, with its rows as the EDC holds them."""

    def file_of(self, source: str) -> str:
        """Return the source's own name."""
        return source

    def ordered(self, _source: str, rows: Sequence[Row]) -> list[Row]:
        """Return the rows in the order given."""
        return list(rows)

    def own_columns(self, _source: str) -> Sequence[str]:
        """Return none: the columns are those of the table."""
        return ()

    def beside_study(self) -> Mapping[str, bytes]:
        """Return none: study.yml says all."""
        return {}
