"""Which kinds of file lie in landing: the same form of every site is one export, whatever stamps its files carry."""

from __future__ import annotations

import glob
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from pipelines.errors import UserError
from pipelines.ingest.landing import LandingFile, landing_files, landing_sites
from pipelines.ingest.readers.archive import list_members, read_member
from pipelines.ingest.refusal import Refusal
from pipelines.onboarding.format_signs import COMPOUND_FILE, HEAD_BYTES, format_of, is_zip
from pipelines.settings import Home
from pipelines.study_source import ExportFormat

# 20240131, 2024-01-31, 20240131_0915, 20240131T091500
_STAMP = re.compile(r"(?<![0-9])20[0-9]{2}[-_]?[0-9]{2}[-_]?[0-9]{2}(?:[-_T]?[0-9]{4}(?:[0-9]{2})?)?(?![0-9])")
_OLD_OFFICE = "is an old Excel file (xls), or a workbook with a password: have it saved as xlsx, without one"
# What stands before the name of a form in the id of an ODM item group: IG.DM, F_AE.
_GROUP_PREFIX = re.compile(r"^(?:IGD?|ITEMGROUP|FORM|F)[._]", re.IGNORECASE)


@dataclass(frozen=True)
class ExportFile:
    """One file of a site, or the member of that name in it."""

    site: str
    path: Path
    member: str | None = None

    def read(self) -> bytes:
        """Return its content.

        Raises:
            Refusal: it cannot be unpacked.
        """
        data = self.path.read_bytes()
        return data if self.member is None else _unpacked(data, self.member)


@dataclass
class Export:
    """One kind of file over all sites, or one table of it.

    `path` is its pattern below a site's folder and `member` the pattern inside a ZIP; `table` names one of several
    tables, as the format does. `header_rows` is said of workbooks, `dictionary` of REDCap: the project's data
    dictionary, which has to lie beside study.yml and may not lie there yet.
    """

    name: str
    path: str
    files: list[ExportFile] = field(default_factory=list)
    format: ExportFormat = "csv"
    member: str | None = None
    table: str | None = None
    header_rows: int = 1
    dictionary: Path | None = None
    is_dictionary_beside: bool = False

    @property
    def sites(self) -> set[str]:
        """The sites that delivered it."""
        return {file.site for file in self.files}

    def of_table(self, table: str) -> Export:
        """Return the export that is one of the tables of this one."""
        return replace(self, name=_name(_GROUP_PREFIX.sub("", table)), table=table)


def list_exports(home: Home, study_id: str) -> tuple[list[Export], list[str]]:
    """Return the exports of all sites by path, and the kinds of files that no reader can take, with what is known.

    Raises:
        UserError: landing holds nothing of this study that can be read, or a folder cannot be listed.
    """
    exports: dict[tuple[str, str | None], Export] = {}
    formats: dict[tuple[str, str | None], Counter[ExportFormat]] = {}
    foreign: dict[tuple[str, str], str] = {}
    for site in landing_sites(home, study_id):
        for file in landing_files(home, study_id, site):
            path = f"{glob.escape(file.system)}/{_pattern(file.file, site)}"
            for member, written_as, why in _contents(file):
                if written_as is None:
                    foreign[path, why] = f"{file.system}/*{Path(file.file).suffix}"
                    continue
                inside = _member_pattern(member, site) if member is not None else None
                export = exports.setdefault((path, inside), Export(_name(inside or path), path, member=inside))
                export.files.append(ExportFile(site, file.path, member))
                formats.setdefault((path, inside), Counter())[written_as] += 1
    for key, export in exports.items():
        # Of two formats under one path, the files of the rarer one are refused when they are read.
        export.format = formats[key].most_common(1)[0][0]
    if not exports and foreign:
        told = "; ".join(sorted({f"{path} {why}" for path, why in foreign}))
        raise UserError(f"no file in {home.landing / study_id} can be read: {told}")
    if not exports:
        raise UserError(
            f"there is no export in {home.landing / study_id}; put the sites' files there, "
            "as <SITE>/<system>/<file>, e.g. 101/edc/AE.csv"
        )
    return sorted(exports.values(), key=lambda export: (export.path, export.member or "")), _kinds(
        foreign, exports.values()
    )


def _kinds(foreign: Mapping[tuple[str, str], str], exports: Iterable[Export]) -> list[str]:
    """Say of kinds of files, or of a path where others of its kind can be read, why no reader takes them."""
    read = {f"{PurePosixPath(export.path).parent}/*{PurePosixPath(export.path).suffix}" for export in exports}
    return sorted({f"{path if kind in read else kind} {why}" for (path, why), kind in foreign.items()})


def tell_apart(exports: Sequence[Export]) -> None:
    """Put the system before the names that two exports share, and number what has one name then still."""
    names = [export.name.casefold() for export in exports]
    taken: dict[str, int] = {}
    for export, name in zip(exports, names, strict=True):
        if names.count(name) > 1:
            export.name = f"{_name(PurePosixPath(export.path).parent.as_posix())}_{export.name}"[:60]
        count = taken[export.name.casefold()] = taken.get(export.name.casefold(), 0) + 1
        export.name += f"_{count}" if count > 1 else ""


def _contents(file: LandingFile) -> Iterator[tuple[str | None, ExportFormat | None, str]]:
    """Yield (member, format, why there is none) for a file, or for each file of an archive."""
    if file.refusal is not None:
        yield None, None, f"is not taken: {file.refusal.reason}"
        return
    try:
        with file.path.open("rb") as opened:
            data = opened.read(HEAD_BYTES)
            data += opened.read() if is_zip(data) else b""
        found = format_of(data, file.file)
        if found != "zip":
            yield None, found, _OLD_OFFICE if data.startswith(COMPOUND_FILE) else "is of no export format"
            return
        for member in list_members(data):
            inside = format_of(_unpacked(data, member), member)
            # An archive in an archive is not opened.
            written_as = inside if inside != "zip" else None
            yield member, written_as, f"holds *{PurePosixPath(member).suffix}, which is of no export format"
    except Refusal as refusal:
        yield None, None, f"is refused: {refusal.reason}"
    except OSError as error:
        yield None, None, f"cannot be read: {error.strerror}"


def _unpacked(data: bytes, member: str) -> bytes:
    return bytes(read_member(data, glob.escape(member))[1])


def _member_pattern(member: str, site: str) -> str:
    return "/".join(_pattern(part, site) for part in member.split("/"))


def _pattern(file: str, site: str) -> str:
    """Return a file's name with the site and stamps of time as *, so that one pattern fits the form of every site."""
    stem, suffix = Path(file).stem, Path(file).suffix
    marked = _STAMP.sub("\0", stem)
    marked = re.sub(rf"(?<![A-Za-z0-9]){re.escape(site)}(?![A-Za-z0-9])", "\0", marked)
    if not re.search("[A-Za-z]", marked):
        marked = stem
    return "*".join(glob.escape(part) for part in marked.split("\0")) + suffix


def _name(path: str) -> str:
    name = re.sub(r"[^A-Za-z0-9_-]+", "_", PurePosixPath(path).stem.replace("*", "_")).strip("_-")
    return re.sub("__+", "_", name)[:64] or "FILE"
