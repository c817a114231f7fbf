"""Run as a script of its own: reads a sas7bdat file with pyreadstat into an Arrow file, apart from whoever ingests.

No published layout lets us judge the file first, and the library is C: a broken file must end this process only. It is
run by path and imports nothing of ours, so that it starts quickly.

Arguments: the file, the Arrow file to write, the most cells to hold at once. The Arrow file has for each column `v<n>`,
numbers, or text whose bytes are Latin-1 characters; and for numbers `m<n>`, the letters of special missing values. Its
schema's metadata holds as JSON: names, formats, whether each is a number, table, encoding. Exit code 3, with the
library's reason as the last line of stdout: it cannot read the file.
"""

from __future__ import annotations

import json
import resource
import sys
from typing import Any

import pyarrow as pa

UNREADABLE = 3
MEMORY_BYTES = 8 << 30
MOST_PIECES = 16


def main(path: str, target: str, cells_at_once: int) -> None:
    """Read one file into another."""
    import pyreadstat

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _, about = pyreadstat.read_sas7bdat(path, metadataonly=True)
    encoding = about.file_encoding
    # Bytes come through unchanged, so that Python decodes them as it does everywhere else.
    how: dict[str, Any] = {"encoding": "ISO-8859-1", "disable_datetime_conversion": True, "output_format": "dict"}
    _, about = pyreadstat.read_sas7bdat(path, metadataonly=True, **how)
    names = about.column_names
    kinds = [about.readstat_variable_types[name] for name in names]
    facts = {
        "names": names,
        "formats": [about.original_variable_types[name] or "" for name in names],
        "numbers": [kind != "string" for kind in kinds],
        "table": about.table_name or "",
        "encoding": encoding or "",
    }
    fields = [(f"v{n}", pa.string() if kind == "string" else pa.float64()) for n, kind in enumerate(kinds)]
    fields += [(f"m{n}", pa.string()) for n, kind in enumerate(kinds) if kind != "string"]
    schema = pa.schema(fields, metadata={"sas": json.dumps(facts)})
    rows = about.number_rows
    at_once = max(1, min(rows, max(cells_at_once // max(1, len(names)), -(-rows // MOST_PIECES))))
    with pa.ipc.new_file(target, schema) as writer:
        for first in range(0, rows, at_once):
            piece, _ = pyreadstat.read_sas7bdat(path, row_offset=first, row_limit=at_once, user_missing=True, **how)
            writer.write_batch(_batch(list(piece.values()), schema, kinds))


def _batch(columns: list[list[Any]], schema: pa.Schema, kinds: list[str]) -> pa.RecordBatch:
    if len(columns) != len(kinds):
        raise ValueError("two columns have the same name")
    values, letters = [], []
    for column, kind in zip(columns, kinds, strict=True):
        if kind == "string":
            values.append(pa.array(column, pa.string()))
            continue
        marks = {place: value for place, value in enumerate(column) if isinstance(value, str)}
        values.append(pa.array([None if place in marks else v for place, v in enumerate(column)], pa.float64()))
        letters.append(pa.array(list(map(marks.get, range(len(column)))), pa.string()))
    return pa.record_batch([*values, *letters], schema=schema)


if __name__ == "__main__":
    try:
        main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
    except Exception as error:  # noqa: BLE001 - whatever the library raises is its answer to this file
        # Its texts quote no value.
        print(f"{type(error).__name__}: {error}" if not isinstance(error, UnicodeError) else "text that cannot be read")  # noqa: T201
        sys.exit(UNREADABLE)
