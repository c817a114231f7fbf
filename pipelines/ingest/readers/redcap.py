"""Reads a REDCap export (CSV, raw data): the whole file as it is, and with the data dictionary a table an instrument.

Each filled cell stands in the whole file and in the table of the one instrument that it belongs to.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.ingest.readers.csv_text import CsvReader
from pipelines.ingest.readers.reader import Content, Reading, Table
from pipelines.ingest.readers.redcap_dictionary import DATA_POINTS, Dictionary, load_dictionary
from pipelines.ingest.readers.redcap_export import EVENT, GROUP, Export, export_of
from pipelines.ingest.readers.redcap_points import data_points
from pipelines.ingest.readers.redcap_remarks import remarks_on_columns, remarks_on_rows
from pipelines.ingest.refusal import Refusal
from pipelines.study_source import Source

_VARIABLE_NAME = re.compile(r"[a-z][a-z0-9_]*")
_CURE = "export it from REDCap as CSV (raw data), not with labels"

# What stands for 1 and 0 of a choice, and for 0, 1, 2 of an instrument's status, where labels were exported.
_LABELS = pa.array(["checked", "unchecked", "incomplete", "unverified", "complete"])


class RedcapReader:
    """One row per record, event and repeat instance; the first column names the record.

    A reading holds the whole table, named "", and with a dictionary: the instruments of which the file has a column,
    the dictionary itself (`data_dictionary`), and on request `data_points`.
    """

    version = f"redcap-2/{CsvReader.version}"

    def read(self, data: Content, source: Source) -> Reading:
        """Read a whole file; see `Reader`."""
        read = CsvReader().read(data, source)
        (whole,) = read.tables
        dictionary = load_dictionary(source)
        _refuse_foreign(whole.header, dictionary)
        export = export_of(whole, dictionary)
        whole = replace(
            whole,
            keys=frozenset(whole.header[place] for place in export.keys.values()),
            subject=whole.header[0],
            site=whole.header[export.keys[GROUP]] if GROUP in export.keys else None,
        )
        export = replace(export, whole=whole)
        if dictionary is None:
            remarks = [*read.remarks, *remarks_on_rows(export, [whole], [])]
            return Reading((whole,), remarks=tuple(remarks), counts=_counts(export, []))
        if export.unknown and not export.owners:
            text = "the data dictionary that study.yml names knows none of the columns; is it of another project?"
            raise Refusal("wrong_dictionary", text, 1)
        _refuse_labels(export)
        forms = [form for form in dictionary.forms if export.places_of(form)]
        instruments = [_instrument(export, form) for form in forms]
        remarks = [
            *read.remarks,
            *remarks_on_columns(export, dictionary, source),
            *remarks_on_rows(export, [whole, *instruments] if source.table is None else instruments, forms),
        ]
        return Reading(
            (whole, *instruments, dictionary.table),
            remarks=tuple(remarks),
            counts=_counts(export, forms),
            on_request={DATA_POINTS: partial(data_points, export, instruments)},
        )


def _refuse_foreign(header: tuple[str, ...], dictionary: Dictionary | None) -> None:
    """Refuse a header that is not that of a raw export, or not that of the dictionary's project."""
    first = header[0].strip()
    if dictionary is not None and first.casefold() != dictionary.record_id.name.casefold():
        if first and first.casefold() == dictionary.record_id.label.casefold():
            raise Refusal("labels_exported", f"the header has the labels of the fields, not their names; {_CURE}", 1)
        text = f"the first column is not {dictionary.record_id.name}, the record id of the data dictionary"
        raise Refusal("no_record_id", f"{text}; {_CURE}, or name the dictionary of this project", 1)
    odd = [place for place, name in enumerate(header, start=1) if not _is_variable(name.strip())]
    if odd:
        text = f"{len(odd)} of {len(header)} columns have no name of a REDCap variable, first column {odd[0]}"
        raise Refusal("not_redcap", f"{text}; {_CURE}", 1)
    if not first or first.casefold().startswith("redcap_"):
        raise Refusal("no_record_id", f"the first column does not name the record; {_CURE}", 1)


def _refuse_labels(export: Export) -> None:
    """Refuse an export whose header has names and whose cells have labels, as REDCap's API writes it if asked."""
    labelled = [
        place
        for place, owner in export.owners.items()
        if owner.code is not None or owner.field is None
        if pc.any(pc.is_in(pc.utf8_lower(export.column(place)), _LABELS)).as_py()
    ]
    if labelled:
        text = f"{len(labelled)} columns hold labels (Checked, Complete), not codes, first column {labelled[0] + 1}"
        raise Refusal("labels_exported", f"{text}; {_CURE}")


def _is_variable(name: str) -> bool:
    # Blank and repeated names are judged with the layout; who opened the file elsewhere may have changed their case.
    return not name or _VARIABLE_NAME.fullmatch(name.casefold()) is not None


def _instrument(export: Export, form: str) -> Table:
    """Return the rows of an instrument: those that repeat it, and those in which a cell of it is filled."""
    belongs, repeats = export.is_filled(form), export.repeats(form)
    rows = pc.indices_nonzero(belongs if repeats is None else pc.or_(belongs, repeats))
    whole = export.whole
    columns = [*export.keys.values(), *export.places_of(form)]
    numbers = pc.cast(pc.add(rows, 1), pa.int64())
    return replace(
        whole,
        name=form,
        header=tuple(whole.header[place] for place in columns),
        rows=whole.rows.select(columns).take(rows),
        places=_rows(numbers) if whole.places is None else whole.places.take(rows),
        numbers=numbers,
        part_of=whole.name,
    )


def _rows(numbers: pa.Array) -> pa.Array:
    return pc.binary_join_element_wise("row", pc.cast(numbers, pa.string()), " ")


def _counts(export: Export, forms: list[str]) -> dict[str, int]:
    return dict(_counted(export, forms))


def _counted(export: Export, forms: list[str]) -> Iterator[tuple[str, int]]:
    yield "records", pc.count_distinct(export.column(0)).as_py()
    if (events := export.key(EVENT)) is not None:
        yield "events", pc.count_distinct(events).as_py()
    if (groups := export.key(GROUP)) is not None:
        yield "data_access_groups", pc.count_distinct(groups.filter(pc.not_equal(groups, ""))).as_py()
    if forms:
        yield "instruments", len(forms)
