"""What lies in landing: sites, their files, and which source each file belongs to. Landing is only ever read."""

from __future__ import annotations

import fnmatch
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipelines.errors import UserError
from pipelines.ingest.refusal import Refusal
from pipelines.settings import Home
from pipelines.study import Study
from pipelines.study_values import NamePattern

# Names under which transfer programs keep a file that is still arriving.
_ARRIVING = (".part", ".tmp", ".filepart")


@dataclass(frozen=True)
class LandingFile:
    """A file as it lies in landing; `name` is `<system>/<file>` in printable characters.

    `mtime_ns` may be given it by the sender; `ctime_ns` is when this machine saw it change last.
    """

    path: Path
    system: str
    file: str
    size: int
    mtime_ns: int
    refusal: Refusal | None = None
    ctime_ns: int = 0

    @property
    def name(self) -> str:
        """`<system>/<file>`: what a source's path pattern is held against."""
        return f"{self.system}/{self.file}"


def landing_sites(home: Home, study_id: str) -> list[str]:
    """Return the sites that have a folder in landing, sorted."""
    return [name for name, usable in _site_folders(home, study_id) if usable]


def unusable_site_folders(home: Home, study_id: str) -> list[str]:
    """Return the folders beside the sites' that cannot be a site's: a name that is none, or a link out of landing."""
    return [printable(name) for name, usable in _site_folders(home, study_id) if not usable]


def landing_files(home: Home, study_id: str, site: str) -> list[LandingFile]:
    """Return a site's files in the order in which they arrived: by time, then by name.

    Files that are still arriving (`*.part`, `*.tmp`, `*.filepart`) and hidden ones are left out, and so is all that
    does not lie at `<system>/<file>`.

    Raises:
        UserError: a folder cannot be listed.
    """
    folder = home.landing / study_id / site
    if not is_site_name(site):
        raise UserError(f'"{printable(site)}" cannot be a site: letters, digits, ".", "_" and "-" make its name')
    if not folder.is_dir():
        return []
    inside = folder.resolve()
    files = [
        found
        for system in _listed(folder)
        if system.is_dir() and not system.name.startswith(".")
        for entry in _listed(Path(system.path))
        if not entry.name.startswith(".") and not entry.name.lower().endswith(_ARRIVING)
        if (found := _landing_file(system.name, entry, inside))
    ]
    return sorted(files, key=lambda f: (f.mtime_ns, f.name))


def misplaced_files(home: Home, study_id: str) -> list[str]:
    """Return the files of a study that lie elsewhere than at `<SITE>/<system>/<file>`, and so are never read, sorted.

    Hidden ones and those still arriving are left out.
    """
    folder = home.landing / study_id
    found = []
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        depth = len(Path(place).relative_to(folder).parts)
        if depth != 2:
            there = [name for name in files if not name.startswith(".") and not name.lower().endswith(_ARRIVING)]
            found += [printable((Path(place).relative_to(folder) / name).as_posix()) for name in there]
    return sorted(found)


def sources_of(study: Study, file: LandingFile) -> tuple[str, ...]:
    """Return the names of the sources that the file feeds: one, or those that share its path and take a table each.

    Raises:
        Refusal: no path pattern fits the file, or more than one.
    """
    fitting = [name for name, source in study.sources.items() if fits(source.path, file)]
    if len({study.sources[name].path for name in fitting}) == 1:
        return tuple(fitting)
    if fitting:
        raise Refusal("ambiguous_source", f"the path fits more than one source: {', '.join(fitting)}")
    patterns = ", ".join(dict.fromkeys(source.path for source in study.sources.values()))
    raise Refusal("unknown_source", f"no source of study.yml has such a path; there are {patterns}")


def is_site_name(name: str) -> bool:
    """Return whether a folder of this name can be a site's."""
    return re.fullmatch(NamePattern, name) is not None and "\n" not in name


def has_site(home: Home, study: Study, name: str) -> bool:
    """Return whether a site of the study has this name: it is listed in study.yml, or has a folder in landing."""
    listed = any(site.id == name for site in study.sites)
    return listed or (is_site_name(name) and (home.landing / study.study / name).is_dir())


def printable(name: str) -> str:
    """Return a file's name with control characters and undecodable bytes escaped, fit for a terminal and a table."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "backslashreplace").decode() for c in name)


def fits(pattern: str, file: LandingFile) -> bool:
    """Return whether a file lies where a source's path pattern says."""
    system, _, name = pattern.partition("/")
    return fnmatch.fnmatchcase(file.system, system) and fnmatch.fnmatchcase(file.file, name)


def _site_folders(home: Home, study_id: str) -> Iterator[tuple[str, bool]]:
    folder = home.landing / study_id
    if not folder.is_dir():
        return
    inside = folder.resolve()
    for entry in _listed(folder):
        if entry.is_dir() and not entry.name.startswith("."):
            leaves = entry.is_symlink() and not Path(entry.path).resolve().is_relative_to(inside)
            yield entry.name, is_site_name(entry.name) and not leaves


def _listed(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        raise UserError(f"{folder}: the folder cannot be listed ({error.strerror}); check its permissions") from error


def _landing_file(system: str, entry: os.DirEntry[str], inside: Path) -> LandingFile | None:
    """Return the file, None for what is no file, and a refusal for a name or a link that is not safe to follow."""
    path = Path(entry.path)
    refusal = None
    # Not Path.resolve, which fails on a link that leads to itself.
    if not Path(os.path.realpath(path)).is_relative_to(inside):
        refusal = Refusal("outside_landing", "the file is a link that leads out of the site's folder")
        found = path.lstat()
    else:
        try:
            found = path.stat()
        except OSError as error:
            refusal = Refusal("unreadable", f"{error.strerror}; it will be tried again")
            found = path.lstat()
        if refusal is None and not stat.S_ISREG(found.st_mode):
            return None
    if not (system.isprintable() and entry.name.isprintable()):
        refusal = Refusal("unusable_name", "the file's name holds control characters or bytes that are no text")
    return LandingFile(
        path, printable(system), printable(entry.name), found.st_size, found.st_mtime_ns, refusal, found.st_ctime_ns
    )
