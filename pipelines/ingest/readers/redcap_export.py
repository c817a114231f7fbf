"""What stands in a REDCap export: the columns that say whose a row is, and whose every other column is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.ingest.readers.reader import Table
from pipelines.ingest.readers.redcap_dictionary import ColumnOwner, Dictionary, DictionaryField

EVENT = "redcap_event_name"
REPEAT_INSTRUMENT = "redcap_repeat_instrument"
REPEAT_INSTANCE = "redcap_repeat_instance"
GROUP = "redcap_data_access_group"
# What REDCap itself writes beside the record id; it says whose a row is.
KEY_COLUMNS = (EVENT, REPEAT_INSTRUMENT, REPEAT_INSTANCE, GROUP, "redcap_survey_identifier")


@dataclass(frozen=True)
class Export:
    """An export's whole table. `keys` are REDCap's own columns by name, the record id first, each with its place.

    `owners` gives the owner of every other column by place; `unknown` are the places that the dictionary does not know.
    Without a dictionary both are empty.
    """

    whole: Table
    keys: Mapping[str, int]
    owners: Mapping[int, ColumnOwner]
    unknown: tuple[int, ...]

    def column(self, place: int) -> pa.ChunkedArray:
        """Return one column's cells."""
        return self.whole.rows.column(place)

    def key(self, name: str) -> pa.ChunkedArray | None:
        """Return the cells of one of REDCap's own columns, None where the export has none."""
        return self.column(self.keys[name]) if name in self.keys else None

    def places_of(self, form: str) -> list[int]:
        """Return the columns of an instrument in their order."""
        return [place for place, owner in self.owners.items() if owner.form == form]

    @cached_property
    def cut_checkboxes(self) -> Mapping[str, tuple[str, ...]]:
        """The checkboxes of which the file has some columns only, each with the listed choices that it lacks.

        What is ticked of them nobody can tell.
        """
        exported: dict[DictionaryField, set[str | None]] = {}
        for owner in self.owners.values():
            if owner.field is not None and owner.code is not None:
                exported.setdefault(owner.field, set()).add(owner.code)
        lacking = {field.name: tuple(code for code in field.codes if code not in exported[field]) for field in exported}
        return {name: codes for name, codes in lacking.items() if codes}

    def is_filled(self, form: str) -> pa.ChunkedArray:
        """Return for each row whether a cell of an instrument is filled; it has at least one column."""
        first, *others = [pc.not_equal(self.column(place), "") for place in self.places_of(form)]
        for other in others:
            first = pc.or_(first, other)
        return first

    def repeats(self, form: str) -> pa.ChunkedArray | None:
        """Return for each row whether it says that it repeats an instrument, None where nothing repeats."""
        repeated = self.key(REPEAT_INSTRUMENT)
        return None if repeated is None else pc.equal(repeated, form)


def export_of(whole: Table, dictionary: Dictionary | None) -> Export:
    """Tell the columns of a whole table apart; its first is the record id."""
    names = [name.strip().casefold() for name in whole.header]
    keys = {names[0]: 0} | {name: place for place, name in enumerate(names) if place and name in KEY_COLUMNS}
    owners, unknown = {}, []
    for place, name in enumerate(names):
        if dictionary is None or place in keys.values():
            continue
        owner = dictionary.owner_of(name)
        if owner is None:
            unknown.append(place)
        else:
            owners[place] = owner
    return Export(whole, keys, owners, tuple(unknown))
