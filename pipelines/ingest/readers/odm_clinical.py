"""The way through an ODM file's clinical and reference data: which keys a group of items has, and where it stands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from pipelines.ingest.readers.odm_items import ItemReader, refuse_stray_text
from pipelines.ingest.readers.odm_names import GROUP_MARK, PARENT_KEYS, TRANSACTION, Names
from pipelines.ingest.readers.odm_records import RecordKeeper, place_of
from pipelines.ingest.readers.odm_tables import OdmTables
from pipelines.ingest.readers.odm_transactions import CONTEXT, REMOVE, check_operation
from pipelines.ingest.readers.xml_stream import Element, attributes_of, line_of
from pipelines.ingest.refusal import Refusal

GROUP = "ItemGroupData"
# Each with the attribute that it must have.
CONTAINERS = {
    "ClinicalData": "StudyOID",
    "ReferenceData": "StudyOID",
    "SubjectData": "SubjectKey",
    "StudyEventData": "StudyEventOID",
    "FormData": "FormOID",
    GROUP: "ItemGroupOID",
}
_COUNTED = {
    "ClinicalData": "clinical_data",
    "ReferenceData": "reference_data",
    "SubjectData": "subject_data",
    "StudyEventData": "study_events",
    "FormData": "forms",
    GROUP: "item_groups",
}
# What removes all below it, apart from a group, which the same keys remove.
_ABOVE_GROUPS = ("SubjectData", "StudyEventData", "FormData")
# Of these there is one row each: a subject, an event or a form may be there without data.
_LISTED = frozenset(_ABOVE_GROUPS)
MAX_NESTED_GROUPS = 32
# So many elements that were read and emptied may stay in their parent until it ends, which saves removing each.
KEPT_SHELLS = 256


class _Place:
    """An open element: its keys with those of the elements around it, its path, what was met in it."""

    own: Mapping[str, str] = MappingProxyType({})
    """Attributes that no key is made of: vendors', and those that ODM gives the element itself."""
    operation = ""
    groups = 0
    """How many item groups this one stands in, itself included."""
    ended: Element | None = None
    """The last element in it that has ended."""

    def __init__(self, name: str, path: str, keys: dict[str, str]) -> None:
        self.name = name
        self.path = path
        self.keys = keys
        self.met: dict[str, int] = {}


