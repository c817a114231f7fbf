"""The page of settings in a secuTrial export: how its text is encoded, and what repeats in the names of its files."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from pipelines.ingest.readers.archive import Archive
from pipelines.ingest.refusal import Refusal

MAX_OPTIONS_BYTES = 2 << 20
_OPTIONS = re.compile(r"ExportOptions(?P<suffix>_(?P<project>[^_]+)_\d{8}-\d{6})?\.html?", re.IGNORECASE)


@dataclass(frozen=True)
class ExportOptions:
    """What the page says of the whole export.

    `member` is its name in the archive, `encoding` the declared one; `suffix` is what stands behind the name of every
    file, and `project` the code that stands in the names of forms, both blank where names are short.
    """

    member: str
    encoding: str
    suffix: str
    project: str

    def is_encoded_in(self, encoding: str) -> bool:
        """Return whether that is another name of the export's encoding."""
        return codecs.lookup(encoding).name == codecs.lookup(self.encoding).name

    def table_name(self, stem: str) -> str:
        """Return a table's name for a file's: without the suffix, and `mnp<project>` taken out."""
        name = stem.removesuffix(self.suffix) if self.suffix else stem
        if not self.project:
            return name
        return re.sub(rf"^(at|e|ate)?mnp{re.escape(self.project.lower())}(?=.)", r"\1", name)


def read_options(archive: Archive) -> ExportOptions:
    """Return the settings of an export.

    Raises:
        Refusal: the archive holds no page of settings, or several, or the page names no usable encoding.
    """
    pages = [(member, found) for member in archive.members if (found := _match(member.name))]
    if len(pages) != 1:
        raise Refusal(
            "not_secutrial", f"the ZIP holds {len(pages)} files ExportOptions*.html, a secuTrial export holds one"
        )
    member, found = pages[0]
    if member.info.file_size > MAX_OPTIONS_BYTES:
        raise Refusal("not_secutrial", f"ExportOptions.html has {member.info.file_size} bytes; no export writes that")
    encoding = _declared_encoding(bytes(archive.read(member)))
    return ExportOptions(member.name, encoding, found["suffix"] or "", found["project"] or "")


def _match(name: str) -> re.Match[str] | None:
    return _OPTIONS.fullmatch(PurePosixPath(name).name)


def _declared_encoding(page: bytes) -> str:
    import lxml.html
    from lxml import etree

    try:
        parser = lxml.html.HTMLParser(no_network=True, huge_tree=False, remove_comments=True)
        document = lxml.html.document_fromstring(page, parser=parser)
    except (etree.LxmlError, ValueError) as error:
        raise Refusal("not_secutrial", "ExportOptions.html cannot be read as HTML") from error
    contents = [str(content) for content in document.xpath("//meta/@content")]
    declared = [found[1] for content in contents if (found := re.search(r"charset=([\w-]+)", content, re.IGNORECASE))]
    if len(set(declared)) != 1:
        raise Refusal("unknown_encoding", f"ExportOptions.html names {len(set(declared))} encodings, not one")
    try:
        codecs.lookup(declared[0])
    except LookupError as error:
        raise Refusal("unknown_encoding", "the encoding that ExportOptions.html names is not a known one") from error
    return declared[0]
