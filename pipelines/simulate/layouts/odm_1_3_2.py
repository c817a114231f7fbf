"""ODM-XML 1.3.2: forms below events, groups of items below forms, a value as an attribute."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipelines.simulate.exports import SOURCES
from pipelines.simulate.layouts.odm_file import (
    METADATA_VERSION,
    Element,
    EventForms,
    OdmFile,
    element,
    event_oid,
    event_type,
    form_oid,
    item_oid,
    items_of,
    translated,
)
from pipelines.simulate.layouts.study_structure import LOGS
from pipelines.simulate.site_records import Row, SiteRecords
from pipelines.simulate.written_table import WrittenTable


class Odm132(OdmFile):
    """The lines of a log are repeats of a group of items, other rows are repeats of the form."""

    version = "1.3.2"
    namespace = "http://www.cdisc.org/ns/odm/v1.3"

    def study(self, site: SiteRecords, tables: Sequence[WrittenTable], events: Mapping[str, list[str]]) -> Element:
        """Return the study with its one version of metadata."""
        study = element("Study", OID=site.study)
        about = element("GlobalVariables", study)
        for tag, text in (
            ("StudyName", site.study),
            ("StudyDescription", f"A made-up study in {site.style.indication}"),
            ("ProtocolName", site.study),
        ):
            element(tag, about).text = text
        metadata = element("MetaDataVersion", study, OID=METADATA_VERSION, Name="Version 1")
        protocol = element("Protocol", metadata)
        for number, event in enumerate(events, start=1):
            element(
                "StudyEventRef", protocol,
                StudyEventOID=event_oid(event), OrderNumber=str(number), Mandatory="No",
            )  # fmt: skip
        for event, forms in events.items():
            event_def = element(
                "StudyEventDef", metadata, OID=event_oid(event), Name=event, Repeating="No", Type=event_type(event)
            )
            for form in forms:
                element("FormRef", event_def, FormOID=form_oid(form), Mandatory="No")
        _define_forms(metadata, tables)
        return study

    def admin_data(self, site: SiteRecords) -> Element:
        """Return the site as a location."""
        admin = element("AdminData", StudyOID=site.study)
        location = element("Location", admin, OID=site.site, Name=site.hospital.name, LocationType="Site")
        element(
            "MetaDataVersionRef", location,
            StudyOID=site.study, MetaDataVersionOID=METADATA_VERSION, EffectiveDate=site.activation.isoformat(),
        )  # fmt: skip
        return admin

    def event_data(self, at: Element, forms: EventForms) -> None:
        """Put the forms of an event below it, with their groups and items."""
        for table, rows in forms:
            if table.source in LOGS:
                form = element("FormData", at, FormOID=form_oid(table.source), FormRepeatKey="1")
                for number, row in enumerate(rows, start=1):
                    _put_group(form, table, row, number)
            else:
                for number, row in enumerate(rows, start=1):
                    form = element("FormData", at, FormOID=form_oid(table.source), FormRepeatKey=str(number))
                    _put_group(form, table, row, 1)


def _put_group(form: Element, table: WrittenTable, row: Row, number: int) -> None:
    group = element("ItemGroupData", form, ItemGroupOID=table.source, ItemGroupRepeatKey=str(number))
    for column in items_of(table):
        if row[column]:
            element("ItemData", group, ItemOID=item_oid(table.source, column), Value=row[column])


def _define_forms(metadata: Element, tables: Sequence[WrittenTable]) -> None:
    for table in tables:
        is_log = table.source in LOGS
        form = element(
            "FormDef", metadata, OID=form_oid(table.source), Name=table.source, Repeating="No" if is_log else "Yes"
        )
        element("ItemGroupRef", form, ItemGroupOID=table.source, Mandatory="No")
    for table in tables:
        repeats = "Yes" if table.source in LOGS else "No"
        group = element("ItemGroupDef", metadata, OID=table.source, Name=table.source, Repeating=repeats)
        for number, column in enumerate(items_of(table), start=1):
            element("ItemRef", group, ItemOID=item_oid(table.source, column), OrderNumber=str(number), Mandatory="No")
    for table in tables:
        for column in items_of(table):
            length = max([1, *(len(row[column]) for row in table.rows)])
            item = element(
                "ItemDef", metadata,
                OID=item_oid(table.source, column), Name=column, DataType="text", Length=str(length),
            )  # fmt: skip
            translated("Question", item, f"{SOURCES[table.source].dataset} {column}")
