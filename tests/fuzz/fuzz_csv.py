"""Fuzzes the CSV reader: what it reads must be what Python's csv module reads, or it must refuse.

The first byte of the data chooses the dialect and the encoding, the rest is the file.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

from fuzzing import fuzz

DIALECTS = [(",", '"'), (";", '"'), ("\t", '"'), ("|", "'")]
ENCODINGS = ["utf-8", "cp1252", "utf-16", "utf-16-le", "gb18030", "big5", "cp932", "cp949"]


def import_reader() -> Callable[[bytes], None]:
    """Import the reader and return what tries it."""
    from pipelines.ingest.readers.csv_text import MAX_FIELD_CHARACTERS, CsvReader
    from pipelines.ingest.refusal import Refusal
    from pipelines.study_source import Source

    reader = CsvReader()

    def try_one(data: bytes) -> None:
        choice, content = (data[0], data[1:]) if data else (0, b"")
        delimiter, quote = DIALECTS[choice % len(DIALECTS)]
        encoding = ENCODINGS[choice // len(DIALECTS) % len(ENCODINGS)]
        source = Source(path="edc/AE.csv", encoding=encoding, delimiter=delimiter, quote=quote)
        try:
            (table,) = reader.read(content, source).tables
        except Refusal:
            return
        csv.field_size_limit(MAX_FIELD_CHARACTERS)
        text = io.StringIO(content.decode(encoding).removeprefix("\ufeff"), newline="")
        expected = list(csv.reader(text, delimiter=delimiter, quotechar=quote, strict=True))
        columns = [column.to_pylist() for column in table.rows.columns]
        got = [list(table.header), *map(list, zip(*columns, strict=True))]
        if got != expected:
            raise AssertionError(f"{len(got)} rows read, Python's csv reads {len(expected)}, or values differ")

    return try_one


if __name__ == "__main__":
    fuzz("csv", import_reader)