class ClinicalReader:
    """Takes elements of clinical data as they begin and end, and adds item groups and records to the tables."""

    def __init__(self, names: Names, records: RecordKeeper) -> None:
        self._names = names
        self._records = records
        self._tables: OdmTables = records.tables
        self._blank = dict.fromkeys(self._tables.keys, "")
        self._open = [_Place("ODM", "/ODM", self._blank)]
        self._subjects: set[tuple[str, str]] = set()
        self._site = names.tag("SiteRef")
        self._investigator = names.tag("InvestigatorRef")
        self._read_elsewhere = {self._site, *map(names.tag, CONTAINERS)}
        self.items = ItemReader(names, records)
        self.counts: Counter[str] = Counter(dict.fromkeys(_COUNTED.values(), 0))

    @property
    def subjects(self) -> int:
        """Return how many distinct subjects were met."""
        return len(self._subjects)

    @property
    def keys(self) -> dict[str, str]:
        """Return the keys of the innermost open element."""
        return self._open[-1].keys

    @property
    def path(self) -> str:
        """Return the path of the innermost open element."""
        return self._open[-1].path

    def start(self, name: str, element: Element) -> None:
        """Take the begin of a container."""
        above = self._open[-1]
        number = above.met[name] = above.met.get(name, 0) + 1
        if above.name == "SubjectData" and number == 1:
            # Only what stands before: what stands behind may be parsed by now, or not.
            self._take_site(element.itersiblings(self._site, preceding=True), above)
        place = _Place(name, f"{above.path}/{name}[{number}]", above.keys.copy())
        place.operation = above.operation
        if name == GROUP:
            self._nest(place, above)
        self._take_attributes(name, element, place)
        if not place.keys.get(CONTAINERS[name]):
            raise Refusal("missing_oid", f"a {name} has no {CONTAINERS[name]}", line_of(element))
        if name == "SubjectData":
            self._subjects.add((place.keys["StudyOID"], place.keys["SubjectKey"]))
        self._open.append(place)

    def end(self, name: str, element: Element) -> None:
        """Take the end of a container: of a group its items, of any the records that hang on it."""
        place = self._open.pop()
        self.counts[_COUNTED[name]] += 1
        if name == GROUP:
            self._add_group(place, element)
        else:
            self._end_container(name, place, element)
        element.clear(keep_tail=True)
        above = self._open[-1]
        if above.met[name] > KEPT_SHELLS:
            if above.ended is not None:
                if (text := above.ended.tail) and not text.isspace():
                    refuse_stray_text(above.ended.getparent())
                above.ended.getparent().remove(above.ended)
            above.ended = element

    def _take_attributes(self, name: str, element: Element, place: _Place) -> None:
        keys, blank = place.keys, self._blank
        for key, value in attributes_of(element):
            if key in blank:
                keys[key] = value
            elif key == TRANSACTION:
                check_operation(value, line_of(element), transactional=self._tables.transactional)
                # Nothing that an element holds outlives it, whatever is said of it there.
                place.operation = REMOVE if place.operation == REMOVE else value
                place.own = {**place.own, key: value}
            else:
                self._take_other(self._names.of(key, element), value, place)
        if place.operation == REMOVE and TRANSACTION in place.own:
            self._remove(name, place)

    def _take_other(self, plain: str, value: str, place: _Place) -> None:
        if ":" not in plain:
            place.own = {**place.own, plain: value}
            return
        self._keep_outer(place, plain)
        place.keys[plain] = value

    def _keep_outer(self, place: _Place, plain: str) -> None:
        """Keep a vendor's attribute that an outer element has by the same name, behind that element's name."""
        outer = self._open[-1]
        if plain in outer.keys and not plain.startswith(f"{outer.name}."):
            place.keys[f"{outer.name}.{plain}"] = outer.keys[plain]

    def _remove(self, name: str, place: _Place) -> None:
        if name in _ABOVE_GROUPS:
            upto = _ABOVE_GROUPS[: _ABOVE_GROUPS.index(name) + 1]
            wanted = {"StudyOID", *(CONTAINERS[each] for each in upto)}
            wanted |= {name.replace("OID", "RepeatKey") for name in wanted if name not in ("StudyOID", "SubjectKey")}
            self._tables.remove_below({key: place.keys[key] for key in place.keys if key in wanted})
        elif name == GROUP and PARENT_KEYS[0] in place.keys:
            below = _without_group(self._as_parent(place))
            if not place.keys["FormOID"]:
                # All below the outermost group have it as their form, and only the next ones have it as their parent.
                below = {key: value for key, value in below.items() if key not in PARENT_KEYS}
            self._tables.remove_below(below)

    def _nest(self, place: _Place, above: _Place) -> None:
        """Give a group in a group the keys of those around it: the outermost as form, those between as parent."""
        place.groups = above.groups + 1
        if place.groups > MAX_NESTED_GROUPS:
            raise Refusal("too_deep", f"item groups are nested deeper than {MAX_NESTED_GROUPS}")
        if above.name == GROUP:
            place.keys = self._as_parent(above)
            if PARENT_KEYS[0] not in place.keys:
                text = (
                    "an item group stands in another one, which ODM has from 2.0 on only; whose it is could not be told"
                )
                raise Refusal("misplaced_data", text)

    def _as_parent(self, above: _Place) -> dict[str, str]:
        keys = above.keys.copy()
        oid, repeat = keys["ItemGroupOID"], keys["ItemGroupRepeatKey"]
        if not keys["FormOID"]:
            keys["FormOID"], keys["FormRepeatKey"] = oid, repeat
        if PARENT_KEYS[0] in keys:
            deep = above.groups > 2
            for key, own in zip(PARENT_KEYS, (oid, repeat), strict=True):
                keys[key] = f"{keys[key]}{GROUP_MARK}{own}" if deep else own
        keys["ItemGroupOID"] = keys["ItemGroupRepeatKey"] = ""
        return keys

    def _take_site(self, sites: Iterable[Element], place: _Place) -> None:
        for site in sites:
            self._tables.has_sites = True
            place.keys["LocationOID"] = site.get("LocationOID") or ""

    def _add_group(self, place: _Place, element: Element) -> None:
        cells = self.items.read(element, place.keys, place.path)
        keys = {**place.keys, **place.own} if place.own else place.keys
        if self._tables.transactional:
            operation = place.operation
            if operation == REMOVE:
                cells = {}
            elif operation == CONTEXT and self.items.instructed:
                # The group says only where its items belong, and some of them say that they change.
                operation = "Upsert"
                cells = {column: cells[column] for column in cells if column in self.items.instructed}
            keys[TRANSACTION] = operation
        self._tables.add_group(keys["ItemGroupOID"], keys, cells, place_of(element, place.path))

    def _end_container(self, name: str, place: _Place, element: Element) -> None:
        if name == "SubjectData":
            known = place.keys["LocationOID"]
            self._take_site(element.iterchildren(self._site), place)
            if place.met and place.keys["LocationOID"] != known:
                raise Refusal("late_site", "a SiteRef stands behind the data of its subject", line_of(element))
        row = {**_without_group(place.keys), **place.own}
        refuse_stray_text(element)
        for part in element:
            tag = part.tag
            if tag == self._investigator:
                row["InvestigatorRef.UserOID"] = part.get("UserOID") or ""
            elif tag not in self._read_elsewhere:
                self._records.keep(part, place.keys, place.path)
        if name in _LISTED:
            if self._tables.transactional:
                row[TRANSACTION] = place.operation
            self._tables.add_element(name, row, place_of(element, place.path))


def _without_group(keys: dict[str, str]) -> dict[str, str]:
    row = keys.copy()
    del row["ItemGroupOID"], row["ItemGroupRepeatKey"]
    return row
