"""ODM-XML 2.0: a form is a group of items that holds groups, a value is an element of its own."""

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

_PLAIN = {"Type": "text/plain"}


class Odm20(OdmFile):
    """The lines of a log are repeats of the inner group, other rows are repeats of the form's group."""

    version = "2.0"
    namespace = "http://www.cdisc.org/ns/odm/v2.0"

    def own_columns(self, source: str) -> Sequence[str]:
        """Return the keys of a group of items, among them those of the group around it."""
        return (*super().own_columns(source), "ParentItemGroupOID", "ParentItemGroupRepeatKey")

    def study(self, site: SiteRecords, tables: Sequence[WrittenTable], events: Mapping[str, list[str]]) -> Element:
        """Return the study with its one version of metadata."""
        study = element("Study", OID=site.study, StudyName=site.study, ProtocolName=site.study)
        translated("Description", study, f"A made-up study in {site.style.indication}", **_PLAIN)
        metadata = element("MetaDataVersion", study, OID=METADATA_VERSION, Name="Version 1")
        for event, forms in events.items():
            event_def = element(
                "StudyEventDef", metadata, OID=event_oid(event), Name=event, Repeating="No", Type=event_type(event)
            )
            for number, form in enumerate(forms, start=1):
                element(
                    "ItemGroupRef", event_def,
                    ItemGroupOID=form_oid(form), OrderNumber=str(number), Mandatory="No",
                )  # fmt: skip
        _define_groups(metadata, tables)
        return study

    def admin_data(self, site: SiteRecords) -> Element:
        """Return the site as a location."""
        admin = element("AdminData", StudyOID=site.study)
        location = element("Location", admin, OID=site.site, Name=site.hospital.name, Role="Site")
        element(
            "MetaDataVersionRef", location,
            StudyOID=site.study, MetaDataVersionOID=METADATA_VERSION, EffectiveDate=site.activation.isoformat(),
        )  # fmt: skip
        return admin

    def event_data(self, at: Element, forms: EventForms) -> None:
        """Put the forms of an event below it, as groups that hold a group."""
        for table, rows in forms:
            if table.source in LOGS:
                form = _group(at, form_oid(table.source), 1)
                for number, row in enumerate(rows, start=1):
                    _put_items(_group(form, table.source, number), table, row)
            else:
                for number, row in enumerate(rows, start=1):
                    form = _group(at, form_oid(table.source), number)
                    _put_items(_group(form, table.source, 1), table, row)


def _group(at: Element, oid: str, number: int) -> Element:
    return element("ItemGroupData", at, ItemGroupOID=oid, ItemGroupRepeatKey=str(number))


def _put_items(group: Element, table: WrittenTable, row: Row) -> None:
    for column in items_of(table):
        if row[column]:
            item = element("ItemData", group, ItemOID=item_oid(table.source, column))
            element("Value", item).text = row[column]


def _define_groups(metadata: Element, tables: Sequence[WrittenTable]) -> None:
    for table in tables:
        form_repeats, group_repeats = ("No", "Simple") if table.source in LOGS else ("Simple", "No")
        form = element(
            "ItemGroupDef", metadata,
            OID=form_oid(table.source), Name=f"{table.source} form", Repeating=form_repeats, Type="Form",
        )  # fmt: skip
        element("ItemGroupRef", form, ItemGroupOID=table.source, OrderNumber="1", Mandatory="No")
        group = element(
            "ItemGroupDef", metadata, OID=table.source, Name=table.source, Repeating=group_repeats, Type="Section"
        )
        for number, column in enumerate(items_of(table), start=1):
            element("ItemRef", group, ItemOID=item_oid(table.source, column), OrderNumber=str(number), Mandatory="No")
    for table in tables:
        for column in items_of(table):
            length = max([1, *(len(row[column]) for row in table.rows)])
            item = element(
                "ItemDef", metadata,
                OID=item_oid(table.source, column), Name=column, DataType="text", Length=str(length),
            )  # fmt: skip
            translated("Question", item, f"{SOURCES[table.source].dataset} {column}", **_PLAIN)
