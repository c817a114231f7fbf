"""One module an export format, and the registry that knows them: a new format is a module and a line here."""

from __future__ import annotations

from pipelines.ingest.readers.csv_text import CsvReader
from pipelines.ingest.readers.reader import Content, Reader, Reading, Remark, Table

READERS: dict[str, Reader] = {
    "csv": CsvReader(),
}

__all__ = ["READERS", "Content", "Reader", "Reading", "Remark", "Table"]
