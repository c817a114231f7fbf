"""How EDC systems lay out their delimited exports: profiles of the CSV reader, which columns say whose a row is."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice

import pyarrow.compute as pc

from pipelines.ingest.readers.csv_text import CsvReader
from pipelines.ingest.readers.reader import Content, Reading, Remark, Table
from pipelines.ingest.refusal import Refusal
from pipelines.study_source import Source

_UTF8_MARK = b"\xef\xbb\xbf"
# The table that says what an OpenClinica file holds is never longer.
_MAX_HEAD_BYTES = 1 << 20


@dataclass(frozen=True)
class CsvProfile:
    """The layout of a system's export; its delimiter is in `FORMAT_DEFAULTS`.

    Columns are named in small letters and digits only: `Participant Id`, `participant_id` and `PARTICIPANTID` are one.
    Of `subject` and `site`, the first that a file has counts; `also` needs one column that only this system writes.
    `keys` are further columns that say whose a row is. `head` is how a table of facts begins that may stand before the
    data; `closing` tells that rows may end with a delimiter of their own; `xml` what an XML file of the system is.
    """

    system: str
    subject: tuple[str, ...]
    site: tuple[str, ...]
    keys: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    head: bytes | None = None
    closing: bool = False
    xml: str = "an XML file, and not delimited text; ODM-XML is format: odm"

    def is_key(self, column: str) -> bool:
        """Return whether a column of that name says whose a row is."""
        return plain_name(column) in {*self.subject, *self.site, *self.keys}


PROFILES: Mapping[str, CsvProfile] = {
    "castor": CsvProfile(
        system="Castor",
        subject=("recordid", "participantid", "castorrecordid", "castorparticipantid"),
        site=("institute", "siteabbreviation", "instituteabbreviation"),
        keys=(
            "customname", "parent", "repeatingdatanamecustom", "repeatingdataparent", "reportnamecustom",
            "reportparent", "surveyname", "surveyinstanceid", "surveyparent", "packageid", "packagename",
            "surveypackageid", "surveypackagename",
        ),
        closing=True,
        xml="Castor's structure as XML: it describes forms and holds no data; export the data as CSV",
    ),
    "openclinica": CsvProfile(
        system="OpenClinica",
        subject=("studysubjectid", "participantid"),
        site=("protocolid", "siteid", "siteoid"),
        keys=("personid", "secondaryid", "subjectoid", "studyoid"),
        head=b"Dataset Name",
        closing=True,
    ),
    "rave": CsvProfile(
        system="Rave",
        subject=("subject", "subjid", "subjectname"),
        site=("sitenumber", "invid"),
        keys=(
            "userid", "projectid", "project", "studyid", "environmentname", "subjectid", "scrnid", "studysiteid",
            "siteid", "site", "sitegroup", "instanceid", "instancename", "instancerepeatnumber", "folderid", "folder",
            "foldername", "folderseq", "folderseqnsv", "datapageid", "datapagename", "pagerepeatnumber", "recordid",
            "recordposition",
        ),
        also=("datapagename", "datapageid", "recordid", "recordposition", "instancename", "instanceid", "foldername"),
    ),
    "viedoc": CsvProfile(
        system="Viedoc",
        subject=("subjectid", "subjid"),
        site=("sitecode",),
        keys=(
            "siteseq", "sitename", "countrycode", "country", "subjectseq", "eventseq", "eventid", "eventname",
            "eventrepeatkey", "activityid", "activityname", "formid", "formname", "formseq", "subjectformseq",
            "originsubjectformseq", "sourcesubjectformseq",
        ),
    ),
}  # fmt: skip


class ProfileReader:
    """Delimited text in the layout of one system."""

    def __init__(self, name: str) -> None:
        self.profile = PROFILES[name]
        self.version = f"{name}-1/{CsvReader.version}"

    def read(self, data: Content, source: Source) -> Reading:
        """Read a whole file; see `Reader`."""
        start = data[:_MAX_HEAD_BYTES].removeprefix(_UTF8_MARK)
        if start.lstrip().startswith((b"<?xml", b"<ODM")):
            raise Refusal("not_text", f"this is {self.profile.xml}")
        head = self._head(start, source) if self.profile.head and start.startswith(self.profile.head) else b""
        try:
            table, remarks = self._table(start[len(head) :] + data[_MAX_HEAD_BYTES:] if head else data, source)
        except Refusal as refusal:
            raise _further_down(refusal, head) from refusal
        names = [plain_name(source.aliases.get(name.strip(), name)) for name in table.header]
        table = self._told_apart(table, names)
        return replace(reading_of(table), remarks=(*remarks, *_miscounted(head, source, table)))

    def _head(self, start: bytes, source: Source) -> bytes:
        """Return the facts before the data: all lines above the one that begins with the subject's column."""
        length = 0
        for line in start.splitlines(keepends=True):
            first = line.decode(source.encoding, "replace").partition(source.delimiter)[0]
            if plain_name(first.strip(source.quote)) in self.profile.subject:
                return start[:length]
            length += len(line)
        raise Refusal("missing_key_column", f"behind its head the file has no header: {self._wanted()}")

    def _table(self, data: Content, source: Source) -> tuple[Table, tuple[Remark, ...]]:
        try:
            reading = CsvReader().read(data, source)
            (table,) = reading.tables
            remarks = reading.remarks
        except Refusal as refusal:
            if not self.profile.closing or refusal.code != "ragged_row":
                raise
            table, remarks = _without_closing(bytes(data), source, refusal)
        if self.profile.closing and len(table.header) > 1 and not table.header[-1].strip():
            return _without_last(table) or table, remarks
        return table, remarks

    def _told_apart(self, table: Table, names: list[str]) -> Table:
        """Return the table with the columns that say whose a row is; without them, it is another system's."""
        profile = self.profile
        written = dict(zip(reversed(names), reversed(table.header), strict=True))
        subject = next((written[name] for name in profile.subject if name in written), None)
        if subject is None or (profile.also and not set(profile.also) & set(names)):
            raise Refusal("missing_key_column", f"this is no export of {profile.system}: {self._wanted()}", 1)
        site = next((written[name] for name in profile.site if name in written), None)
        own = {*profile.subject, *profile.site, *profile.keys}
        keys = frozenset(header for header, name in zip(table.header, names, strict=True) if name in own)
        return replace(table, keys=keys, subject=subject, site=site)

    def _wanted(self) -> str:
        also = f" and one of {', '.join(self.profile.also)}" if self.profile.also else ""
        return (
            f"it needs one of the columns {', '.join(self.profile.subject)}{also} (case, blanks and underscores aside);"
            " declare the format that it is, or name the column in aliases"
        )


