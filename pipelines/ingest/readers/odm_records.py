"""What hangs on clinical data in ODM, as rows: audit records, signatures, annotations, queries, vendors' elements."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pipelines.ingest.readers.odm_names import EVENT_KEYS, GROUP_KEYS, ITEM, PARENT_KEYS, Names
from pipelines.ingest.readers.odm_tables import OdmTables
from pipelines.ingest.readers.xml_stream import Element, attributes_of, line_of

# Elements that only hold records of one kind; their own attributes go to each of these.
_WRAPPERS = frozenset(
    {"AuditRecords", "Signatures", "Annotations", "OpenClinica:AuditLogs", "OpenClinica:DiscrepancyNotes"}
)
# These may stand in a section of their own at the end of a study's data, as many as it has.
SECTION_RECORDS = ("AuditRecord", "Signature", "Annotation")
# Vendors' names of what ODM or everybody calls so.
_KINDS = {
    "OpenClinica:AuditLog": "AuditLog",
    "OpenClinica:DiscrepancyNote": "DiscrepancyNote",
    "mdsol:Query": "Query",
    "redcap:Query": "Query",
}
# Tell what was done, and so stay when the data that they tell of is removed. With the name of each count.
HISTORY = {
    "AuditRecord": "audit_records",
    "Signature": "signatures",
    "Annotation": "annotations",
    "Query": "queries",
    "AuditLog": "audit_logs",
    "DiscrepancyNote": "discrepancy_notes",
}
_KEYS = frozenset({*EVENT_KEYS, *PARENT_KEYS, *GROUP_KEYS, ITEM})


@dataclass
class RecordKeeper:
    """Adds a row for each element that hangs on clinical data, whatever its kind, and counts the known kinds."""

    names: Names
    tables: OdmTables
    counts: Counter[str] = field(default_factory=lambda: Counter(dict.fromkeys(HISTORY.values(), 0)))

    def __post_init__(self) -> None:
        self._section_records = frozenset(map(self.names.tag, SECTION_RECORDS))

    def keep(self, element: Element, keys: Mapping[str, str], path: str) -> None:
        """Take an element that hangs on the one with these keys and this path, and what it wraps.

        Raises:
            Refusal: it holds data, which no record does.
        """
        self.names.refuse_data(element)
        name = self.names.of(element.tag, element)
        if name not in _WRAPPERS:
            self._add(element, keys, path, {})
            return
        around = {self.names.of(key, element): value for key, value in attributes_of(element)}
        for child in element:
            if not self._is_kept(child):
                self._add(child, keys, path, around)

    def keep_wrapped(self, element: Element, keys: Mapping[str, str], path: str) -> bool:
        """Take a record of a section at the end of a study's data; return whether it was one."""
        if not self._is_kept(element):
            return False
        self._add(element, keys, path, {})
        return True

    def _is_kept(self, element: Element) -> bool:
        """Return whether an element stands in a section of a study's data: such a one is kept as soon as it ends."""
        section = element.getparent()
        if element.tag not in self._section_records or self.names.of(section.tag, section) not in _WRAPPERS:
            return False
        around = section.getparent()
        return around is not None and self.names.of(around.tag, around) in ("ClinicalData", "ReferenceData")

    def _add(self, element: Element, keys: Mapping[str, str], path: str, around: Mapping[str, str]) -> None:
        name = self.names.of(element.tag, element)
        kind = _KINDS.get(name, name)
        if kind in HISTORY:
            self.counts[HISTORY[kind]] += 1
        self.tables.add_record(kind, {**keys, **self.flatten(element, kind, around)}, place_of(element, path, name))

    def flatten(self, element: Element, kind: str, around: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return all attributes and texts of an element and of those in it, under the path of each: `UserRef.UserOID`.

        An element that stands twice in another has its number behind the second: `Flag[2].FlagValue`. A name that is
        one of the keys' has the record's before it.
        """
        found: dict[str, str] = dict(around or {})
        for path, value in self._parts(element, ""):
            found[f"{kind}.{path}" if path in _KEYS or path in found else path] = value
        return found

    def _parts(self, element: Element, above: str) -> Iterator[tuple[str, str]]:
        for key, value in attributes_of(element):
            yield above + self.names.of(key, element).removeprefix(self._own_prefix(element)), value
        # White space between elements is layout; in an element without others it is what somebody wrote.
        text = element.text or ""
        if text and (not len(element) or not text.isspace()):
            yield above.removesuffix(".") or "Text", text
        met: Counter[str] = Counter()
        for child in element:
            name = self.names.of(child.tag, child).removeprefix(self._own_prefix(element))
            met[name] += 1
            number = f"[{met[name]}]" if met[name] > 1 else ""
            yield from self._parts(child, f"{above}{name}{number}.")
            if child.tail and not child.tail.isspace():
                yield f"{above}{name}{number}.Tail", child.tail

    def _own_prefix(self, element: Element) -> str:
        prefix, colon, _ = self.names.of(element.tag, element).rpartition(":")
        return prefix + colon


def place_of(element: Element, path: str, name: str = "") -> str:
    """Return where an element stands: its line, where that is known, and its path."""
    line = line_of(element)
    whole = f"{path}/{name}" if name else path
    return f"line {line}: {whole}" if line else whole
