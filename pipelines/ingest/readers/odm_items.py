"""The values of one ItemGroupData: an attribute, the text of a typed element (1.3), or Value elements (2.0)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import NoReturn

from pipelines.ingest.readers.odm_names import COUNT_SUFFIX, ITEM, TRANSACTION, UNIT_SUFFIX, Names, item_column
from pipelines.ingest.readers.odm_records import RecordKeeper, place_of
from pipelines.ingest.readers.odm_transactions import CONTEXT, REMOVE, check_operation
from pipelines.ingest.readers.xml_stream import Element, attributes_of, line_of
from pipelines.ingest.refusal import Refusal

_PLAIN = frozenset({ITEM, "Value", "IsNull", TRANSACTION})
# The attributes of nearly all items of ODM 1 and ODM 2.
_PLAIN_1 = [ITEM, "Value"]
_PLAIN_2 = [ITEM]


@dataclass
class _Item:
    """One item of a group: its column, its value, its unit, what was done to it."""

    column: str
    value: str
    unit: str | None = None
    values: int = 1


@dataclass
class ItemReader:
    """Reads the items of item groups into cells, column: value, and keeps the records that hang on them."""

    names: Names
    records: RecordKeeper
    counts: Counter[str] = field(default_factory=Counter)
    contradictions: int = 0
    repeated: int = 0
    first_repeated: str = ""
    instructed: set[str] = field(default_factory=set)
    """Columns of the group read last of which the items say themselves that they change."""

    def __post_init__(self) -> None:
        self._item = self.names.tag("ItemData")
        self._typed = self._item
        self._value = self.names.tag("Value")
        self._unit = self.names.tag("MeasurementUnitRef")
        self._group = self.names.tag("ItemGroupData")
        self._columns: dict[str, str] = {}
        from lxml import etree

        self._text_of = partial(etree.tostring, method="text", encoding="unicode", with_tail=False)

    def read(self, group: Element, keys: Mapping[str, str], path: str) -> dict[str, str]:
        """Return the cells of a group; what hangs on it or its items goes to the records.

        Raises:
            Refusal: an item has no OID, or two values in two ways.
        """
        cells: dict[str, str] = {}
        self.instructed.clear()
        columns, plain_tag, value_tag = self._columns, self._item, self._value
        plain = 0
        # Most groups hold no text at any depth but white space, and are asked once instead of at each item.
        has_text = bool(text := self._text_of(group)) and not text.isspace()
        if has_text:
            refuse_stray_text(group)
        for item in group:
            # Nearly all items are of one of two kinds, and this is the inmost loop.
            if item.tag == plain_tag:
                names = item.keys()
                if names == _PLAIN_1 and not len(item) and not (has_text and item.text):
                    oid, value = item.values()
                    is_plain = True
                elif names == _PLAIN_2 and len(item) == 1:
                    (oid,), part = item.values(), item[0]
                    value = part.text or ""
                    is_plain = part.tag == value_tag and not (len(part) or part.keys() or has_stray_text(item))
                else:
                    is_plain = False
                if is_plain:
                    column = columns.get(oid) or self._name(oid, item)
                    if column in cells:
                        column = self._further_column(column, cells, item, path)
                    cells[column] = value
                    plain += 1
                    continue
            self._read_other(item, cells, keys, path)
        self.counts["item_data"] += plain
        return cells

    def _name(self, oid: str, item: Element) -> str:
        if not oid:
            raise Refusal("missing_oid", "an item has no ItemOID", line_of(item))
        return self._columns.setdefault(oid, item_column(oid))

    def _further_column(self, column: str, cells: Mapping[str, str], item: Element, path: str) -> str:
        """Return the column of an item that stands in its group for the second, third ... time."""
        if not self.repeated:
            self.first_repeated = place_of(item, path)
        self.repeated += 1
        number = 2
        while f"{column}[{number}]" in cells:
            number += 1
        return f"{column}[{number}]"

    def _read_other(self, element: Element, cells: dict[str, str], keys: Mapping[str, str], path: str) -> None:
        """Read what is not a plain item: one with parts or notes, a typed one, or a record of the group."""
        if not element.tag.startswith(self._typed):
            if element.tag != self._group:
                self.records.keep(element, keys, path)
            return
        is_typed = element.tag != self._item
        self.counts["typed_item_data" if is_typed else "item_data"] += 1
        item = self._typed_item(element, path) if is_typed else self._full_item(element, path)
        self._keep_notes(element, {**keys, ITEM: element.get(ITEM)}, path, is_typed=is_typed)
        transactional = self.records.tables.transactional
        operation = element.get(TRANSACTION)
        if operation is not None:
            check_operation(operation, line_of(element), transactional=transactional)
        if operation == CONTEXT:
            return  # it is told again, and changes nothing
        column = item.column
        if column in cells and not (operation and transactional):
            column = self._further_column(column, cells, element, path)
        own = {column: "" if operation == REMOVE else item.value}
        if item.unit is not None:
            own[column + UNIT_SUFFIX] = item.unit
        if item.values > 1:
            own[column + COUNT_SUFFIX] = str(item.values)
        cells.update(own)
        if operation and transactional:
            self.instructed.update(own)

    def _typed_item(self, element: Element, path: str) -> _Item:
        column = self._name(element.get(ITEM) or "", element)
        if element.get("Value") is not None:
            self._refuse_two_ways(element, path)
        return _Item(column, _value_text(element))

    def _full_item(self, element: Element, path: str) -> _Item:
        column = self._name(element.get(ITEM) or "", element)
        written = element.get("Value")
        parts = [_value_text(part) for part in sorted(element.iterchildren(self._value), key=_number_of)]
        if written is not None and parts:
            self._refuse_two_ways(element, path)
        refuse_stray_text(element)
        if element.get("IsNull") == "Yes" and (written or any(parts)):
            self.contradictions += 1
        unit = next(element.iterchildren(self._unit), None)
        return _Item(
            column,
            written if written is not None else joined(parts),
            None if unit is None else unit.get("MeasurementUnitOID") or "",
            max(len(parts), 1),
        )

    def _refuse_two_ways(self, element: Element, path: str) -> NoReturn:
        text = f"an item has an attribute Value and text or Value elements: {place_of(element, path)}"
        raise Refusal("two_values", text, line_of(element))

    def _keep_notes(self, element: Element, keys: Mapping[str, str], path: str, *, is_typed: bool) -> None:
        place = f"{path}/{self.names.of(element.tag, element)}"
        for name, value in attributes_of(element):
            if name not in _PLAIN:
                row = {**keys, "Attribute": self.names.of(name, element), "AttributeValue": value}
                self.records.tables.add_record("ItemAttribute", row, place_of(element, place))
        for child in element:
            if is_typed or child.tag not in (self._value, self._unit):
                self.records.keep(child, keys, place)
            else:
                self._keep_part(child, keys, place)

    def _keep_part(self, part: Element, keys: Mapping[str, str], place: str) -> None:
        """Keep what else a Value or MeasurementUnitRef holds beside the text and the number, which are in the cell."""
        extra = [(key, value) for key, value in attributes_of(part) if key not in ("SeqNum", "MeasurementUnitOID")]
        if extra or len(part):
            self.records.keep(part, keys, place)


def joined(values: list[str]) -> str:
    """Return one text for the values of an item: a single one as it is, several joined by `|`.

    In several, a backslash stands before each `|` and backslash of their own, so that they can be told apart again.
    """
    if len(values) < 2:
        return values[0] if values else ""
    return "|".join(value.replace("\\", "\\\\").replace("|", "\\|") for value in values)


def has_stray_text(element: Element) -> bool:
    """Return whether an element holds text of its own, beside its child elements."""
    texts = element.text or ""
    for child in element:
        texts += child.tail or ""
    return bool(texts) and not texts.isspace()


def refuse_stray_text(element: Element) -> None:
    """Refuse an element that holds text where ODM has elements only: it could not be kept.

    Raises:
        Refusal: it names the line.
    """
    if has_stray_text(element):
        _refuse_text(element)


def _value_text(element: Element) -> str:
    """Return the text of a value; text behind an element in it would be lost, so that is refused."""
    if len(element) and any(child.tail and not child.tail.isspace() for child in element):
        _refuse_text(element)
    return element.text or ""


def _refuse_text(element: Element) -> NoReturn:
    line = line_of(element)
    raise Refusal("stray_text", f"text stands where ODM has elements only, on line {line}", line)


def _number_of(value: Element) -> int:
    number = value.get("SeqNum") or ""
    return int(number) if number.isascii() and number.isdigit() and len(number) < 10 else 0
