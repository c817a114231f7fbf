"""A REDCap project a site: records at events that repeat whole, logs that repeat as instruments, a data dictionary."""

from __future__ import annotations

import csv
import io
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date

from pipelines.simulate.exports import SOURCES, Mapped
from pipelines.simulate.layouts.study_structure import (
    FORMS,
    by_subject_and_event,
    event_of,
    event_order,
    file_of_form,
    slug,
    subject_of,
)
from pipelines.simulate.site_records import Row, SiteRecords
from pipelines.simulate.style import Style, System
from pipelines.simulate.written_table import WrittenTable

DICTIONARY_FILE = "redcap_dictionary.csv"

_RECORD, _GROUP = "record_id", "redcap_data_access_group"
_EVENT, _INSTRUMENT, _INSTANCE = "redcap_event_name", "redcap_repeat_instrument", "redcap_repeat_instance"
_KEYS = (_RECORD, _EVENT, _INSTRUMENT, _INSTANCE, _GROUP)
# Forms that are filled in once a visit; a visit that was entered twice is an event that repeats.
_VISIT_FORMS = ("DM", "VISDT", "VS", "EG", "EX")
_LOG_EVENT = "logs_arm_1"
_COMPLETE = "2"
_DICTIONARY_HEADER = (
    "Variable / Field Name", "Form Name", "Section Header", "Field Type", "Field Label",
    "Choices, Calculations, OR Slider Labels", "Field Note", "Text Validation Type OR Show Slider Number",
    "Text Validation Min", "Text Validation Max", "Identifier?", "Branching Logic (Show field only if...)",
    "Required Field?", "Custom Alignment", "Question Number (surveys only)", "Matrix Group Name", "Matrix Ranking?",
    "Field Annotation",
)  # fmt: skip

# A line of the export: by field, only what is filled.
Line = dict[str, str]
# What lines are sorted by: record and group; event, or instrument of a log; instance.
Place = tuple[tuple[str, str], tuple[int, str, int], int]


class RedcapProject:
    """Raw data as REDCap exports them: the record is the subject, the data access group the site."""

    suffix = ".csv"
    systems: frozenset[System] = frozenset({"edc"})

    def file_of(self, source: str) -> str:
        """Return the file of a form; see `file_of_form`."""
        return file_of_form(source)

    def ordered(self, source: str, rows: Sequence[Row]) -> list[Row]:
        """Return a form's rows by record, those of a visit form by event too."""
        if source in _VISIT_FORMS:
            return by_subject_and_event(source, rows)
        return sorted(rows, key=lambda row: subject_of(source, row))

    def row_numbers(self, rows: Mapping[str, Sequence[Row]]) -> Mapping[str, list[int]]:
        """Return the numbers of the lines: a line holds all forms of a visit."""
        places = _places(rows)
        lines = {place: number for number, place in enumerate(sorted(set().union(*places.values())), start=1)}
        return {source: [lines[place] for place in own] for source, own in places.items()}

    def declare(self, source: str, _style: Style) -> Mapped:
        """Return the format, the instrument, the dictionary, and which fields are which columns."""
        layout = SOURCES[source]
        keys = {_RECORD: layout.subject, _GROUP: layout.site}
        fields = {_field(source, column): column for column in _columns(source)}
        declared: Mapped = {"format": "redcap", "table": _form(source), "dictionary": DICTIONARY_FILE}
        return declared | {"aliases": keys | fields}

    def own_columns(self, source: str) -> Sequence[str]:
        """Return where a row stands in the project, and the status of the form."""
        return (_EVENT, _INSTRUMENT, _INSTANCE, _status(source))

    def beside_study(self) -> Mapping[str, bytes]:
        """Return the data dictionary."""
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(_DICTIONARY_HEADER)
        fields = [(_RECORD, _form(FORMS[0]), "Record ID")]
        fields += [(_field(source, column), _form(source), column) for source in FORMS for column in _columns(source)]
        rest = [""] * (len(_DICTIONARY_HEADER) - 5)
        writer.writerows([field, form, "", "text", label, *rest] for field, form, label in fields)
        return {DICTIONARY_FILE: text.getvalue().encode()}

    def write(self, _site: SiteRecords, _file: str, tables: Sequence[WrittenTable], _day: date) -> bytes:
        """Return the export: a line for each record, event, instrument that repeats, and instance."""
        header = [*_KEYS]
        for table in tables:
            header += [_field(table.source, column) for column in _fields_of(table)] + [_status(table.source)]
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, header, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(_lines(tables))
        return text.getvalue().encode()


def _places(rows: Mapping[str, Sequence[Row]]) -> dict[str, list[Place]]:
    """Return where each row of each form stands: in a record, first the visits in their order, then the logs."""
    placed: dict[str, list[Place]] = {}
    for position, (source, own) in enumerate(rows.items()):
        is_of_visit = source in _VISIT_FORMS
        instances: Counter[tuple[tuple[str, str], str]] = Counter()
        placed[source] = []
        for row in own:
            whose, event = subject_of(source, row), event_of(row) if is_of_visit else ""
            instances[whose, event] += 1
            order = (*event_order(event), -1) if is_of_visit else (sys.maxsize, "", position)
            placed[source].append((whose, order, instances[whose, event]))
    return placed


def _lines(tables: Sequence[WrittenTable]) -> list[Line]:
    """Return the lines: a visit's has all forms of the visit, a log's one entry."""
    lines: dict[Place, Line] = {}
    places = _places({table.source: table.rows for table in tables})
    for table in tables:
        for place, row in zip(places[table.source], table.rows, strict=True):
            whose, _, instance = place
            line = lines.setdefault(place, {_RECORD: whose[0], _GROUP: whose[1], _INSTANCE: str(instance)})
            if table.source in _VISIT_FORMS:
                line[_EVENT] = f"{slug(event_of(row))}_arm_1"
            else:
                line |= {_EVENT: _LOG_EVENT, _INSTRUMENT: _form(table.source)}
            line |= {_field(table.source, column): row[column] for column in _fields_of(table)}
            line[_status(table.source)] = _COMPLETE
    return [lines[place] for place in sorted(lines)]


def _form(source: str) -> str:
    return source.lower()


def _field(source: str, column: str) -> str:
    return f"{_form(source)}_{column}"


def _status(source: str) -> str:
    return f"{_form(source)}_complete"


def _columns(source: str) -> list[str]:
    """Return the columns of a form that are fields: all but the subject and the site, which are keys."""
    layout = SOURCES[source]
    return [column for column in layout.columns if column not in (layout.subject, layout.site)]


def _fields_of(table: WrittenTable) -> list[str]:
    return [column for column in table.columns if column not in (table.subject, table.site)]
