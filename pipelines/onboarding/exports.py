"""Which kinds of file lie in landing: the same form of every site is one export, whatever stamps its files carry."""

from __future__ import annotations

import glob
import re
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from pipelines.errors import UserError
from pipelines.ingest.landing import landing_files, landing_sites
from pipelines.settings import Home

# 20240131, 2024-01-31, 20240131_0915, 20240131T091500
_STAMP = re.compile(r"(?<![0-9])20[0-9]{2}[-_]?[0-9]{2}[-_]?[0-9]{2}(?:[-_T]?[0-9]{4}(?:[0-9]{2})?)?(?![0-9])")
_SUFFIXES = (".csv", ".txt", ".tsv", ".dat", ".psv")


@dataclass
class Export:
    """One kind of file over all sites: `path` is its pattern below a site's folder, `files` are (site, file)."""

    name: str
    path: str
    files: list[tuple[str, Path]] = field(default_factory=list)

    @property
    def sites(self) -> set[str]:
        """The sites that delivered it."""
        return {site for site, _ in self.files}


def list_exports(home: Home, study_id: str) -> tuple[list[Export], list[str]]:
    """Return the exports of all sites by path, and the kinds of files that no reader can take.

    Raises:
        UserError: landing holds nothing of this study, or a folder cannot be listed.
    """
    exports: dict[str, Export] = {}
    foreign = set()
    for site in landing_sites(home, study_id):
        for file in landing_files(home, study_id, site):
            if file.refusal is not None or Path(file.file).suffix.lower() not in _SUFFIXES:
                foreign.add(f"{file.system}/*{Path(file.file).suffix}")
                continue
            path = f"{glob.escape(file.system)}/{_pattern(file.file, site)}"
            exports.setdefault(path, Export(_name(path), path)).files.append((site, file.path))
    if not exports:
        raise UserError(
            f"there is no export in {home.landing / study_id}; put the sites' files there, "
            "as <SITE>/<system>/<file>, e.g. 101/edc/AE.csv"
        )
    found = sorted(exports.values(), key=lambda export: export.path)
    _tell_apart(found)
    return found, sorted(foreign)


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


def _tell_apart(exports: list[Export]) -> None:
    """Put the system before the names that two systems share."""
    names = [export.name.casefold() for export in exports]
    taken: dict[str, int] = {}
    for export, name in zip(exports, names, strict=True):
        if names.count(name) > 1:
            export.name = f"{_name(PurePosixPath(export.path).parent.as_posix())}_{export.name}"[:60]
        count = taken[export.name.casefold()] = taken.get(export.name.casefold(), 0) + 1
        export.name += f"_{count}" if count > 1 else ""
