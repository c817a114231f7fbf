"""The answer key of a made-up portfolio: which finding must be raised, and in which row of which file it lies."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from pathlib import Path

from pipelines.settings import Home
from pipelines.simulate.faults import Fault
from pipelines.simulate.layouts import ExportLayout
from pipelines.simulate.site_files import site_files, source_file, write_bytes, write_site
from pipelines.simulate.site_records import Row, SiteRecords

KEY_COLUMNS = ("study", "site", "subject", "check_id", "dataset", "source_file", "source_row", "detail")

# One row of the answer key, in the order of its columns.
KeyRow = tuple[str, ...]


class WrittenSites:
    """The sites of a study that were written, and what the answer key says of each; no site's records are held."""

    def __init__(self, landing: Path, layout: ExportLayout) -> None:
        self._landing = landing
        self._layout = layout
        self._keys: dict[str, list[KeyRow]] = {}
        # Site -> subject -> number of its first row of demographics.
        self._demographics: dict[str, dict[str, str]] = {}

    def add(self, site: SiteRecords, faults: list[Fault]) -> None:
        """Write a site, or write it anew with other faults."""
        write_site(self._landing, site, self._layout)
        self._keys[site.site] = key_rows(site, faults, self._layout)
        self._demographics[site.site] = _demographics_rows(site, self._layout)

    def key(self) -> list[KeyRow]:
        """Return the study's rows of the answer key in the order of KEY_COLUMNS, site by site, by check and row."""
        return [row for site, rows in self._keys.items() for row in _settle(site, rows, self._demographics)]


def write_key(home: Home, rows: Iterable[KeyRow]) -> Path:
    """Write answer_key.csv of a portfolio and return its path."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(KEY_COLUMNS)
    writer.writerows(rows)
    path = home.root / "answer_key.csv"
    write_bytes(path, text.getvalue().encode())
    return path


def key_rows(site: SiteRecords, faults: list[Fault], layout: ExportLayout) -> list[KeyRow]:
    """Return a site's rows of the answer key; the number of one that is another site's stays blank until `_settle`."""
    numbers = {
        source: {id(row): number for row, number in _numbered(site, source, layout)}
        for source in {fault.source for fault in faults}
    }
    rows: list[KeyRow] = []
    for fault in faults:
        where = fault.elsewhere or site
        number = "" if fault.row is None else str(numbers[fault.source][id(fault.row)])
        rows.append((
            where.study, where.site, fault.subject, fault.check_id, fault.dataset,
            source_file(where, fault.source, layout), number, fault.detail,
        ))  # fmt: skip
    return rows


def _demographics_rows(site: SiteRecords, layout: ExportLayout) -> dict[str, str]:
    """Return subject -> number of its first row of demographics."""
    found: dict[str, str] = {}
    for row, number in _numbered(site, "DM", layout):
        found.setdefault(row["subjid"], str(number))
    return found


def _settle(site: str, rows: list[KeyRow], demographics: Mapping[str, Mapping[str, str]]) -> list[KeyRow]:
    """Return a site's rows of the answer key with the numbers of those that are demographics of another site."""
    settled = [row if row[1] == site else (*row[:6], demographics[row[1]][row[2]], row[7]) for row in rows]
    return sorted(settled, key=_key_order)


def _key_order(row: KeyRow) -> tuple[str, str, int, KeyRow]:
    return row[3], row[5], int(row[6] or 0), row


def _numbered(site: SiteRecords, source: str, layout: ExportLayout) -> list[tuple[Row, int]]:
    """Return a source's rows in the order of its file, each with its number there."""
    file = next(file for file in site_files(layout) if source in file.sources)
    rows = {name: file.layout.ordered(name, site.tables[name].rows) for name in file.sources}
    return list(zip(rows[source], file.layout.row_numbers(rows)[source], strict=True))
