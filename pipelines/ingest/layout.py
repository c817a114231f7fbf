"""Holds a file's columns against what the site agreed to deliver: agreed names, required columns, whose data it is."""

from __future__ import annotations

import hashlib
import json
from array import array
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.foreign_text import normal_form
from pipelines.ingest.examination import EXAMINATION
from pipelines.ingest.readers import READERS, Table
from pipelines.ingest.refusal import Refusal
from pipelines.sql_text import columns_in
from pipelines.study_source import Expression, Source

LINEAGE_COLUMNS = ("__source_file", "__source_row", "__site")


@dataclass(frozen=True)
class Layout:
    """What is agreed of a source's columns, worked out once for all its files.

    `digest` is a hash of all that decides how a file is read: when it changes, files are read again. `required` and
    `declared` are names in the agreed spelling; `renamed` gives the agreed name for a header's, folded.
    """

    digest: str
    required: tuple[str, ...]
    declared: frozenset[str]
    renamed: Mapping[str, str]


def layout_of(source: Source) -> Layout:
    """Return what study.yml says of a source's columns."""
    declaration = source.model_dump(
        mode="json", include={"format", "encoding", "delimiter", "quote", "site", "missing", "aliases", "columns"}
    )
    declared, required = _declared_names(source), _required_names(source)
    parts = [READERS[source.format].version, EXAMINATION, declaration, declared, required]
    spelling = {_folded(name): name for name in reversed(declared)}
    aliases = {_folded(written): spelling.get(_folded(agreed), agreed) for written, agreed in source.aliases.items()}
    return Layout(
        digest=hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest(),
        required=tuple(required),
        declared=frozenset(declared),
        renamed=spelling | aliases,
    )


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
        first = folded.setdefault(name.casefold(), place)
        if first != place:
            # Only a declared name is shown: without a header line, the "names" are a patient's values.
            both = f" ({name})" if name in layout.declared else ""
            raise Refusal("duplicate_column", f"columns {first} and {place} have the same name{both}", 1)
    missing = [name for name in layout.required if name.casefold() not in folded]
    if missing:
        raise Refusal("missing_column", f"the file has no column {', '.join(missing)}", 1)
    return read.rows.rename_columns(names)


def hold_to_site(table: pa.Table, source: Source, site: str, is_site: Callable[[str], bool]) -> None:
    """Refuse a table of which a row names another site than the one that delivered it; blank names none.

    Raises:
        Refusal: it names the row, and the other site if it is a known one (else the value may be anything).
    """
    if source.site is None:
        return
    values = _named_sites(table, source.site)
    own = {"", site, *map(normal_form, source.missing)}
    foreign = {value for value in pc.unique(values).to_pylist() if normal_form(value).strip() not in own}
    if not foreign:
        return
    row, value = next((row, value) for row, value in enumerate(values.to_pylist()) if value in foreign)
    named = normal_form(value).strip()
    whose = f"site {named}" if is_site(named) else "another site"
    where = f"in column {source.site.item}" if source.site.item else "by the sql of site in study.yml"
    raise Refusal("site_mismatch", f"row {row + 1} names {whose} {where}, but {site} delivered it")


def _named_sites(table: pa.Table, site: Expression) -> pa.ChunkedArray:
    """Return the site that each row names, blank where it names none."""
    if site.item is not None:
        return table.column([name.casefold() for name in table.column_names].index(site.item.casefold()))
    import duckdb

    with duckdb.connect(config={"enable_external_access": "false"}) as connection:
        connection.register("delivered", table)
        query = f"SELECT coalesce(CAST(({site.sql}\n) AS VARCHAR), '') AS site FROM delivered"
        try:
            return connection.sql(query).to_arrow_table().column("site")
        except duckdb.Error as error:  # its text may hold a cell's content
            raise Refusal("site_unreadable", "the sql of site in study.yml fails on its rows") from error


def with_lineage(table: pa.Table, source_file: str, site: str) -> pa.Table:
    """Put the delivered file, the 1-based data row and the site in front of every row."""
    rows = table.num_rows
    lineage = [_repeated(source_file, rows), pa.arange(1, rows + 1), _repeated(site, rows)]
    return pa.table([*lineage, *table.columns], names=[*LINEAGE_COLUMNS, *table.column_names])


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
    return list(dict.fromkeys([*required, *_read_columns(source.subject), *_read_columns(source.site)]))


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
