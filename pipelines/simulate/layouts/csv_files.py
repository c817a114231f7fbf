"""One CSV file a source, as Rave's listings, CTMS lists and site documents come."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import date

from pipelines.simulate.exports import SOURCES, Mapped
from pipelines.simulate.layouts.export_layout import OneFileEach
from pipelines.simulate.site_records import SiteRecords
from pipelines.simulate.style import Style, System
from pipelines.simulate.written_table import WrittenTable


class CsvFiles(OneFileEach):
    """Delimiter, line ends, encoding and headers are those of the sponsor's style."""

    suffix = ".csv"
    systems: frozenset[System] = frozenset({"edc", "edc_audit", "ctms", "isf"})

    def write(self, site: SiteRecords, _file: str, tables: Sequence[WrittenTable], _day: date) -> bytes:
        """Return the file of one table."""
        (table,) = tables
        style, system = site.style, SOURCES[table.source].system
        headers = style.headers.get(table.source, {})
        text = io.StringIO(newline="")
        writer = csv.writer(text, delimiter=style.delimiter, lineterminator=style.newline)
        titles = [headers.get(column, column) for column in table.columns]
        writer.writerow([title.upper() for title in titles] if system in style.upper_case_headers else titles)
        writer.writerows([row[column] for column in table.columns] for row in table.rows)
        return text.getvalue().encode(style.encodings.get(system, "utf-8"))

    def declare(self, source: str, style: Style) -> Mapped:
        """Return the dialect, and the headers that differ from the agreed names."""
        encoding = style.encodings.get(SOURCES[source].system, "utf-8")
        declared: Mapped = {"encoding": encoding, "delimiter": style.delimiter}
        if source in style.headers:
            declared["aliases"] = {header: column for column, header in style.headers[source].items()}
        return declared
