"""Holds a file's columns against what the site agreed to deliver: agreed names, required columns, lineage."""

from __future__ import annotations

import hashlib
import json
from array import array
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import pyarrow as pa

from pipelines.foreign_text import normal_form
from pipelines.ingest.examination import EXAMINATION
from pipelines.ingest.readers import READERS, Reading, Table
from pipelines.ingest.readers.redcap_dictionary import dictionary_digest
from pipelines.ingest.refusal import Refusal
from pipelines.sql_text import columns_in
from pipelines.study_source import SPARSE_FORMATS, Expression, Source
from pipelines.value_sql import date_formats

# What a source says that decides how its files are read, and as whose.
_READ_BY = {
    "format", "member", "table", "dictionary", "header_rows", "encoding", "delimiter", "quote",
    "site", "study", "missing", "aliases", "columns",
}  # fmt: skip
# The column of a transactional file that says what a row does, and the word for one that takes back.
TRANSACTION, REMOVE = "TransactionType", "Remove"
LINEAGE_COLUMNS = ("__source_file", "__source_row", "__site", "__source_place")


@dataclass(frozen=True)
class Layout:
    """What is agreed of a source's columns, worked out once for all its files.

    `digest` is a hash of all that decides how a file is read: when it changes, files are read again. `required` and
    `declared` are names in the agreed spelling; `renamed` gives the agreed name for a header's, folded. `mapped` are
    the columns that the mapping reads.
    """

    digest: str
    required: tuple[str, ...]
    declared: frozenset[str]
    renamed: Mapping[str, str]
    mapped: tuple[str, ...]


def layout_of(source: Source, mapped: Sequence[str] = (), study_names: Collection[str] = ()) -> Layout:
    """Return what study.yml says of a source's columns; `mapped` are those that its mapping reads.

    `study_names` are those that a row may have for the study.
    """
    declaration = source.model_dump(mode="json", include=_READ_BY, exclude_defaults=True)
    if source.dictionary is not None:
        declaration["dictionary"] = dictionary_digest(source)  # where it lies does not matter
    declared, required = _declared_names(source), _required_names(source)
    read = sorted(mapped) if source.format in SPARSE_FORMATS else []
    parts: list[object] = [READERS[source.format].version, EXAMINATION, declaration, declared, required, read]
    if source.delivery.key:
        parts.append([source.delivery.content, *source.delivery.key])
    if source.delivery.is_incremental and source.extract_date is not None:
        order = source.extract_date.model_dump(mode="json")  # increments are laid by it, so it decides about rows
        parts.append([order, date_formats(source, "extract_date", source.extract_date)])
    if source.study is not None:
        parts.append(sorted(study_names))
    spelling = {_folded(name): name for name in reversed(declared)}
    aliases = {_folded(written): spelling.get(_folded(agreed), agreed) for written, agreed in source.aliases.items()}
    return Layout(
        digest=hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest(),
        required=tuple(required),
        declared=frozenset(declared),
        renamed=spelling | aliases,
        mapped=tuple(mapped),
    )


def table_of(reading: Reading, source: Source, layout: Layout) -> Table:
    """Return the table of a file that a source takes: the one it names, or the only one.

    Where the format leaves out what is blank, a table that is not there was delivered empty, and so was a column. What
    the file takes back whole stands before the table's rows, as rows without a number; an audit trail stays whole.

    Raises:
        Refusal: the file has no such table, or several and none is named.
    """
    found = _named_table(reading, source)
    if found is None:
        found = _filled_up(Table(source.table or "", (), pa.table({}), _no_text()), layout)
    elif not found.complete:
        found = _filled_up(found, layout)
    is_taken_back = reading.removals and found.name not in reading.history
    return _after_removals(found, reading.removals) if is_taken_back else found


def _named_table(reading: Reading, source: Source) -> Table | None:
    names = [table.name for table in reading.tables]
    if source.table is None:
        if names and (len(names) == 1 or not names[0]):
            return reading.tables[0]
        cure = "name the one that is meant with table: in study.yml"
        raise Refusal("several_tables", f"the file holds {len(names)} tables; {cure}")
    if source.table in names:
        return reading.tables[names.index(source.table)]
    if source.table in reading.on_request:
        return reading.on_request[source.table]()
    if reading.sparse:
        return None
    raise Refusal("missing_table", f"the file has no table {source.table}; it holds {len(names)} others")


def _after_removals(table: Table, removals: Sequence[Mapping[str, str]]) -> Table:
    """Put a row for each removal before a table's rows: its keys, nothing else, and the transaction."""
    header = tuple(dict.fromkeys([*table.header, *(key for keys in removals for key in keys), TRANSACTION]))
    count, rows = len(removals), table.rows.num_rows
    columns = []
    for name in header:
        own = table.rows.column(table.header.index(name)) if name in table.header else pa.nulls(rows, pa.string())
        said = [REMOVE if name == TRANSACTION else keys.get(name) for keys in removals]
        columns.append(pa.chunked_array([pa.array(said, pa.string()), *_chunks(own)], pa.string()))
    places = pa.chunked_array([pa.array(["removed"] * count, pa.string()), *_chunks(table.places)], pa.string())
    return replace(
        table,
        header=header,
        rows=pa.table(columns, names=[f"f{place}" for place in range(len(header))]),
        places=places,
        keys=table.keys.union({TRANSACTION}, *removals),
        numbers=pa.concat_arrays([pa.array([0] * count, pa.int64()), pa.arange(1, rows + 1)]),
    )


