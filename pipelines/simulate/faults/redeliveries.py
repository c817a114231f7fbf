"""Faults in what a site sends when: records that vanish, files that bring nothing new, and files that do not come."""

from __future__ import annotations

from pipelines.simulate.faults.registry import Fault, Spot, plants
from pipelines.simulate.site_records import OtherFile, Table

# Below so many rows, one that is gone is also a drop that X-08 tells of.
_MANY_ROWS = 10


@plants("X-02")
def record_vanished(spot: Spot) -> list[Fault]:
    """The file of two weeks earlier has a record that the current one has no more."""
    variants = ("VISDT", "folderseq_nsv", "99"), ("AE", "recordid", spot.site.next_record())
    source, column, value = variants[spot.variant % 2]
    table = spot.site.tables[source]
    if not _is_free(spot, source) or len(table.rows) < _MANY_ROWS:
        return []
    vanished = {**table.rows[-1], column: value}
    spot.site.other_files.append(OtherFile(source, days_before=14, more=(vanished,)))
    return [Fault("X-02", "", source, None, f"a record of {source} is no longer there")]


@plants("X-07")
def nothing_new(spot: Spot) -> list[Fault]:
    """At an open site, the same file comes again under another name, or the file before is of the same day."""
    if spot.variant % 2 == 0:
        source, other, detail = "VS", OtherFile("VS"), "VS.csv comes again under another name"
    else:
        source, other = "DS", OtherFile("DS", days_before=0, fewer=1)
        detail = "DS.csv was extracted on the same day as the one before"
    is_open = spot.site.closure is None
    if not is_open or not _is_free(spot, source) or len(spot.site.tables[source].rows) < _MANY_ROWS:
        return []
    spot.site.other_files.append(other)
    return [Fault("X-07", "", source, None, detail)]


@plants("X-03", once=True)
def never_came(spot: Spot) -> list[Fault]:
    """The data dictionary does not come, of all files the one that every other site sends alike."""
    site = spot.site
    if site.neighbour is None or site.closure is not None:
        return []
    site.undelivered.add("DATA_DICTIONARY")
    return [Fault("X-03", "", "DATA_DICTIONARY", None, "DATA_DICTIONARY.csv has not arrived")]


def _is_free(spot: Spot, source: str) -> bool:
    table: Table = spot.site.tables[source]
    return bool(table.rows) and all(other.source != source for other in spot.site.other_files)
