"""The rows of a source as a sponsor's system writes them: dates and flags in its own way, everything text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipelines.simulate.exports import SOURCES
from pipelines.simulate.site_records import Row
from pipelines.simulate.style import Style


@dataclass(frozen=True)
class WrittenTable:
    """One source's table in a file: each row has every column, blank where nothing is known."""

    source: str
    columns: tuple[str, ...]
    rows: list[Row]

    @property
    def subject(self) -> str | None:
        """The column that names the subject, None where rows belong to none."""
        return SOURCES[self.source].subject

    @property
    def site(self) -> str:
        """The column that names the site."""
        return SOURCES[self.source].site


def write_table(source: str, columns: Sequence[str], rows: Iterable[Row], style: Style) -> WrittenTable:
    """Return a source's rows as the sponsor's system writes them, in the order given."""
    layout = SOURCES[source]
    dates, flags = set(layout.dates), set(layout.flags)

    def written(column: str, value: str) -> str:
        if column in dates:
            return style.write_date(layout.system, value)
        return style.write_flag(value) if column in flags else value

    texts = [{column: written(column, row.get(column, "")) for column in columns} for row in rows]
    return WrittenTable(source, tuple(columns), texts)
