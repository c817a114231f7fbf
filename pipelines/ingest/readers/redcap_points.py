"""A REDCap export's data points: one row for every field of every instrument's row, also where it is blank."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.ingest.readers.reader import Table
from pipelines.ingest.readers.redcap_dictionary import DATA_POINTS
from pipelines.ingest.readers.redcap_export import REPEAT_INSTRUMENT, Export

# Behind the columns that say whose a row is.
POINT_COLUMNS = ("instrument", "field_name", "value")
# Between the codes of ticked choices, as the checks of choices read them.
_CODE_BREAK = ";"


def data_points(export: Export, instruments: list[Table]) -> Table:
    """Return the data points of the instruments' tables; a checkbox is one, its value the codes that are ticked.

    Only with the blank ones among them can a check tell a value that is missing from one that could not be given. On
    an instrument that nobody has opened nothing is missing: its rows have no data points. The cells are shared with the
    instruments' tables, so this takes little memory until it is written.
    """
    keys = [export.whole.header[place] for place in export.keys.values()]
    names = [f"f{place}" for place in range(len(keys) + len(POINT_COLUMNS))]
    parts, places = [], []
    for instrument in (_opened(export, instrument, len(keys)) for instrument in instruments):
        whose = instrument.rows.columns[: len(keys)]
        count = instrument.rows.num_rows
        for field, values in _values(export, instrument, len(keys)):
            fixed = [pa.repeat(pa.scalar(text), count) for text in (instrument.name, field)]
            parts.append(pa.table([*whose, *fixed, values], names=names))
            places.append(instrument.places)
    schema = pa.schema([(name, pa.string()) for name in names])
    header = (*keys, *POINT_COLUMNS)
    return replace(
        export.whole,
        name=DATA_POINTS,
        header=header,
        rows=pa.concat_tables(parts) if parts else schema.empty_table(),
        places=pa.chunked_array([chunk for place in places for chunk in _chunks(place)], pa.string()),
        numbers=None,
        keys=frozenset(header[:-1]),
        part_of=export.whole.name,
    )


def _opened(export: Export, instrument: Table, behind: int) -> Table:
    """Return the rows in which something was entered, the instrument's status was set, or its repetition was saved.

    REDCap writes 0 for a choice that is not ticked and for the status of an instrument that nobody has opened.
    """
    if REPEAT_INSTRUMENT in export.keys:
        repeated = instrument.rows.column(list(export.keys).index(REPEAT_INSTRUMENT))
        opened = pc.equal(repeated, instrument.name)
    else:
        opened = pa.repeat(pa.scalar(False), instrument.rows.num_rows)
    for position, place in enumerate(export.places_of(instrument.name), start=behind):
        owner = export.owners[place]
        untouched = ["", "0"] if owner.field is None or owner.code is not None else [""]
        touched = pc.invert(pc.is_in(instrument.rows.column(position), pa.array(untouched)))
        opened = pc.or_(opened, touched)
    rows = pc.indices_nonzero(opened)
    places = None if instrument.places is None else instrument.places.take(rows)
    return replace(instrument, rows=instrument.rows.take(rows), places=places)


def _chunks(places: pa.ChunkedArray | pa.Array | None) -> list[pa.Array]:
    if isinstance(places, pa.ChunkedArray):
        return list(places.chunks)
    return [] if places is None else [places]


def _values(export: Export, instrument: Table, behind: int) -> Iterator[tuple[str, pa.ChunkedArray]]:
    """Yield the name and the cells of each field of an instrument, whose own columns stand behind the keys.

    A checkbox without the columns of all its choices is left out: it would count as blank where the tick is elsewhere.
    """
    columns: dict[str, list[tuple[str | None, pa.ChunkedArray]]] = {}
    for position, place in enumerate(export.places_of(instrument.name), start=behind):
        owner = export.owners[place]
        if owner.field is not None and owner.field.name not in export.cut_checkboxes:
            columns.setdefault(owner.field.name, []).append((owner.code, instrument.rows.column(position)))
    for field, cells in columns.items():
        yield field, _ticked(cells) if cells[0][0] is not None else cells[0][1]


def _ticked(choices: list[tuple[str | None, pa.ChunkedArray]]) -> pa.ChunkedArray:
    """Return the codes of a checkbox that are ticked; what is neither ticked nor unticked stays as it is written."""
    marked = []
    for code, cells in choices:
        odd = pc.binary_join_element_wise("", cells, _CODE_BREAK)
        blank = pc.is_in(cells, pa.array(["0", ""]))
        marked.append(pc.if_else(pc.equal(cells, "1"), f"{_CODE_BREAK}{code}", pc.if_else(blank, "", odd)))
    return pc.utf8_slice_codeunits(pc.binary_join_element_wise(*marked, ""), len(_CODE_BREAK))
