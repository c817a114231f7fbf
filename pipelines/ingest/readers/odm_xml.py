"""Reads CDISC ODM-XML 1.2 to 2.0, snapshots and transactional files, into one table per item group.

Rules: ODM 1.3.2 and 2.0 specifications, CDISC; what vendors add in namespaces of their own is kept under their names.
"""

from __future__ import annotations

from collections.abc import Iterator

from pipelines.ingest.readers.odm_clinical import CONTAINERS, GROUP, ClinicalReader
from pipelines.ingest.readers.odm_metadata import DEFINITIONS, SECTIONS, MetadataReader
from pipelines.ingest.readers.odm_names import EVENT_KEYS, GROUP_KEYS, NAMESPACES, PARENT_KEYS, Names
from pipelines.ingest.readers.odm_records import HISTORY, SECTION_RECORDS, RecordKeeper, place_of
from pipelines.ingest.readers.odm_tables import OdmTables
from pipelines.ingest.readers.odm_transactions import TransactionsInSnapshotError
from pipelines.ingest.readers.reader import Content, Reading, Remark
from pipelines.ingest.readers.xml_encoding import as_declared
from pipelines.ingest.readers.xml_stream import Element, Root, attributes_of, read_elements, read_root
from pipelines.ingest.refusal import Refusal
from pipelines.study_source import Source

_CLEARED_SECTIONS = frozenset({"MetaDataVersion", "AdminData", "Association", "Study"})


class OdmReader:
    """CDISC ODM-XML; the encoding is the one that the file itself declares."""

    version = "odm-3"

    def read(self, data: Content, source: Source) -> Reading:  # noqa: ARG002 - an ODM file says itself how it is written
        """Read a whole file; see `Reader`."""
        data, encoding = as_declared(data)
        root = read_root(data, encoding)
        namespace = _namespace_of(root)
        transactional = root.attributes.get("FileType") == "Transactional"
        remarks: list[Remark] = []
        try:
            return _Reading(namespace, root, transactional=transactional).read(data, encoding, remarks)
        except TransactionsInSnapshotError:
            text = "the file calls itself a snapshot, but updates or removes; it was read as transactional"
            remarks.append(Remark("transactions_in_snapshot", text))
            return _Reading(namespace, root, transactional=True).read(data, encoding, remarks)


def _namespace_of(root: Root) -> str:
    """Return the root's namespace, if it is an ODM file's.

    Raises:
        Refusal: it is another kind of XML.
    """
    namespace, _, name = root.tag.rpartition("}")
    if name != "ODM":
        raise Refusal("not_odm", "this is XML, but not ODM: its root element is another one", 1)
    namespace = namespace.removeprefix("{")
    if namespace not in NAMESPACES:
        raise Refusal("not_odm", "the root element is ODM in a namespace that is none of ODM 1.2, 1.3 and 2.0", 1)
    return namespace


class _Reading:
    """One way through one file."""

    def __init__(self, namespace: str, root: Root, *, transactional: bool) -> None:
        self._root = root
        self._names = Names(namespace)
        nests = namespace.endswith("v2.0") or root.attributes.get("ODMVersion", "").startswith("2")
        keys = (*EVENT_KEYS, *(PARENT_KEYS if nests else ()), *GROUP_KEYS)
        self._tables = OdmTables(keys, transactional=transactional)
        self._records = RecordKeeper(self._names, self._tables)
        self._clinical = ClinicalReader(self._names, self._records)
        self._metadata = MetadataReader(self._names, self._records)
        self._unread = 0
        self._signed = False

    def read(self, data: Content, encoding: str | None, remarks: list[Remark]) -> Reading:
        wanted = ("ODM", *CONTAINERS, *SECTIONS, *DEFINITIONS, *SECTION_RECORDS)
        containers = {self._names.tag(name): name for name in CONTAINERS}
        group = self._names.tag(GROUP)
        clinical = self._clinical
        for event, element in read_elements(data, [self._names.tag(name) for name in wanted], encoding):
            tag = element.tag
            name = GROUP if tag == group else containers.get(tag)
            if name is None:
                self._take_other(event, self._names.of(tag, element), element)
            elif event == "start":
                clinical.start(name, element)
            else:
                clinical.end(name, element)
        remarks += self._remarks()
        return Reading(
            self._tables.tables(),
            sparse=True,
            remarks=tuple(remarks),
            counts=self._counts(),
            removals=self._tables.removals.keys(),
            history=self._tables.records_named(HISTORY),
        )

    def _take_other(self, event: str, name: str, element: Element) -> None:
        if event == "start":
            self._metadata.start(name, element)
        elif name == "ODM":
            self._end_file(element)
        elif name in SECTION_RECORDS:
            if self._records.keep_wrapped(element, self._clinical.keys, self._clinical.path):
                _clear(element)
        else:
            self._metadata.end(name, element)
            if name in DEFINITIONS or name in _CLEARED_SECTIONS:
                _clear(element)

    def _end_file(self, root: Element) -> None:
        known = {self._names.tag(name) for name in (*CONTAINERS, *SECTIONS)}
        for part in root:
            if part.tag not in known:
                self._names.refuse_data(part)
                name = self._names.of(part.tag, part)
                self._signed = self._signed or name == "ds:Signature"
                self._unread += name != "ds:Signature"
        row = {self._names.of(key, root): value for key, value in attributes_of(root)}
        self._tables.add_record("ODM", row, place_of(root, "/ODM"))

    def _remarks(self) -> Iterator[Remark]:
        if self._signed:
            yield Remark("signature_not_verified", "the file is signed (ds:Signature); the signature was not verified")
        if self._unread:
            text = f"{self._unread} elements right below the root are no part of ODM and were not read"
            yield Remark("unread_elements", text)
        items = self._clinical.items
        if items.contradictions:
            yield Remark(
                "value_of_null", f"{items.contradictions} items have a value and IsNull=Yes; the value was kept"
            )
        if items.repeated:
            where = f"the first one at {items.first_repeated}; each has a column of its own, e.g. ITEM[2]"
            yield Remark("repeated_item", f"{items.repeated} items stand again in their item group, {where}")

    def _counts(self) -> dict[str, int]:
        items = self._clinical.items.counts
        return {
            **self._clinical.counts,
            "subjects": self._clinical.subjects,
            "item_data": items["item_data"],
            "typed_item_data": items["typed_item_data"],
            **self._records.counts,
            "item_defs": self._metadata.item_defs,
        }


def _clear(element: Element) -> None:
    """Empty an element that was read, and remove what stands before it; itself the parser may still write behind."""
    element.clear(keep_tail=True)
    parent = element.getparent()
    while (before := element.getprevious()) is not None:
        parent.remove(before)