def reading_of(table: Table) -> Reading:
    """Return the reading of a file that holds one table."""
    subject = table.header.index(table.subject) if table.subject is not None else None
    counts = {} if subject is None else {"subjects": pc.count_distinct(table.rows.column(subject)).as_py()}
    return Reading((table,), counts=counts)


def plain_name(name: str) -> str:
    """Return a column's name as profiles have it: in small letters and digits only."""
    return re.sub(r"[^a-z0-9]", "", name.casefold())


def _without_closing(data: bytes, source: Source, refusal: Refusal) -> tuple[Table, tuple[Remark, ...]]:
    """Read a file whose rows, but not its header, end with a delimiter.

    Raises:
        Refusal: the one given, where a row holds something behind its last column, or has another number of fields.
    """
    text = data.removeprefix(_UTF8_MARK).decode(source.encoding)  # it was decoded before
    records = csv.reader(io.StringIO(text, newline=""), delimiter=source.delimiter, quotechar=source.quote, strict=True)
    next(records)
    header = "".join(islice(io.StringIO(text, newline=""), records.line_num)).rstrip("\r\n")
    longer = header + source.delimiter + text[len(header) :]
    try:
        reading = CsvReader().read(longer.encode(), source.model_copy(update={"encoding": "utf-8"}))
    except Refusal as longer_refusal:
        raise refusal from longer_refusal
    shorter = _without_last(reading.tables[0])
    if shorter is None:
        raise refusal
    return shorter, reading.remarks


def _without_last(table: Table) -> Table | None:
    """Return a table without its last column, None where that holds a value."""
    last = len(table.header) - 1
    if pc.any(pc.not_equal(table.rows.column(last), "")).as_py():
        return None
    return replace(table, header=table.header[:last], rows=table.rows.select(range(last)))


def _further_down(refusal: Refusal, head: bytes) -> Refusal:
    """Return a refusal whose line is that of the whole file."""
    above = len(head.splitlines())
    if not above:
        return refusal
    line = None if refusal.line is None else refusal.line + above
    return Refusal(refusal.code, f"{refusal.text} (lines are counted from the header, line {above + 1})", line)


def _miscounted(head: bytes, source: Source, table: Table) -> Iterator[Remark]:
    """Yield that the head counts other subjects than the table has rows."""
    for line in head.decode(source.encoding, "replace").splitlines():
        name, _, count = line.partition(source.delimiter)
        count = count.strip()
        if plain_name(name) == "subjects" and count.isdecimal() and int(count) != table.rows.num_rows:
            text = f"the head of the file counts {int(count)} subjects, its table has {table.rows.num_rows} rows"
            yield Remark("subject_count", text)
