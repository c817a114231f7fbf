"""What the sources take from one file: each its table, under agreed names, of its study and site, with lineage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.ingest.examination import OddText, count_repeated_rows, find_odd_text
from pipelines.ingest.landing import has_site
from pipelines.ingest.layout import REMOVE, TRANSACTION, Layout, agreed_table, table_of, with_lineage
from pipelines.ingest.ledger import name_in_rows
from pipelines.ingest.owners import hold_to_site, hold_to_study
from pipelines.ingest.readers import Content, Reading, Remark, Table, read_export
from pipelines.ingest.repeated_keys import tell_repeated_keys
from pipelines.settings import Home
from pipelines.study import Study


@dataclass(frozen=True)
class Facts:
    """What the ledger tells of a source's rows; the names are those of `DeliveryEvent`."""

    rows: int
    columns: tuple[str, ...]
    repeated_rows: int
    odd_text: tuple[OddText, ...]
    remarks: tuple[Remark, ...]
    member: str | None


@dataclass(frozen=True)
class SourceRows:
    """The rows that one source takes from a file, with their lineage, and what is told of them.

    `source_file` is the file's name in the rows.
    """

    rows: pa.Table
    facts: Facts
    source_file: str


def read_sources(
    home: Home,
    study: Study,
    site: str,
    layouts: Mapping[str, Layout],
    file_name: str,
    content: Content,
    sources: Sequence[str],
) -> dict[str, SourceRows]:
    """Read a file once (`file_name` is `<system>/<file>`) and return what each source takes from it.

    Raises:
        Refusal: the file cannot be read as declared, or not be taken for one of the sources: so it is for none.
    """
    readings: dict[str | None, Reading] = {}
    taken = {}
    for name in sources:
        source = study.sources[name]
        if source.member not in readings:
            readings[source.member] = read_export(content, source)
        reading = readings[source.member]
        read = table_of(reading, source, layouts[name])
        table = agreed_table(read, layouts[name])
        if not source.delivery.is_incremental:
            table = _without_null(table)
        hold_to_study(table, source, study.own_names)
        hold_to_site(table, source, site, partial(has_site, home, study))
        source_file = name_in_rows(study.study, site, file_name, read.member)
        rows = with_lineage(table, source_file, site, read.places, read.numbers)
        if not source.delivery.is_incremental:
            rows = _without_removed(rows, read)
        facts = Facts(
            rows=rows.num_rows,
            columns=tuple(table.column_names),
            repeated_rows=count_repeated_rows(table),
            odd_text=find_odd_text(table),
            remarks=(
                *(remark for remark in reading.remarks if remark.table in ("", read.name)),
                *tell_repeated_keys(rows, source.delivery.key, read.name),
            ),
            member=read.member,
        )
        taken[name] = SourceRows(rows, facts, source_file)
    return taken


def _without_removed(rows: pa.Table, read: Table) -> pa.Table:
    """Leave out the records of which a format with transactions says that they are gone; increments need to know."""
    place = next((at for at, name in enumerate(read.header) if name in read.keys and name == TRANSACTION), None)
    if place is None:
        return rows
    said = rows.column(rows.num_columns - len(read.header) + place)
    return rows.filter(pc.not_equal(pc.utf8_lower(said), REMOVE.casefold()))


def _without_null(table: pa.Table) -> pa.Table:
    """Return a table with blanks for what the file does not mention: only an increment leaves the older value be."""
    if not any(column.null_count for column in table.columns):
        return table
    filled = [pc.fill_null(column, "") if column.null_count else column for column in table.columns]
    return pa.table(filled, names=table.column_names)
