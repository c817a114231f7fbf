"""A REDCap project a site: records at events that repeat whole, logs that repeat as instruments, a data dictionary."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
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


def _lines(tables: Sequence[WrittenTable]) -> Iterator[Line]:
    """Yield each record's lines: its visits in their order, each with all forms of the visit, then its logs."""
    visits: dict[tuple[str, str], dict[tuple[tuple[int, str], int], Line]] = {}
    logs: dict[tuple[str, str], list[Line]] = {}
    for table in tables:
        is_of_visit = table.source in _VISIT_FORMS
        instances: dict[tuple[tuple[str, str], str], int] = {}
        for row in table.rows:
            whose = subject_of(table.source, row)
            event = event_of(row) if is_of_visit else ""
            instance = instances[whose, event] = instances.get((whose, event), 0) + 1
            if is_of_visit:
                line = visits.setdefault(whose, {}).setdefault((event_order(event), instance), {})
                line[_EVENT] = f"{slug(event)}_arm_1"
            else:
                line = {_EVENT: _LOG_EVENT, _INSTRUMENT: _form(table.source)}
                logs.setdefault(whose, []).append(line)
            line |= {_RECORD: whose[0], _GROUP: whose[1], _INSTANCE: str(instance), _status(table.source): _COMPLETE}
            line |= {_field(table.source, column): row[column] for column in _fields_of(table)}
    for whose in sorted({*visits, *logs}):
        yield from (line for _, line in sorted(visits.get(whose, {}).items(), key=lambda item: item[0]))
        yield from logs.get(whose, [])


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
