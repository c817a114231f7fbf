"""What a made-up ODM file has in any version: one snapshot, its metadata, and its data by subject and event."""

from __future__ import annotations

import io
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from pipelines.simulate.exports import SOURCES, Mapped
from pipelines.simulate.layouts.export_layout import NumberedTables
from pipelines.simulate.layouts.study_structure import (
    FORMS,
    by_subject_and_event,
    event_of,
    event_order,
    file_of_form,
    is_scheduled,
    slug,
    subject_of,
)
from pipelines.simulate.site_records import Row, SiteRecords
from pipelines.simulate.style import Style, System
from pipelines.simulate.subject_course import SCHEDULE
from pipelines.simulate.written_table import WrittenTable

# An lxml element; lxml has no types of its own.
Element = Any
METADATA_VERSION = "MDV.1"
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
# A form's rows at one event: the form's table, and the rows.
EventForms = list[tuple[WrittenTable, list[Row]]]
# Columns that the reader makes of the keys of a group of items.
_KEYS = (
    "StudyOID", "MetaDataVersionOID", "StudyEventOID", "StudyEventRepeatKey", "FormOID", "FormRepeatKey",
    "ItemGroupOID", "ItemGroupRepeatKey",
)  # fmt: skip


@dataclass(frozen=True)
class SubjectForms:
    """What was entered for one subject: event -> its forms, both in the file's order."""

    subject: str
    site: str
    events: Mapping[str, EventForms]


class OdmFile(NumberedTables, ABC):
    """A snapshot of the forms of a site; a subject's id and its site are keys, every other column an item."""

    suffix = ".xml"
    systems: frozenset[System] = frozenset({"edc"})
    version: str
    namespace: str

    def file_of(self, source: str) -> str:
        """Return the file of a form; see `file_of_form`."""
        return file_of_form(source)

    def ordered(self, source: str, rows: Sequence[Row]) -> list[Row]:
        """Return a form's rows by subject and event, as they stand in the document."""
        return by_subject_and_event(source, rows)

    def declare(self, source: str, _style: Style) -> Mapped:
        """Return the format, the item group, and which keys and items are which columns."""
        layout = SOURCES[source]
        keys = {"SubjectKey": layout.subject, "LocationOID": layout.site}
        items = {item_oid(source, column): column for column in layout.columns if column not in keys.values()}
        return {"format": "odm", "table": source, "aliases": keys | items}

    def own_columns(self, _source: str) -> Sequence[str]:
        """Return the keys of a group of items that are no column of the form."""
        return _KEYS

    def beside_study(self) -> Mapping[str, bytes]:
        """Return none: an ODM file carries its own metadata."""
        return {}

    def write(self, site: SiteRecords, file: str, tables: Sequence[WrittenTable], day: date) -> bytes:
        """Return the snapshot; a subject at a time is held as elements."""
        from lxml import etree

        moment = f"{day.isoformat()}T05:00:00"
        about = {
            "FileType": "Snapshot", "FileOID": f"{site.study}.{site.site}.{file}.{day.isoformat()}",
            "CreationDateTime": moment, "AsOfDateTime": moment, "ODMVersion": self.version,
            "Granularity": "All", "SourceSystem": "Made-up EDC", "SourceSystemVersion": "1",
        }  # fmt: skip
        subjects = _by_subject(tables)
        buffer = io.BytesIO()
        with etree.xmlfile(buffer, encoding="UTF-8") as xml:
            xml.write_declaration()
            with xml.element("ODM", about, nsmap={None: self.namespace}):
                xml.write("\n")
                for element in (self.study(site, tables, _events_of(subjects)), self.admin_data(site)):
                    xml.write(element, pretty_print=True)
                with xml.element("ClinicalData", {"StudyOID": site.study, "MetaDataVersionOID": METADATA_VERSION}):
                    xml.write("\n")
                    for subject in subjects:
                        xml.write(self._subject_data(subject), pretty_print=True)
        return buffer.getvalue() + b"\n"

    def _subject_data(self, subject: SubjectForms) -> Element:
        data = element("SubjectData", SubjectKey=subject.subject)
        element("SiteRef", data, LocationOID=subject.site)
        for event, forms in subject.events.items():
            at = element("StudyEventData", data, StudyEventOID=event_oid(event), StudyEventRepeatKey="1")
            self.event_data(at, forms)
        return data

    @abstractmethod
    def study(self, site: SiteRecords, tables: Sequence[WrittenTable], events: Mapping[str, list[str]]) -> Element:
        """Return the Study element; `events` names the forms of each event, both in order."""

    @abstractmethod
    def admin_data(self, site: SiteRecords) -> Element:
        """Return the AdminData element, which names the site."""

    @abstractmethod
    def event_data(self, at: Element, forms: EventForms) -> None:
        """Put the forms of an event below its element."""


def element(tag: str, parent: Element | None = None, /, **attributes: str) -> Element:
    """Return a new element, the last below its parent where it has one."""
    from lxml import etree

    return etree.Element(tag, attributes) if parent is None else etree.SubElement(parent, tag, attributes)


def translated(tag: str, parent: Element, text: str, **attributes: str) -> None:
    """Put an element below another that holds a text in English."""
    child = element("TranslatedText", element(tag, parent), **attributes)
    child.set(XML_LANG, "en")
    child.text = text


def items_of(table: WrittenTable) -> list[str]:
    """Return the columns of a table that are items: all but the subject and the site, which are keys."""
    return [column for column in table.columns if column not in (table.subject, table.site)]


def event_oid(event: str) -> str:
    """Return the OID of an event."""
    return f"SE.{slug(event).upper()}"


def event_type(event: str) -> str:
    """Return what kind of event it is."""
    if is_scheduled(event):
        return "Scheduled"
    return "Unscheduled" if event.startswith("Unscheduled") else "Common"


def form_oid(source: str) -> str:
    """Return the OID of a form."""
    return f"F.{source}"


def item_oid(source: str, column: str) -> str:
    """Return the OID of an item."""
    return f"{source}.{column}"


def _by_subject(tables: Sequence[WrittenTable]) -> list[SubjectForms]:
    found: dict[tuple[str, str], dict[str, dict[str, tuple[WrittenTable, list[Row]]]]] = {}
    for table in tables:
        for row in table.rows:
            events = found.setdefault(subject_of(table.source, row), {})
            events.setdefault(event_of(row), {}).setdefault(table.source, (table, []))[1].append(row)
    return [
        SubjectForms(*whose, {event: list(forms.values()) for event, forms in sorted(events.items(), key=_place)})
        for whose, events in sorted(found.items(), key=lambda item: item[0])
    ]


def _place(event: tuple[str, object]) -> tuple[int, str]:
    return event_order(event[0])


def _events_of(subjects: Sequence[SubjectForms]) -> dict[str, list[str]]:
    """Return the schedule's events and those that were used, each with the forms that were."""
    forms: dict[str, set[str]] = {visit.name: set() for visit in SCHEDULE}
    for subject in subjects:
        for event, entered in subject.events.items():
            forms.setdefault(event, set()).update(table.source for table, _ in entered)
    return {event: [form for form in FORMS if form in forms[event]] for event in sorted(forms, key=event_order)}