def _chunks(column: pa.ChunkedArray | pa.Array | None) -> list[pa.Array]:
    if isinstance(column, pa.ChunkedArray):
        return list(column.chunks)
    return [] if column is None else [column]


def _filled_up(table: Table, layout: Layout) -> Table:
    """Add the agreed columns that a table lacks: blank in every row, or not mentioned where rows are transactions."""
    present = {layout.renamed.get(_folded(written), written.strip()).casefold() for written in table.header}
    lacking = [name for name in dict.fromkeys([*layout.required, *layout.mapped]) if name.casefold() not in present]
    rows = table.rows.num_rows
    blank = pa.nulls(rows, pa.string()) if TRANSACTION in table.header else _repeated("", rows).cast(pa.string())
    columns = [*table.rows.columns, *([blank] * len(lacking))]
    header = (*table.header, *lacking)
    return replace(table, header=header, rows=pa.table(columns, names=[f"f{place}" for place in range(len(header))]))


def _no_text() -> pa.Array:
    return pa.array([], pa.string())


def agreed_table(read: Table, layout: Layout) -> pa.Table:
    """Return a table's rows under the agreed column names.

    A header is trimmed; an alias gives its agreed name; a name that differs from a declared one in case or Unicode form
    only takes the declared spelling; any other name stays as it is.

    Raises:
        Refusal: a name is blank, repeated or reserved, or a required column is missing.
    """
    names = [layout.renamed.get(_folded(written), written.strip()) for written in read.header]
    folded: dict[str, int] = {}
    for place, name in enumerate(names, start=1):
        if not name:
            raise Refusal("blank_column", f"column {place} has no name", 1)
        if name.casefold() in LINEAGE_COLUMNS:
            raise Refusal("reserved_column", f"column {place} has a name that Siteproof uses itself: {name}", 1)
        first = folded.setdefault(_folded(name), place)
        if first != place:
            # Only a declared name is shown: without a header line, the "names" are a patient's values.
            both = f" ({name})" if name in layout.declared else ""
            raise Refusal("duplicate_column", f"columns {first} and {place} have the same name{both}", 1)
    missing = [name for name in layout.required if _folded(name) not in folded]
    if missing:
        raise Refusal("missing_column", f"the file has no column {', '.join(missing)}", 1)
    return read.rows.rename_columns(names)


def with_lineage(
    table: pa.Table,
    source_file: str,
    site: str,
    places: pa.ChunkedArray | pa.Array | None = None,
    numbers: pa.Array | None = None,
) -> pa.Table:
    """Put the delivered file, the 1-based data row, the site and, if told, the place in the file before every row."""
    rows = table.num_rows
    numbers = pa.arange(1, rows + 1) if numbers is None else numbers
    lineage = [_repeated(source_file, rows), numbers, _repeated(site, rows)]
    if places is not None:
        lineage.append(places)
    return pa.table([*lineage, *table.columns], names=[*LINEAGE_COLUMNS[: len(lineage)], *table.column_names])


def _repeated(text: str, rows: int) -> pa.Array:
    """Return a column that holds its one text once; it is plain text again in the store."""
    places = pa.Array.from_buffers(pa.int32(), rows, [None, pa.py_buffer(bytes(4 * rows))])
    return pa.DictionaryArray.from_arrays(places, _one_text(text))


def _one_text(text: str) -> pa.Array:
    # Not pa.array: its first call imports pandas, which takes a second.
    encoded = text.encode()
    ends = array("i", (0, len(encoded)))
    return pa.StringArray.from_buffers(1, pa.py_buffer(ends), pa.py_buffer(encoded))


def _folded(name: str) -> str:
    return normal_form(name).strip().casefold()


def _required_names(source: Source) -> list[str]:
    required = [name for name in source.columns.required if not _is_pattern(name)] if source.columns else []
    owners = (source.subject, source.site, source.study)
    read = [name for expression in owners for name in _read_columns(expression)]
    return list(dict.fromkeys([*required, *read, *source.delivery.key]))


def _read_columns(expression: Expression | None) -> list[str]:
    """Return the columns of a subject's id or a site: without them, rows would belong to nobody, or to anybody."""
    if expression is None:
        return []
    if expression.sql is not None:
        return sorted(columns_in(expression.sql))
    return [expression.item] if expression.item else []


def _declared_names(source: Source) -> list[str]:
    optional = [name for name in source.columns.optional if not _is_pattern(name)] if source.columns else []
    return list(dict.fromkeys([*_required_names(source), *source.aliases.values(), *optional, *source.dates]))


def _is_pattern(name: str) -> bool:
    return any(character in name for character in "*?[")
