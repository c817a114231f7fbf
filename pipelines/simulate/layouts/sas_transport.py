"""One SAS transport file (XPT version 8) a source; every variable is character, so that no value changes."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from pipelines.simulate.exports import Mapped
from pipelines.simulate.layouts.export_layout import OneFileEach
from pipelines.simulate.site_records import SiteRecords
from pipelines.simulate.style import Style, System, format_date
from pipelines.simulate.written_table import WrittenTable

_RECORD = 80
# Where the library and its dataset say when they were created and modified: record, and place in it.
_STAMPS = tuple(_RECORD * record + place for record, place in ((1, 64), (2, 0), (5, 64), (6, 0)))
_STAMP = re.compile(rb"\d{2}[A-Z]{3}\d{2}(:\d{2}){3}")


class SasTransport(OneFileEach):
    """A character variable is padded with blanks, so a value that ends in one cannot be told from one that does not."""

    suffix = ".xpt"
    systems: frozenset[System] = frozenset({"edc", "edc_audit"})

    def write(self, site: SiteRecords, _file: str, tables: Sequence[WrittenTable], day: date) -> bytes:
        """Return the file of one table.

        Raises:
            ValueError: a value ends in a blank, which the format cannot keep.
        """
        import polars as pl
        import pyreadstat

        (table,) = tables
        if any(row[column].endswith(" ") for row in table.rows for column in table.columns):
            raise ValueError(f"{site.site}: a value of {table.source} ends in a blank, which XPT cannot keep")
        columns = {column: [row[column] for row in table.rows] for column in table.columns}
        frame = pl.DataFrame(columns, schema=dict.fromkeys(table.columns, pl.String))
        with tempfile.TemporaryDirectory(prefix="siteproof-") as folder:
            path = Path(folder) / "table.xpt"
            pyreadstat.write_xport(frame, path, table_name=table.source, file_format_version=8)
            return _stamped(path.read_bytes(), day)

    def declare(self, source: str, _style: Style) -> Mapped:
        """Return the format and the dataset's name; the text is UTF-8."""
        return {"format": "xpt", "table": source}


def _stamped(data: bytes, day: date) -> bytes:
    """Put the day of extraction where the library has put the time of day."""
    stamp = f"{format_date(day, 'DDMMM').upper()}{day:%y}:05:00:00".encode()
    content = bytearray(data)
    for place in _STAMPS:
        if not _STAMP.fullmatch(content[place : place + len(stamp)]):
            raise ValueError(f"byte {place} of an XPT file is no time stamp; the library writes another layout now")
        content[place : place + len(stamp)] = stamp
    return bytes(content)
