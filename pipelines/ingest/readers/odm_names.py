"""The names that ODM-XML becomes: which columns are keys, how vendors' names are prefixed, how no two names collide."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from pipelines.ingest.readers.xml_stream import Element, line_of
from pipelines.ingest.refusal import Refusal

# ODM 1.1 had a DTD and no namespace, and some systems leave the namespace out to this day.
NAMESPACES = frozenset(
    {
        "",
        "http://www.cdisc.org/ns/odm/v1.1",
        "http://www.cdisc.org/ns/odm/v1.2",
        "http://www.cdisc.org/ns/odm/v1.3",
        "http://www.cdisc.org/ns/odm/v2.0",
    }
)
_PREFIXES = {
    "http://www.mdsol.com/ns/odm/metadata": "mdsol",
    "https://projectredcap.org": "redcap",
    "http://www.viedoc.net/ns/v4": "v4",
    "http://www.openclinica.org/ns/odm_ext_v130/v3.1": "OpenClinica",
    "http://www.openclinica.org/ns/odm_ext_v130/v3.1-api": "OpenClinica",
    "http://www.openclinica.org/ns/odm_ext_v121/v3.1": "OpenClinica",
    "http://www.openclinica.org/ns/rules/v3.1": "OpenClinicaRules",
    "http://www.w3.org/2001/XMLSchema-instance": "xsi",
    "http://www.w3.org/XML/1998/namespace": "xml",
    "http://www.w3.org/2000/09/xmldsig#": "ds",
}

# What tells whose a row is; the first columns of every table of data.
EVENT_KEYS = (
    "StudyOID",
    "MetaDataVersionOID",
    "SubjectKey",
    "LocationOID",
    "StudyEventOID",
    "StudyEventRepeatKey",
    "FormOID",
    "FormRepeatKey",
)
PARENT_KEYS = ("ParentItemGroupOID", "ParentItemGroupRepeatKey")
GROUP_KEYS = ("ItemGroupOID", "ItemGroupRepeatKey")
# Between the OIDs, and the repeat keys, of groups around groups.
GROUP_MARK = "/"
TRANSACTION = "TransactionType"
ITEM = "ItemOID"
UNIT_SUFFIX = ".MeasurementUnitOID"
COUNT_SUFFIX = ".ValueCount"
VALUE_SUFFIXES = (UNIT_SUFFIX, COUNT_SUFFIX)
"""What stands beside a value and is none itself."""

# How the names of elements begin that hold data or hold what does; typed items are ItemDataString and its like.
_DATA = ("ClinicalData", "ReferenceData", "SubjectData", "StudyEventData", "FormData", "ItemGroupData", "ItemData")
_RESERVED = frozenset(name.casefold() for name in (*EVENT_KEYS, *PARENT_KEYS, *GROUP_KEYS, TRANSACTION))
_TAKEN_PREFIXES = frozenset({*_PREFIXES.values(), "ItemData"})


def item_column(oid: str) -> str:
    """Return the column of an item: its OID, behind `ItemData:` where that could be taken for a column of another kind.

    Two items never get one column, and an item never gets that of a key, a unit, a vendor's attribute or a repetition.
    """
    prefix = oid.partition(":")[0]
    taken = oid.casefold() in _RESERVED or oid.endswith((*VALUE_SUFFIXES, "]")) or prefix in _TAKEN_PREFIXES
    return f"ItemData:{oid}" if taken else oid


def outer_groups(oids: str, repeats: str) -> Iterator[tuple[str, str]]:
    """Yield the groups around a group as its keys name them, `A/B/C` and `1//2`, and those around these: `A`, `1`."""
    parts, numbers = oids.split(GROUP_MARK), repeats.split(GROUP_MARK)
    for depth in range(1, min(len(parts), len(numbers))):
        yield GROUP_MARK.join(parts[:depth]), GROUP_MARK.join(numbers[:depth])
    yield oids, repeats


@dataclass
class Names:
    """Gives elements and attributes of one file their plain names: ODM's own as they are, a vendor's as prefix:Name."""

    namespace: str
    _known: dict[str, str] = field(default_factory=dict)
    _prefixes: dict[str, str] = field(default_factory=lambda: dict(_PREFIXES))

    def tag(self, name: str) -> str:
        """Return an ODM name as lxml writes it in this file: {namespace}name."""
        return f"{{{self.namespace}}}{name}" if self.namespace else name

    def of(self, tag: str, element: Element) -> str:
        """Return the plain name of an element's tag, or of an attribute that stands on `element`."""
        known = self._known.get(tag)
        if known is None:
            known = self._known[tag] = self._name(tag, element)
        return known

    def refuse_data(self, element: Element) -> None:
        """Refuse an element that holds data where no reader takes it for that: it would be lost.

        Tools that build XML write `xmlns=""` by mistake, which puts an element and all below it into no namespace.

        Raises:
            Refusal: it names the element and its line.
        """
        uri, _, local = element.tag.rpartition("}")
        if uri.removeprefix("{") not in NAMESPACES or not local.startswith(_DATA):
            return
        is_own = uri.removeprefix("{") == self.namespace
        why = "where ODM has none" if is_own else 'in another namespace than the root (look for xmlns="")'
        line = line_of(element)
        raise Refusal("misplaced_data", f"a {local} stands {why}, on line {line}; it would not be read as data", line)

    def _name(self, tag: str, element: Element) -> str:
        uri, _, local = tag.rpartition("}")
        uri = uri.removeprefix("{")
        if uri in (self.namespace, ""):
            return local
        return f"{self._prefix(uri, element)}:{local}"

    def _prefix(self, uri: str, element: Element) -> str:
        """Return the prefix that is known for a namespace, else the file's own, else the namespace itself."""
        prefix = self._prefixes.get(uri)
        if prefix is None:
            written = next((prefix for prefix, found in element.nsmap.items() if found == uri and prefix), None)
            taken = written is None or written in self._prefixes.values()
            prefix = self._prefixes[uri] = f"{{{uri}}}" if taken else str(written)
        return prefix
