"""Reads XML element by element in bounded memory, and refuses what could harm: document types, bombs, endless elements.

Everything is libxml2's (lxml) work; here its limits are set and its errors become refusals that quote nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from pipelines.ingest.readers.reader import Content
from pipelines.ingest.readers.xml_encoding import place_of_broken_byte
from pipelines.ingest.refusal import Refusal

# An lxml element; lxml has no types of its own.
Element = Any

# So few that the processor's cache still has a piece's elements when they are read.
BYTES_A_PIECE = 1 << 14
# Bytes that may pass without an element that the caller has cleared at its end: what lies between stays in memory.
MAX_ELEMENT_BYTES = 16 << 20
# lxml looks up each attribute's value anew, so that their number counts twice.
MAX_ATTRIBUTES = 1_000
# Up to here libxml2 keeps the line of every element.
SURE_LINES = 65_535

XINCLUDE = "http://www.w3.org/2001/XInclude"

_SAFE: dict[str, object] = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "huge_tree": False,
    "remove_comments": True,
    "remove_pis": True,
}

# What libxml2 calls the fault: our code, and what a person is told. Its own messages would quote the file.
_FAULTS = {
    "ERR_DOCUMENT_EMPTY": ("not_xml", "this is not XML: it does not begin with a tag"),
    "ERR_INVALID_CHAR": ("invalid_character", "there is a character that XML does not allow"),
    "ERR_INVALID_ENCODING": ("undecodable", "there are bytes that the encoding named on line 1 does not know"),
    "ERR_UNSUPPORTED_ENCODING": ("undecodable", "the encoding that line 1 names is not known"),
    "ERR_UNKNOWN_ENCODING": ("undecodable", "the encoding that line 1 names is not known"),
    "ERR_UNDECLARED_ENTITY": ("entity", "there is an entity, and an entity is never read; write the character itself"),
    "ERR_RESOURCE_LIMIT": (
        "too_large",
        "a value is longer than 10 million characters, or elements are nested 256 deep",
    ),
    "ERR_NAME_TOO_LONG": ("too_large", "a name is longer than 50,000 characters"),
    "ERR_DOCUMENT_END": ("malformed_xml", "something follows the end of the root element"),
    "ERR_TAG_NAME_MISMATCH": ("malformed_xml", "an element is closed that is not the open one"),
    "ERR_ATTRIBUTE_REDEFINED": ("malformed_xml", "an element has an attribute twice"),
    "ERR_LT_IN_ATTRIBUTE": ("malformed_xml", "an attribute holds a bare <; it is written &lt;"),
    "NS_ERR_UNDEFINED_NAMESPACE": ("malformed_xml", "a prefix is used without the xmlns: that declares it"),
    "WAR_NS_URI_RELATIVE": ("malformed_xml", "a namespace is not an absolute URI"),
}


@dataclass(frozen=True)
class Root:
    """The root element: its name with the namespace in front, `{uri}ODM`, and its attributes."""

    tag: str
    attributes: Mapping[str, str]


class _RootSeenError(Exception):
    pass


class _Prolog:
    """Listens to the parser until the root element begins."""

    root: Root | None = None

    def doctype(self, *_names: object) -> NoReturn:
        raise Refusal("doctype", "the file has a DOCTYPE, and none is ever read; export the file without it", 1)

    def start(self, tag: str, attributes: Mapping[str, str]) -> NoReturn:
        self.root = Root(tag, dict(attributes))
        raise _RootSeenError

    def end(self, _tag: str) -> None: ...

    def data(self, _text: str) -> None: ...

    def close(self) -> None: ...


def read_root(data: Content, encoding: str | None = None) -> Root:
    """Return the root element; nothing behind its tag is read. An `encoding` goes before the one that the file names.

    Raises:
        Refusal: the file is empty or no XML, or has a document type.
    """
    from lxml import etree

    if not data[:BYTES_A_PIECE].strip() and not data[:].strip():
        raise Refusal("empty_file", f"the file holds nothing ({len(data)} bytes)")
    prolog = _Prolog()
    parser = etree.XMLParser(target=prolog, encoding=encoding, **_SAFE)
    try:
        for begin in range(0, len(data), BYTES_A_PIECE):
            parser.feed(data[begin : begin + BYTES_A_PIECE])
        parser.close()
    except _RootSeenError:
        assert prolog.root is not None  # noqa: S101 - it is set before that is raised
        return prolog.root
    except (etree.XMLSyntaxError, etree.ParserError) as error:
        raise _refusal(data, parser, error, at_end=False) from None
    raise Refusal("not_xml", "this is not XML: it has no root element")


def read_elements(data: Content, tags: Sequence[str], encoding: str | None = None) -> Iterator[tuple[str, Element]]:
    """Yield ("start" or "end", element) for elements with these tags, in the order of the file.

    An `encoding` goes before the one that the file names.

    Whoever takes them clears an element at its end, and removes it when the next one of its kind has ended (never at
    once: the parser may still be writing behind it).

    Raises:
        Refusal: the file is not well-formed, is cut off, includes another one, or an element is too large.
    """
    from lxml import etree

    wanted = [*tags, f"{{{XINCLUDE}}}*"]
    parser = etree.XMLPullParser(events=("start", "end"), tag=wanted, encoding=encoding, **_SAFE)
    unended = 0
    try:
        for begin in range(0, len(data), BYTES_A_PIECE):
            parser.feed(data[begin : begin + BYTES_A_PIECE])
            unended += BYTES_A_PIECE
            for event, element in parser.read_events():
                if event == "start":
                    if element.tag.startswith("{" + XINCLUDE):
                        raise Refusal("xinclude", "the file includes another file, and only one file is ever read")
                    yield event, element
                elif unended and _holds_something(element):
                    yield event, element
                    unended = unended if _holds_something(element) else 0
                else:
                    yield event, element
            if unended > MAX_ELEMENT_BYTES:
                raise Refusal("too_large", f"more than {MAX_ELEMENT_BYTES >> 20} MB stand in one element")
    except (etree.XMLSyntaxError, etree.ParserError) as error:
        raise _refusal(data, parser, error, at_end=False) from None
    try:
        parser.close()
    except (etree.XMLSyntaxError, etree.ParserError) as error:
        raise _refusal(data, parser, error, at_end=True) from None
    yield from parser.read_events()


def _holds_something(element: Element) -> bool:
    return len(element) > 0 or bool(element.keys()) or element.text is not None


def attributes_of(element: Element) -> Iterator[tuple[str, str]]:
    """Yield the attributes of an element as (name, value); lxml's own items() takes five times as long.

    Raises:
        Refusal: it has more than `MAX_ATTRIBUTES`.
    """
    names = element.keys()
    if len(names) > MAX_ATTRIBUTES:
        raise Refusal("too_large", f"an element has more than {MAX_ATTRIBUTES} attributes", line_of(element))
    return zip(names, element.values(), strict=True)


def line_of(element: Element) -> int | None:
    """Return the line on which an element begins, None where libxml2 cannot know it."""
    line: int | None = element.sourceline
    if line is None or line < SURE_LINES:
        return line
    # An element itself holds no higher line; libxml2 takes that of the end of the text within, or behind.
    text = element.text or (element.tail if len(element) == 0 else None)
    return line - text.count("\n") if text and line > SURE_LINES else None


def _refusal(data: Content, parser: Any, error: Exception, *, at_end: bool) -> Refusal:
    """Return what a person is told of libxml2's error: the first one in its log."""
    faults = [entry for entry in parser.feed_error_log if entry.level_name != "WARNING"]
    kind, line = (faults[0].type_name, faults[0].line) if faults else (None, getattr(error, "lineno", None))
    if at_end and kind not in _FAULTS:
        return Refusal("truncated_xml", f"the file ends before its root element does, on line {line or 1}", line or 1)
    code, text = _FAULTS.get(kind or "", ("malformed_xml", "this is not well-formed XML"))
    if kind == "ERR_RESOURCE_LIMIT":
        return Refusal(code, text)  # libxml2 has looked ahead, so it no longer knows the line
    if kind == "ERR_INVALID_ENCODING":
        text = place_of_broken_byte(data) or text
    return Refusal(code, f"line {line}: {text}" if line else text, line or None)
