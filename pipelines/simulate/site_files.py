"""Writes one site's records as the files that it would deliver in a layout."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from pipelines.simulate.exports import EXTRACTED, SOURCES
from pipelines.simulate.layouts import LAYOUTS, ExportLayout, layout_of
from pipelines.simulate.site_records import OtherFile, Row, SiteRecords
from pipelines.simulate.style import System
from pipelines.simulate.subject_course import CUTOFF
from pipelines.simulate.written_table import write_table


@dataclass(frozen=True)
class SiteFile:
    """One file that a site's system sends under one name, and the sources that have their table in it."""

    system: System
    name: str
    layout: ExportLayout
    sources: tuple[str, ...]

    @property
    def path(self) -> str:
        """`<system>/<file>`."""
        return f"{self.system}/{self.name}{self.layout.suffix}"


def site_files(layout: ExportLayout) -> list[SiteFile]:
    """Return the files of every site in a layout."""
    found: dict[tuple[System, str], list[str]] = {}
    for source, about in SOURCES.items():
        found.setdefault((about.system, layout_of(source, layout).file_of(source)), []).append(source)
    return [
        SiteFile(system, name, layout_of(sources[0], layout), tuple(sources))
        for (system, name), sources in found.items()
    ]


def write_site(landing: Path, site: SiteRecords, layout: ExportLayout) -> None:
    """Write landing/<STUDY>/<SITE>/<system>/<file>, each file whole or not at all, and in the order of sending."""
    folder = landing / site.study / site.site
    files = site_files(layout)
    _remove_earlier(folder, {file.path for file in files if not site.undelivered.intersection(file.sources)})
    for file in files:
        if site.undelivered.intersection(file.sources):
            continue
        path = folder / file.path
        others = [other for other in site.other_files if other.source in file.sources]
        for other in others:
            if other.days_before is not None:
                day = CUTOFF - timedelta(days=other.days_before)
                write_bytes(path.with_stem(f"{file.name}_{day:%Y%m%d}"), _content_before(site, file, other, day))
        content = _content(site, file, {source: site.tables[source].rows for source in file.sources}, CUTOFF)
        write_bytes(path, content)
        if any(other.days_before is None for other in others):
            write_bytes(path.with_stem(f"{file.name}_again"), content)


def source_file(site: SiteRecords, source: str, layout: ExportLayout) -> str:
    """Return where a source's file lies below landing/; of one that never came, the pattern of its name."""
    its = layout_of(source, layout)
    pattern = "*" if source in site.undelivered else ""
    return f"{site.study}/{site.site}/{SOURCES[source].system}/{its.file_of(source)}{pattern}{its.suffix}"


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file beside its place and move it there, so that a reader never sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(content)
    part.replace(path)


def _content_before(site: SiteRecords, file: SiteFile, other: OtherFile, day: date) -> bytes:
    """Return the bytes of a file that was sent on an earlier day."""
    (source,) = file.sources  # a file of several sources is never sent for one of them
    rows = [row | {EXTRACTED: day.isoformat()} for row in (*site.tables[source].rows, *other.more)]
    return _content(site, file, {source: rows[: len(rows) - other.fewer]}, day)


def _content(site: SiteRecords, file: SiteFile, rows: Mapping[str, Sequence[Row]], day: date) -> bytes:
    tables = [
        write_table(source, site.tables[source].columns, file.layout.ordered(source, rows[source]), site.style)
        for source in file.sources
    ]
    return file.layout.write(site, file.name, tables, day)


def _remove_earlier(folder: Path, kept: set[str]) -> None:
    """Remove the files of a portfolio that was written here before, in any layout, that will not be replaced."""
    names = {file.name for layout in LAYOUTS.values() for file in site_files(layout)}
    suffixes = {layout.suffix for layout in LAYOUTS.values()}
    for old in folder.glob("*/*"):
        name = re.sub(r"_(\d{8}|again)$", "", old.stem)
        if name in names and old.suffix in suffixes and old.relative_to(folder).as_posix() not in kept:
            old.unlink()
