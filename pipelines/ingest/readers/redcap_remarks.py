"""What is odd about a REDCap export that was read whole: columns and rows that do not fit its dictionary."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.ingest.readers.reader import Remark, Table
from pipelines.ingest.readers.redcap_dictionary import Dictionary, is_among
from pipelines.ingest.readers.redcap_export import EVENT, REPEAT_INSTANCE, REPEAT_INSTRUMENT, Export
from pipelines.study_source import Source

# How many names or rows a remark lists before it only counts.
MAX_LISTED = 20
# A text on a form, never a column of the export.
_NEVER_EXPORTED = "descriptive"


def remarks_on_columns(export: Export, dictionary: Dictionary, source: Source) -> Iterator[Remark]:
    """Yield what the header and the dictionary do not have in common, and codes that are none by the dictionary."""
    header = export.whole.header
    if export.unknown:
        names = _listed(header[place].strip() for place in export.unknown)
        text = f"the data dictionary lacks {len(export.unknown)} columns, so no instrument's table has them: {names}"
        yield Remark("unknown_columns", text)
    # Where a contract says which columns must come, they are asked for one by one.
    if source.columns is None:
        yield from _fields_not_exported(export, dictionary)
    if export.cut_checkboxes:
        names = _listed(f"{name} ({', '.join(codes)})" for name, codes in export.cut_checkboxes.items())
        text = (
            f"{len(export.cut_checkboxes)} checkboxes lack the columns of choices, so they are no data points: {names}"
        )
        yield Remark("choices_not_exported", text)
    choices = [
        header[place].strip()
        for place, owner in export.owners.items()
        if owner.code is not None and not owner.is_listed and not is_among(owner.code, source.missing)
    ]
    if choices:
        text = f"{len(choices)} columns are choices that the data dictionary does not list: {_listed(choices)}"
        yield Remark("unknown_choices", text)
    yield from _codes_that_are_values(export, source)


def _fields_not_exported(export: Export, dictionary: Dictionary) -> Iterator[Remark]:
    """Yield what an instrument lacks of which the file has some columns; one may well export some instruments only."""
    forms = {owner.form for owner in export.owners.values()}
    exported = {owner.field.name for owner in export.owners.values() if owner.field is not None}
    exported.add(dictionary.record_id.name)
    fields = (field for field in dictionary.fields if field.form in forms and field.kind != _NEVER_EXPORTED)
    absent = [field.name for field in fields if field.name not in exported]
    if absent:
        text = f"{len(absent)} fields of the data dictionary were not exported: {_listed(absent)}"
        yield Remark("fields_not_exported", text)


def _codes_that_are_values(export: Export, source: Source) -> Iterator[Remark]:
    codes = pa.array(source.missing, pa.string())
    for place, owner in export.owners.items():
        if owner.field is None or not owner.field.takes_no_missing_codes:
            continue
        rows = pc.indices_nonzero(pc.is_in(export.column(place), codes))
        if len(rows):
            text = (
                f"{len(rows)} values of {owner.field.name} are a code that study.yml calls missing, but the dictionary "
                f"says @NOMISSING: {_rows(rows)}"
            )
            yield Remark("missing_code_in_nomissing", text, row=rows[0].as_py() + 1)


def remarks_on_rows(export: Export, tables: Iterable[Table], forms: list[str]) -> Iterator[Remark]:
    """Yield rows that no record claims, that are there twice, or whose instrument is not what they hold.

    `tables` are those in which no key may stand twice.
    """
    nameless = pc.indices_nonzero(pc.equal(pc.utf8_trim_whitespace(export.column(0)), ""))
    if len(nameless):
        yield Remark("blank_record_id", f"{len(nameless)} rows name no record: {_rows(nameless)}", row=_first(nameless))
    for table in tables:
        yield from _repeated(table)
    repeated = export.key(REPEAT_INSTRUMENT)
    if repeated is None or not forms:
        return
    unknown = pc.indices_nonzero(pc.invert(pc.is_in(repeated, pa.array(["", *forms]))))
    if len(unknown):
        text = (
            f"{len(unknown)} rows repeat an instrument that is not in the data dictionary: {_rows(unknown)}; is the "
            "dictionary older than the export, or were labels exported?"
        )
        yield Remark("unknown_instrument", text, row=_first(unknown))
    for form in forms:
        others = pa.array([one for one in forms if one != form], pa.string())
        elsewhere = pc.and_(pc.is_in(repeated, others), export.is_filled(form))
        rows = pc.indices_nonzero(elsewhere)
        if len(rows):
            text = f"{len(rows)} rows repeat another instrument but hold values of {form}: {_rows(rows)}"
            yield Remark("values_of_other_instrument", text, row=_first(rows))


def _repeated(table: Table) -> Iterator[Remark]:
    """Yield the rows of a table that share record, event, instrument and instance."""
    names = [name.strip().casefold() for name in table.header]
    places = [0, *(place for place, name in enumerate(names) if name in (EVENT, REPEAT_INSTRUMENT, REPEAT_INSTANCE))]
    columns = table.rows.select(places).rename_columns([str(place) for place in places])
    rows = pl.DataFrame(columns).is_duplicated().arg_true().to_arrow()
    if len(rows):
        rows = rows if table.numbers is None else pc.subtract(table.numbers.take(rows), 1)
        text = f"{len(rows)} rows have record, event and repeat instance in common with another: {_rows(rows)}"
        yield Remark("repeated_key", text, table.name, _first(rows))


def _first(rows: pa.Array) -> int:
    return int(rows[0].as_py()) + 1


def _rows(rows: pa.Array) -> str:
    listed = ", ".join(str(row + 1) for row in rows.slice(0, MAX_LISTED).to_pylist())
    rest = f" and {len(rows) - MAX_LISTED} more" if len(rows) > MAX_LISTED else ""
    return f"row{'s' if len(rows) > 1 else ''} {listed}{rest}"


def _listed(names: Iterable[str]) -> str:
    named = list(names)
    rest = f" and {len(named) - MAX_LISTED} more" if len(named) > MAX_LISTED else ""
    return ", ".join(named[:MAX_LISTED]) + rest
