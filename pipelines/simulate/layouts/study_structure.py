"""How a study's forms hang together, for layouts that know visits and repeats: their files, events, order and logs."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipelines.simulate.exports import SOURCES
from pipelines.simulate.site_records import Row
from pipelines.simulate.subject_course import SCHEDULE

# The file that holds all forms but those that a site may send again alone.
ALL_FORMS = "EDC"
# Forms of which one page holds many lines; of the others, each row is a page.
LOGS = frozenset({"AE", "CM", "MH", "LB", "IE", "CONSENT"})
# Where forms hang that are of no visit.
NO_VISIT = "Subject"

FORMS = tuple(name for name, layout in SOURCES.items() if layout.system == "edc")

_VISIT_COLUMNS = ("instancename", "visnam")
_SCHEDULED = {visit.name: place for place, visit in enumerate(SCHEDULE)}


def file_of_form(source: str) -> str:
    """Return the file of a form: that of all forms, or one of its own where the site may send it again alone."""
    return source if SOURCES[source].sent_alone else ALL_FORMS


def event_of(row: Row) -> str:
    """Return the name of the event at which a row was entered."""
    return next((row[column] for column in _VISIT_COLUMNS if row.get(column)), NO_VISIT)


def is_scheduled(event: str) -> bool:
    """Whether an event is a visit of the schedule."""
    return event in _SCHEDULED


def event_order(event: str) -> tuple[int, str]:
    """Return what events are sorted by: scheduled visits in their order, then all others by name."""
    return _SCHEDULED.get(event, len(_SCHEDULED)), event


def subject_of(source: str, row: Row) -> tuple[str, str]:
    """Return whose a row is: subject and site."""
    layout = SOURCES[source]
    return row[layout.subject] if layout.subject else "", row[layout.site]


def by_subject_and_event(source: str, rows: Sequence[Row]) -> list[Row]:
    """Return a form's rows by subject and event, otherwise in the order given."""
    return sorted(rows, key=lambda row: (subject_of(source, row), event_order(event_of(row))))


def slug(name: str) -> str:
    """Return a name in small letters, digits and underscores, fit for an identifier."""
    return re.sub(r"[^a-z0-9]+", "_", name.casefold()).strip("_")
