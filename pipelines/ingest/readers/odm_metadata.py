"""Definitions in an ODM file: the tables and columns that its metadata versions declare, items, code lists, people."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from pipelines.ingest.readers.odm_names import Names, item_column
from pipelines.ingest.readers.odm_records import RecordKeeper, place_of
from pipelines.ingest.readers.xml_stream import Element, attributes_of
from pipelines.ingest.refusal import Refusal

DEFINITIONS = ("FormDef", "ItemGroupDef", "ItemDef", "CodeList", "MeasurementUnit", "StudyEventDef")
SECTIONS = ("Study", "MetaDataVersion", "AdminData", "Association")

# Rows of ItemDef: one for each item of each group in each form, so that few definitions may make very many.
MAX_ITEM_USES = 1_000_000

_ITEM_COLUMNS = (
    *("StudyOID", "MetaDataVersionOID", "FormOID", "ItemGroupOID", "OID", "Name", "DataType", "Length"),
    *("Mandatory", "CodeListOID", "Question"),
)


@dataclass
class _Version:
    """What was read of one MetaDataVersion."""

    study: str
    oid: str
    groups: dict[str, dict[str, str]] = field(default_factory=dict)
    """Item group: its items, each with its Mandatory."""
    parents: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """Item group: the forms, or in ODM 2.0 the outer groups, that it is part of."""
    items: dict[str, tuple[dict[str, str], str]] = field(default_factory=dict)
    """Item: its definition, and where that stands."""


class MetadataReader:
    """Takes definitions as they end, and adds those of a metadata version to the tables when it ends."""

    def __init__(self, names: Names, records: RecordKeeper) -> None:
        self._names = names
        self._records = records
        self._tables = records.tables
        self._study = ""
        self._version = _Version("", "")
        self.item_defs = 0
        self._item_uses = 0

    def start(self, name: str, element: Element) -> None:
        """Take the begin of a section."""
        if name == "Study":
            self._study = element.get("OID") or ""
        elif name == "MetaDataVersion":
            self._version = _Version(self._study, element.get("OID") or "")

    def end(self, name: str, element: Element) -> None:
        """Take the end of a definition or a section."""
        if name == "FormDef":
            self._take_parts(element)
        elif name == "ItemGroupDef":
            self._take_group(element)
        elif name == "ItemDef":
            self._take_item(element)
        elif name == "CodeList":
            self._take_codes(element)
        elif name == "MeasurementUnit":
            self._take_unit(element)
        elif name == "MetaDataVersion":
            self._add_version()
        elif name == "Study":
            self._add_study(element)
        elif name in ("AdminData", "Association"):
            self._add_others(name, element)

    def _take_parts(self, element: Element) -> None:
        for part in element.iterchildren(self._names.tag("ItemGroupRef")):
            self._version.parents[part.get("ItemGroupOID") or ""].append(element.get("OID") or "")

    def _take_group(self, element: Element) -> None:
        self._take_parts(element)
        items = self._version.groups.setdefault(element.get("OID") or "", {})
        for part in element.iterchildren(self._names.tag("ItemRef")):
            items[part.get("ItemOID") or ""] = part.get("Mandatory") or ""

    def _take_item(self, element: Element) -> None:
        self.item_defs += 1
        definition = {self._names.of(key, element): value for key, value in attributes_of(element)}
        reference = element.find(self._names.tag("CodeListRef"))
        if reference is not None:
            definition["CodeListOID"] = reference.get("CodeListOID") or ""
        definition["Question"] = self._text(element.find(self._names.tag("Question")))
        path = f"/ODM/Study/MetaDataVersion/ItemDef[{len(self._version.items) + 1}]"
        self._version.items[definition.get("OID", "")] = (definition, place_of(element, path))

    def _take_codes(self, element: Element) -> None:
        kinds = (self._names.tag("CodeListItem"), self._names.tag("EnumeratedItem"))
        for code in element.iterchildren(*kinds):
            row = {
                **self._owner(),
                "CodeListOID": element.get("OID") or "",
                "CodedValue": code.get("CodedValue") or "",
                "Decode": self._text(code.find(self._names.tag("Decode"))),
            }
            self._tables.add_record("CodeListItem", row, place_of(code, "/ODM/Study/MetaDataVersion/CodeList"))

    def _take_unit(self, element: Element) -> None:
        row = {
            "StudyOID": self._study,
            "OID": element.get("OID") or "",
            "Name": element.get("Name") or "",
            "Symbol": self._text(element.find(self._names.tag("Symbol"))),
        }
        self._tables.add_record("MeasurementUnit", row, place_of(element, "/ODM/Study/BasicDefinitions"))

    def _owner(self) -> dict[str, str]:
        return {"StudyOID": self._version.study, "MetaDataVersionOID": self._version.oid}

    def _text(self, element: Element | None) -> str:
        """Return the first translation of a text, or the text itself."""
        if element is None:
            return ""
        translated = element.find(self._names.tag("TranslatedText"))
        return (element if translated is None else translated).text or ""

    def _add_version(self) -> None:
        version = self._version
        blank = dict.fromkeys(_ITEM_COLUMNS, "") | self._owner()
        used: set[str] = set()
        for group, items in version.groups.items():
            if group:
                self._tables.declare_group(group, [item_column(item) for item in items if item])
            for form in _outermost(group, version.parents):
                self._item_uses += len(items) or 1
                if self._item_uses > MAX_ITEM_USES:
                    text = (
                        f"the definitions use items more than {MAX_ITEM_USES:,} times, counted by form and item group"
                    )
                    raise Refusal("too_large", text)
                for item, mandatory in items.items():
                    definition, place = version.items.get(item, ({"OID": item}, "/ODM/Study/MetaDataVersion"))
                    own = {"FormOID": form, "ItemGroupOID": group, "Mandatory": mandatory}
                    self._tables.add_record("ItemDef", blank | definition | own, place)
                    used.add(item)
        for item, (definition, place) in version.items.items():
            if item not in used:
                self._tables.add_record("ItemDef", blank | definition, place)
        self._version = _Version("", "")

    def _add_study(self, element: Element) -> None:
        row = {self._names.of(key, element): value for key, value in attributes_of(element)}
        for part in element.iterfind(f"{self._names.tag('GlobalVariables')}/*"):
            if not len(part):
                row[self._names.of(part.tag, part)] = part.text or ""
        self._tables.add_record("Study", row, place_of(element, "/ODM/Study"))

    def _add_others(self, name: str, element: Element) -> None:
        """Add users, locations and what else stands in a section, each kind as a table of its own."""
        parts = [element] if name == "Association" else element
        owner = {"StudyOID": element.get("StudyOID") or ""} if name == "AdminData" else {}
        for part in parts:
            kind = self._names.of(part.tag, part)
            row = {**owner, **self._records.flatten(part, kind)}
            self._tables.add_record(kind, row, place_of(part, f"/ODM/{name}"))


def _outermost(group: str, parents: dict[str, list[str]]) -> Iterator[str]:
    """Yield the forms that a group belongs to, through any groups between; blank where it belongs to none."""
    found: dict[str, None] = {}
    seen: set[str] = set()
    ahead = deque(parents.get(group, ()))
    while ahead:
        form = ahead.popleft()
        if form not in seen:
            seen.add(form)
            above = parents.get(form)
            if above:
                ahead += above
            else:
                found[form] = None
    yield from found or {"": None}
