"""Writes one site's records as the files it would deliver, and says in which row of them each fault lies."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from pipelines.simulate.exports import EXTRACTED, SOURCES
from pipelines.simulate.faults import Fault
from pipelines.simulate.site_records import Row, SiteRecords
from pipelines.simulate.subject_course import CUTOFF

KEY_COLUMNS = ("study", "site", "subject", "check_id", "dataset", "source_file", "source_row", "detail")


def write_site(landing: Path, site: SiteRecords) -> None:
    """Write landing/<STUDY>/<SITE>/<system>/<file>, each file whole or not at all, and in the order of sending."""
    for name, table in site.tables.items():
        path = landing / source_file(site, name)
        for old in path.parent.glob(f"{name}_*.csv"):  # of a portfolio that was written here before
            old.unlink()
        if name in site.undelivered:
            path.unlink(missing_ok=True)
            continue
        others = [other for other in site.other_files if other.source == name]
        for other in others:
            if other.days_before is not None:
                day = CUTOFF - timedelta(days=other.days_before)
                rows = [row | {EXTRACTED: day.isoformat()} for row in (*table.rows, *other.more)]
                kept = rows[: len(rows) - other.fewer]
                write_bytes(path.with_stem(f"{name}_{day:%Y%m%d}"), _render(site, name, kept))
        write_bytes(path, _render(site, name, table.rows))
        if any(other.days_before is None for other in others):
            write_bytes(path.with_stem(f"{name}_again"), _render(site, name, table.rows))


def source_file(site: SiteRecords, source: str) -> str:
    """Return where a source's file lies below landing/; of one that never came, the pattern of its name."""
    pattern = "*" if source in site.undelivered else ""
    return f"{site.study}/{site.site}/{SOURCES[source].system}/{source}{pattern}.csv"


def key_rows(site: SiteRecords, faults: list[Fault]) -> list[tuple[str, ...]]:
    """Return the site's rows of the answer key, in the order of KEY_COLUMNS, sorted by check and row."""
    numbers = {
        source: {id(row): number for number, row in enumerate(site.tables[source].rows, start=1)}
        for source in {fault.source for fault in faults}
    }
    rows = []
    for fault in faults:
        where, number = site, "" if fault.row is None else str(numbers[fault.source][id(fault.row)])
        if fault.elsewhere is not None:
            where, number = fault.elsewhere[0], str(fault.elsewhere[1])
        rows.append((
            where.study, where.site, fault.subject, fault.check_id, fault.dataset, source_file(where, fault.source),
            number, fault.detail,
        ))  # fmt: skip
    return sorted(rows, key=lambda row: (row[3], row[5], int(row[6] or 0), row))


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file beside its place and move it there, so that a reader never sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(content)
    part.replace(path)


def _render(site: SiteRecords, name: str, rows: Sequence[Row]) -> bytes:
    style, layout, table = site.style, SOURCES[name], site.tables[name]
    headers = style.headers.get(name, {})
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=style.delimiter, lineterminator=style.newline)
    titles = [headers.get(column, column) for column in table.columns]
    writer.writerow([title.upper() for title in titles] if layout.system in style.upper_case_headers else titles)
    dates, flags = set(layout.dates), set(layout.flags)
    for row in rows:
        values = []
        for column in table.columns:
            value = row.get(column, "")
            if column in dates:
                value = style.write_date(layout.system, value)
            elif column in flags:
                value = style.write_flag(value)
            values.append(value)
        writer.writerow(values)
    return text.getvalue().encode(style.encodings.get(layout.system, "utf-8"))
