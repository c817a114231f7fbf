"""Collects what an ODM file holds into tables: one per item group, one per kind of record that hangs on the data."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.ingest.readers.odm_names import TRANSACTION, VALUE_SUFFIXES
from pipelines.ingest.readers.odm_transactions import SEQUENCE, Removals
from pipelines.ingest.readers.reader import Table
from pipelines.ingest.readers.row_spool import RowSpool
from pipelines.ingest.refusal import Refusal

MAX_COLUMNS = 5_000
MAX_TABLES = 5_000
MAX_VALUE_CHARACTERS = 1_000_000

# Before the names of tables while they are collected, so that no item group meets a kind of record.
_GROUP, _RECORD = "g:", "r:"


class OdmTables:
    """Takes rows of item groups and of records (audit, queries, definitions ...), and gives the tables.

    Args:
        keys: the columns that begin every item group's table.
        transactional: whether rows are instructions, of which the last state is to be kept.
    """

    def __init__(self, keys: tuple[str, ...], *, transactional: bool) -> None:
        self.keys = keys
        self.transactional = transactional
        self.removals = Removals()
        self.has_sites = False
        self._group_keys = dict.fromkeys([*keys, TRANSACTION] if transactional else keys)
        self._groups = RowSpool(None if transactional else "")
        self._records = RowSpool()
        self._widths: dict[str, set[str]] = {}
        self._declared: set[str] = set()
        self._sequence = 0

    def declare_group(self, oid: str, columns: Iterable[str]) -> None:
        """Say which columns an item group has by its definition, or by one of its definitions."""
        self._count_columns(oid, columns)
        self._declared.add(oid)
        self._groups.declare(_GROUP + oid, [*self._group_keys, *columns])

    def add_group(self, oid: str, keys: Mapping[str, str], cells: Mapping[str, str], place: str) -> None:
        """Take one ItemGroupData: the keys with vendors' attributes, and the values of its items."""
        if not keys.keys() <= self._group_keys.keys():
            self._group_keys.update(dict.fromkeys(keys))
        known = self._widths.get(oid)
        if known is None or not cells.keys() <= known:
            self._count_columns(oid, cells)
        row = {**keys, **cells}
        _refuse_long_values(row)
        if self.transactional:
            self._sequence += 1
            row[SEQUENCE] = str(self._sequence)
        self._groups.add(_GROUP + oid, row, place)

    def add_element(self, kind: str, row: Mapping[str, str], place: str) -> None:
        """Take one subject, event or form; in a transactional file it is an instruction, as an item group is."""
        if self.transactional:
            self._sequence += 1
            row = {**row, SEQUENCE: str(self._sequence)}
        self.add_record(kind, row, place)

    def remove_below(self, keys: Mapping[str, str]) -> None:
        """Note that what was said before of all that lies below an element was taken back."""
        self._sequence += 1
        self.removals.add(keys, self._sequence)

    def add_record(self, kind: str, row: Mapping[str, str], place: str) -> None:
        """Take one record of a kind, e.g. an AuditRecord; all its columns are keys."""
        known = self._widths.get(_RECORD + kind)
        if known is None or not row.keys() <= known:
            self._count_columns(_RECORD + kind, row)
        _refuse_long_values(row)
        self._records.add(_RECORD + kind, row, place)

    def tables(self) -> tuple[Table, ...]:
        """Return the item groups as they were declared or met, then the records."""
        groups = map(self._group, self._groups.tables())
        return (*groups, *map(self._record, self._records.tables()))

    def records_named(self, kinds: Iterable[str]) -> frozenset[str]:
        """Return the names of the tables of these records, whether they have rows or not."""
        return frozenset(map(self._record_name, kinds))

    def _record_name(self, kind: str) -> str:
        return f"ODM.{kind}" if kind in self._widths else kind

    def _count_columns(self, table: str, columns: Iterable[str]) -> None:
        known = self._widths.setdefault(table, set())
        known.update(columns)
        if len(known) > MAX_COLUMNS:
            raise Refusal("too_many_columns", f"an item group or record has more than {MAX_COLUMNS} items or parts")
        if len(self._widths) > MAX_TABLES:
            raise Refusal("too_many_tables", f"the file has more than {MAX_TABLES} item groups")

    def _group(self, table: Table) -> Table:
        if self.transactional:
            table = self.removals.settle(table, self._group_keys.keys())
        oid = table.name.removeprefix(_GROUP)
        if not self._widths[oid].isdisjoint(self._group_keys):
            text = "an item has the name of an attribute of item groups, and one column cannot hold both"
            raise Refusal("ambiguous_name", text)
        keys = [name for name in self._group_keys if name in table.header]
        items = [name for name in table.header if name not in self._group_keys]
        return replace(
            _in_order(table, [*keys, *items], keys),
            name=oid,
            keys=frozenset([*keys, *(name for name in items if name.endswith(VALUE_SUFFIXES))]),
            subject="SubjectKey",
            site="LocationOID" if self.has_sites else None,
            complete=oid in self._declared,
        )

    def _record(self, table: Table) -> Table:
        if self.transactional:
            table = self.removals.settle(table, table.header)
        kind = table.name.removeprefix(_RECORD)
        header = table.header
        return replace(
            table,
            name=self._record_name(kind),
            keys=frozenset(header),
            subject="SubjectKey" if "SubjectKey" in header else None,
            site="LocationOID" if self.has_sites and "LocationOID" in header else None,
            complete=False,
        )


def _in_order(table: Table, header: list[str], keys: Collection[str]) -> Table:
    columns = [table.rows.column(table.header.index(name)) for name in header]
    # A key is never unknown, as a value may be: an attribute that is not there is blank.
    columns = [
        pc.fill_null(column, "") if name in keys and column.null_count else column
        for name, column in zip(header, columns, strict=True)
    ]
    rows = pa.table(columns, names=[f"f{place}" for place in range(len(header))])
    return replace(table, header=tuple(header), rows=rows)


def _refuse_long_values(row: Mapping[str, str]) -> None:
    # Looking at all at once is quicker than at each, and nearly always enough.
    if len("".join(row.values())) <= MAX_VALUE_CHARACTERS:
        return
    if any(len(value) > MAX_VALUE_CHARACTERS for value in row.values()):
        raise Refusal("field_too_large", f"a value is longer than {MAX_VALUE_CHARACTERS} characters")
