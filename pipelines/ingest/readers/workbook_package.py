"""Opens an XLSX file: a ZIP whose parts are judged first, and in it the sheets, shared texts and number formats.

openpyxl is not asked for these: in bounded memory it leaves out hidden rows, merged cells and whole sheets whose part
is missing, and gives the same for a formula without a value as for one whose value is an empty text.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipelines.ingest.readers.reader import Content
from pipelines.ingest.readers.workbook_numbers import NumberFormat, format_of
from pipelines.ingest.readers.workbook_parts import READ_ERRORS, Part, open_parts
from pipelines.ingest.refusal import Refusal

if TYPE_CHECKING:
    from lxml.etree import _Element

MAX_TEXTS_BYTES = 256 << 20
# Excel has 65,490.
MAX_STYLES = 100_000
_WHOLE = re.compile(r"[0-9]{1,9}")
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")


@dataclass(frozen=True)
class Sheet:
    """A sheet as the workbook lists it: `visible`, `hidden` or `veryHidden` (by a program only)."""

    name: str
    state: str
    part: str


class Package:
    """The parts of a workbook; a context manager closes it.

    Raises:
        Refusal: the file is no workbook that can be read, or is made to do harm.
    """

    def __init__(self, content: Content) -> None:
        self._zip, self._parts = open_parts(content)
        for part in self._parts:
            if part.endswith((".xml", ".rels")):
                self._refuse_doctype(part)
        self.book = self._book_part()
        root = self.tree(self.book)
        self.namespace = root.tag.partition("}")[0] + "}"
        self._related = self._relations(self.book)
        self.is_1904 = any(
            element.get("date1904") in ("1", "true") for element in root.iter(f"{self.namespace}workbookPr")
        )
        self.sheets = tuple(self._sheets(root))
        if len({sheet.name.casefold() for sheet in self.sheets}) < len(self.sheets):
            raise Refusal("malformed_xlsx", "two sheets have the same name, so that one of them would never be read")

    def close(self) -> None:
        """Close the file."""
        self._zip.close()

    @property
    def comments(self) -> int:
        """How many parts hold comments on cells."""
        return sum(1 for part in self._parts if re.search(r"/(threaded)?comments?\d*\.xml$", part))

    @contextmanager
    def opened(self, part: str) -> Iterator[Part]:
        """Open a part.

        Raises:
            Refusal: it is missing or damaged, or more of it must be held than is reasonable.
        """
        from lxml import etree

        if part.casefold() not in self._parts:
            raise Refusal("malformed_xlsx", f"the part {posixpath.basename(part)} is missing; save the workbook again")
        try:
            with self._zip.open(self._parts[part.casefold()]) as file:
                yield Part(file)
        except etree.XMLSyntaxError as error:
            raise Refusal("malformed_xlsx", f"the part {posixpath.basename(part)} is no XML; save it again") from error
        except READ_ERRORS as error:
            raise Refusal("malformed_xlsx", f"the part {posixpath.basename(part)} is damaged; send it again") from error

    def elements(self, part: str, *names: str) -> Iterator[_Element]:
        """Yield a part's elements of these names, each when it is complete; whoever has used one forgets it.

        Raises:
            Refusal: see `opened`, or the part has another namespace than the workbook, so that nothing would be found.
        """
        from lxml import etree

        tags = [self.namespace + name for name in names]
        with self.opened(part) as file:
            parsed = etree.iterparse(file, tag=tags, **_SAFE)
            for _, element in parsed:
                file.since_element = 0
                yield element
            if not parsed.root.tag.startswith(self.namespace):
                what = f"the part {posixpath.basename(part)} has another namespace than the workbook; save it again"
                raise Refusal("malformed_xlsx", what)

    def tree(self, part: str) -> _Element:
        """Return a small part as a whole."""
        from lxml import etree

        with self.opened(part) as file:
            return etree.parse(file, etree.XMLParser(**_SAFE)).getroot()

    def shared_texts(self) -> list[str]:
        """Return the texts that cells refer to by number."""
        part = self._part_of("sharedStrings")
        if part is None:
            return []
        if part.casefold() in self._parts and self._parts[part.casefold()].file_size > MAX_TEXTS_BYTES:
            raise Refusal("field_too_large", f"the workbook's shared texts exceed {MAX_TEXTS_BYTES} bytes")
        texts = []
        for item in self.elements(part, "si"):
            texts.append(self.text_in(item))
            forget(item)
        return texts

    def text_in(self, item: _Element) -> str:
        """Return the text of an item, its runs joined, without the reading aids that Japanese text may have."""
        aside = self.namespace + "rPh"
        runs = (
            text.text or ""
            for text in item.iter(self.namespace + "t")
            if text.getparent() is item or text.getparent().tag != aside
        )
        return unescaped("".join(runs))

    def number_formats(self) -> list[NumberFormat]:
        """Return for each cell style how its numbers are shown."""
        part = self._part_of("styles")
        if part is None:
            return []
        own: dict[int, str] = {}
        ids: list[int] = []
        for element in self.elements(part, "numFmt", "xf", "font", "fill", "border", "dxf", "cellStyle"):
            kind = (element.getparent().tag, element.tag)
            if kind == (f"{self.namespace}numFmts", f"{self.namespace}numFmt"):
                own[whole(element, "numFmtId", -1)] = element.get("formatCode", "")
            elif kind == (f"{self.namespace}cellXfs", f"{self.namespace}xf"):
                ids.append(whole(element, "numFmtId", 0))
            forget(element)
            if len(ids) > MAX_STYLES:
                raise Refusal("malformed_xlsx", f"the workbook has more than {MAX_STYLES} cell styles")
        known = {number: format_of(number, own.get(number)) for number in set(ids)}
        return [known[number] for number in ids]

    def _refuse_doctype(self, part: str) -> None:
        from lxml import etree

        with self.opened(part) as file:
            for _, root in etree.iterparse(file, events=("start",), **_SAFE):
                if root.getroottree().docinfo.doctype:
                    raise Refusal("doctype", "a part of the workbook declares a document type, which no workbook needs")
                return

    def _book_part(self) -> str:
        if "_rels/.rels" not in self._parts:
            raise Refusal("not_xlsx", "this is a ZIP file, but no Excel workbook")
        part = next((target for kind, target in self._relations("").values() if kind == "officeDocument"), "")
        if part.endswith(".bin"):
            raise Refusal("not_xlsx", "this is a binary workbook (xlsb); save it as Excel workbook (xlsx)")
        if part.casefold() not in self._parts or not self.tree(part).tag.endswith("}workbook"):
            raise Refusal("not_xlsx", "this is an Office document, but no Excel workbook")
        return part

    def _relations(self, part: str) -> dict[str, tuple[str, str]]:
        """Return what a part refers to: id to kind and the name of the part."""
        folder, name = posixpath.split(part)
        listed = posixpath.join(folder, "_rels", f"{name}.rels")
        if listed.casefold() not in self._parts:
            return {}
        return {
            element.get("Id", ""): (
                element.get("Type", "").rpartition("/")[2],
                posixpath.normpath(posixpath.join("/", folder, element.get("Target", ""))).lstrip("/"),
            )
            for element in self.tree(listed)
            if element.get("TargetMode") != "External"
        }

    def _part_of(self, kind: str) -> str | None:
        return next((target for found, target in self._related.values() if found == kind), None)

    def _sheets(self, root: _Element) -> Iterator[Sheet]:
        for element in root.iter(f"{self.namespace}sheet"):
            name, place = element.get("name", ""), ""
            for attribute, value in element.attrib.items():
                if str(attribute).endswith("relationships}id"):
                    place = str(value)
            if place not in self._related or not name:
                raise Refusal("malformed_xlsx", "the workbook lists a sheet that is not there; save it again")
            kind, part = self._related[place]
            if kind == "worksheet":
                yield Sheet(name, element.get("state", "visible"), part)


# No entity is expanded, nothing is fetched, nothing grows without limit.
_SAFE: dict[str, Any] = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "huge_tree": False,
    "remove_comments": True,
    "remove_pis": True,
}


def unescaped(text: str) -> str:
    """Return text with the characters that Excel writes as `_x000D_`."""
    return _ESCAPE.sub(_escaped, text) if "_x" in text else text


def _escaped(found: re.Match[str]) -> str:
    character = chr(int(found[1], 16))
    # Half of a pair stands for no character.
    return found[0] if "\ud800" <= character <= "\udfff" else character


def whole(element: _Element, attribute: str, absent: int) -> int:
    """Return a whole number that an attribute holds, or what its absence stands for.

    Raises:
        Refusal: it holds none.
    """
    text = element.get(attribute)
    if text is None:
        return absent
    if not _WHOLE.fullmatch(text):
        raise Refusal("malformed_xlsx", f"an attribute {attribute} of a part is no whole number; save it again")
    return int(text)


def forget(element: _Element) -> None:
    """Give back the memory of an element that has been used, and of those before it."""
    element.clear()
    parent = element.getparent()
    while parent is not None and element.getprevious() is not None:
        del parent[0]
