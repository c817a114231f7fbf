"""Collects one table that comes column by column, a piece of rows at a time; beyond a limit it lies on disk."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Self

import pyarrow as pa

from pipelines.ingest.readers.row_spool import MEMORY_BYTES


class ColumnSpool:
    """Takes pieces of a table of text columns, and gives the table; a context manager.

    Columns are named by place, since a header's names may repeat. Memory stays bounded: what exceeds `MEMORY_BYTES`
    lies in a temporary file that goes when nobody needs the table any more.
    """

    def __init__(self, width: int) -> None:
        self._schema = pa.schema([(f"f{place}", pa.string()) for place in range(width)])
        self._pieces: list[pa.RecordBatch] = []
        self._held = 0
        self._open = ExitStack()
        self._path = ""
        self._writer: pa.ipc.RecordBatchFileWriter | None = None
        self.num_rows = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file, if there is one; a table that was given keeps what it needs."""
        self._open.close()

    def add(self, columns: Sequence[pa.Array]) -> None:
        """Take the next rows: an array for each column, all of one length."""
        piece = pa.record_batch(list(columns), schema=self._schema)
        self.num_rows += piece.num_rows
        self._held += piece.nbytes
        if self._writer is None and self._held > MEMORY_BYTES:
            # The stack closes it, and with that removes it; what is mapped by then stays.
            file = self._open.enter_context(tempfile.NamedTemporaryFile(prefix="siteproof-"))  # noqa: SIM115
            self._path = file.name
            self._writer = self._open.enter_context(pa.ipc.new_file(file.name, self._schema))
            for earlier in self._pieces:
                self._writer.write_batch(earlier)
            self._pieces.clear()
        if self._writer is None:
            self._pieces.append(piece)
        else:
            self._writer.write_batch(piece)

    def table(self) -> pa.Table:
        """Return all rows; nothing can be added afterwards."""
        if self._writer is None:
            return pa.Table.from_batches(self._pieces, self._schema)
        self._writer.close()
        return pa.ipc.open_file(pa.memory_map(self._path)).read_all()
