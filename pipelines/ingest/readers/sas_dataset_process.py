"""Run as a script of its own: reads sas7bdat files with pyreadstat into Arrow files, apart from whoever ingests.

No published layout lets us judge a file first, and the library is C: a broken file must end, or spoil, nothing but the
reading of itself. So this process loads the library, which takes half a second, and never opens a file: for each it
forks a child, which waits for one request, serves it and ends. It is run by path and imports nothing of ours.

A request is a line of JSON on stdin: path, target (the Arrow file to write), cells_at_once (the most to hold), seconds
(until the child is ended). The answer is a line on stdout: the child's exit code, negative for the signal that ended
it. Code 3 = the library cannot read the file; its reason stands in a file named as the target with `.reason` behind.
At the end of stdin, or when nobody can read the answer any more, both processes end, whatever they are doing.

The Arrow file has for each column `v<n>`, numbers, or text whose bytes are Latin-1 characters; and for numbers `m<n>`,
the letters of special missing values. Its schema's metadata holds as JSON: names, formats, whether each is a number,
table, encoding.
"""

from __future__ import annotations

import errno
import gc
import json
import os
import resource
import select
import signal
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyreadstat

UNREADABLE, NO_REQUEST, MACHINE = 3, 4, 100
MEMORY_BYTES = 8 << 30
MOST_PIECES = 16


def main() -> None:
    """Serve requests until nobody asks any more."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # What is loaded here at first use, no child has to load again; Arrow loads pandas.
    pa.array([None], pa.string())
    with suppress(Exception):
        pyreadstat.read_sas7bdat(os.devnull, output_format="dict")
    # A child ends with its file, and what it holds is needed until then.
    gc.disable()
    gc.freeze()
    while True:
        is_running, held = os.pipe()
        child = os.fork()
        if not child:
            os._exit(_serve_one())
        os.close(held)
        watch = select.poll()
        watch.register(is_running, select.POLLIN)
        watch.register(1, 0)
        has_reader = all(place != 1 for place, _ in watch.poll())
        if not has_reader:
            os.kill(child, signal.SIGKILL)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        os.close(is_running)
        if code == NO_REQUEST or not has_reader:
            return
        os.write(1, b"%d\n" % code)


def _serve_one() -> int:
    """Wait for a request and serve it; return the exit code."""
    line = b""
    while not line.endswith(b"\n"):
        piece = os.read(0, 1 << 16)
        if not piece:
            return NO_REQUEST
        line += piece
    # What the library has to say is no answer, and what another one asks is not for this process.
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    os.dup2(nowhere, 1)
    request = json.loads(line)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)  # ends the library too, which would never look
    signal.alarm(request["seconds"])
    try:
        try:
            read_into(request["path"], request["target"], request["cells_at_once"])
        except OSError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever the library raises is its answer to this file
            # Its texts quote no value.
            told = "text that cannot be read" if isinstance(error, UnicodeError) else f"{type(error).__name__}: {error}"
            Path(request["target"] + ".reason").write_text(told, encoding="utf-8", errors="replace")
            return UNREADABLE
    except OSError as error:
        return MACHINE + (error.errno or errno.EIO)
    return 0


def read_into(path: str, target: str, cells_at_once: int) -> None:
    """Read one file into another."""
    _, about = pyreadstat.read_sas7bdat(path, metadataonly=True, output_format="dict")
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
        try:
            values.append(pa.array(column, pa.float64()))
            letters.append(pa.nulls(len(column), pa.string()))
            continue
        except (pa.ArrowInvalid, pa.ArrowTypeError):
            pass  # letters of special missing values stand among the numbers
        marks = {place: value for place, value in enumerate(column) if isinstance(value, str)}
        values.append(pa.array([None if place in marks else v for place, v in enumerate(column)], pa.float64()))
        letters.append(pa.array(list(map(marks.get, range(len(column)))), pa.string()))
    return pa.record_batch([*values, *letters], schema=schema)


if __name__ == "__main__":
    main()
