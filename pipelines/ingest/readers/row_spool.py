"""Collects the rows of a file's tables as a reader meets them: some in memory, the rest in a file mapped back."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import pyarrow as pa

from pipelines.ingest.readers.reader import Table

# Rows of one table that are held as Python objects before they are packed.
ROWS_A_BATCH = 8_192
# What all packed batches of a file may take in memory; those that come later go to disk.
MEMORY_BYTES = 32 << 20


@dataclass
class _Collected:
    """A table so far: its columns in the order in which they were met, its last rows, and what was packed before."""

    columns: dict[str, None] = field(default_factory=dict)
    rows: list[Mapping[str, str]] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    packed: list[pa.Table] = field(default_factory=list)


class RowSpool:
    """Takes rows of any of a file's tables in any order, and gives the tables when the file is read.

    A row need not have every column: what it lacks is blank. A table's columns stand in the order in which they were
    declared or first met. Memory stays bounded: rows beyond `MEMORY_BYTES` lie in a nameless temporary file.
    """

    def __init__(self) -> None:
        self._tables: dict[str, _Collected] = {}
        self._held = 0

    def declare(self, table: str, columns: Iterable[str]) -> None:
        """Say that a table exists, even without rows, and which columns it has."""
        self._tables.setdefault(table, _Collected()).columns.update(dict.fromkeys(columns))

    def add(self, table: str, row: Mapping[str, str], place: str) -> None:
        """Take one row, its values as text, and where it stands in the file."""
        collected = self._tables.get(table)
        if collected is None:
            collected = self._tables[table] = _Collected()
        collected.rows.append(row)
        collected.places.append(place)
        if len(collected.rows) >= ROWS_A_BATCH:
            self._pack(collected)

    def tables(self) -> list[Table]:
        """Return all tables, in the order in which they were declared or first met."""
        return [self._table(name, collected) for name, collected in self._tables.items()]

    def _table(self, name: str, collected: _Collected) -> Table:
        self._pack(collected)
        columns = list(collected.columns)
        pieces = [_aligned(piece, columns) for piece in collected.packed]
        schema = pa.schema([*((f"f{place}", pa.string()) for place in range(len(columns))), ("place", pa.string())])
        whole = pa.concat_tables(pieces) if pieces else schema.empty_table()
        return Table(name, tuple(columns), whole.drop_columns("place"), whole.column("place"))

    def _pack(self, collected: _Collected) -> None:
        if not collected.rows:
            return
        for row in collected.rows:
            if not row.keys() <= collected.columns.keys():
                collected.columns.update(dict.fromkeys(row))
        names = [name for name in collected.columns if any(name in row for row in collected.rows)]
        arrays = [pa.array([row.get(name, "") for row in collected.rows], pa.string()) for name in names]
        places = pa.array(collected.places, pa.string())
        batch = pa.table([*arrays, places], names=[*map(_packed_name, names), "place"])
        collected.rows.clear()
        collected.places.clear()
        self._held += batch.nbytes
        collected.packed.append(_on_disk(batch) if self._held > MEMORY_BYTES else batch)


def _on_disk(batch: pa.Table) -> pa.Table:
    """Return the same batch, its bytes in a temporary file that goes when nobody needs it any more."""
    with tempfile.NamedTemporaryFile(prefix="siteproof-") as file:
        with pa.ipc.new_file(file, batch.schema) as writer:
            writer.write_table(batch)
        file.flush()
        return pa.ipc.open_file(pa.memory_map(file.name)).read_all()


def _aligned(piece: pa.Table, columns: list[str]) -> pa.Table:
    """Return a batch with all of a table's columns, blank where it has none, under names by place."""
    present = {name: place for place, name in enumerate(piece.column_names[:-1])}
    blank = pa.repeat("", piece.num_rows)
    arrays = [piece.column(present[name]) if name in present else blank for name in map(_packed_name, columns)]
    return pa.table([*arrays, piece.column("place")], names=[*(f"f{place}" for place in range(len(columns))), "place"])


def _packed_name(column: str) -> str:
    # So that no column is ever taken for the place.
    return f"c_{column}"
