"""Fuzzes the XPT reader, and with it the C library below: it must read a file whole or refuse it, and never break off.

What it reads must fit into the file, row by row, and each value of a column of numbers must be a number, a gap or a
date.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from fuzzing import fuzz

NUMBER = re.compile(r"|\.[A-Z_]|-?\d+(\.\d+)?(e[+-]\d+)?|\d{4}-\d\d-\d\d(T.*)?|\d\d:\d\d:\d\d(\.\d+)?")


def import_reader() -> Callable[[bytes], None]:
    """Import the reader and return what tries it."""
    from pipelines.ingest.readers.sas_transport import TransportReader
    from pipelines.ingest.readers.sas_transport_structure import find_members
    from pipelines.ingest.refusal import Refusal
    from pipelines.study_source import Source

    reader = TransportReader()
    # Every byte is text in it, so that no file is refused for its letters alone.
    source = Source(path="edc/AE.xpt", format="xpt", encoding="iso8859-1")

    def try_one(data: bytes) -> None:
        try:
            found = reader.read(data, source)
        except Refusal:
            return
        for table, member in zip(found.tables, find_members(data), strict=True):
            if table.rows.num_rows * member.row_bytes > len(data):
                raise AssertionError(f"{table.rows.num_rows} rows do not fit into {len(data)} bytes")
            for variable, column in zip(member.variables, table.rows.columns, strict=True):
                if variable.is_number and not all(map(NUMBER.fullmatch, column.to_pylist())):
                    raise AssertionError("a number became another text")

    return try_one


if __name__ == "__main__":
    fuzz("xpt", import_reader)
