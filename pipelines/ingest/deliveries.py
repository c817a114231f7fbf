"""What the ledgers of all sites say, for every later room: the deliveries table, and which delivery is current."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipelines.errors import UserError
from pipelines.ingest.examination import OddText
from pipelines.ingest.landing import landing_sites
from pipelines.ingest.ledger import LEDGER_FILE, DeliveryEvent, current_of, name_in_rows, read_ledger
from pipelines.ingest.readers import Remark
from pipelines.ingest.store import ROWS_FILE
from pipelines.settings import Home

_SCHEMA: dict[str, type[pl.DataType] | pl.DataType] = {
    "study": pl.String,
    "site": pl.String,
    "system": pl.String,
    "file": pl.String,
    "sha256": pl.String,
    "received_at": pl.String,
    "status": pl.String,
    "reason": pl.String,
    "rows": pl.Int64,
    "source": pl.String,
    "sequence": pl.Int64,
    "line": pl.Int64,
    "columns": pl.List(pl.String),
    "size": pl.Int64,
    "repeated_rows": pl.Int64,
}


_BY_WEIGHT = ("accepted", "superseded", "refused", "duplicate")


@dataclass(frozen=True)
class CurrentDelivery:
    """The delivery whose rows count for a site and a source.

    `source_file` is `<STUDY>/<SITE>/<system>/<file>` as in the rows; `previous_rows` is the number of rows of the
    accepted delivery with other content before it, None if this is the first; `odd_text` is what of it is not plain,
    and `remarks` what its reader found odd.
    """

    site: str
    source: str
    system: str
    file: str
    source_file: str
    sha256: str
    rows: int
    columns: tuple[str, ...]
    received_at: str
    rows_path: Path
    previous_rows: int | None
    odd_text: tuple[OddText, ...] = ()
    remarks: tuple[Remark, ...] = ()


def read_deliveries(home: Home, study_id: str) -> pl.DataFrame:
    """Return one row a file that came and source that took from it, sorted by site, system, file and sequence.

    Columns: study, site, system, file, sha256, received_at (UTC, ISO 8601), status (accepted, duplicate, superseded,
    refused), reason (`code: text`, blank where accepted), rows, source, sequence (within the site), line (of the
    fault), columns, size (bytes), repeated_rows (wholly the same as a row before them). An accepted delivery is
    superseded when its source has a newer accepted one.
    """
    rows = []
    for _, events in _ledgers(home, study_id):
        current = {(event.sequence, event.source) for event in current_of(events).values()}
        for event in events:
            superseded = event.status == "accepted" and (event.sequence, event.source) not in current
            status = "superseded" if superseded else event.status
            rows.append({**vars(event), "study": study_id, "status": status})
    frame = pl.DataFrame([{name: row[name] for name in _SCHEMA} for row in rows], schema=_SCHEMA)
    return frame.sort("study", "site", "system", "file", "sequence")


def delivered_files(deliveries: pl.DataFrame) -> pl.DataFrame:
    """Return one row a file that came, of the frame that `read_deliveries` gives, with its columns and order.

    `rows` is the sum of its tables. Where its sources differ in status, the first of accepted, superseded, refused and
    duplicate that one of them has is the file's.
    """
    rank = pl.col("status").replace_strict({status: place for place, status in enumerate(_BY_WEIGHT)})
    ranked = deliveries.sort(rank, "source", maintain_order=True)
    files = ranked.group_by("site", "sequence", maintain_order=True).agg(
        pl.exclude("rows", "repeated_rows").first(),
        *(pl.when(pl.col(c).is_not_null().any()).then(pl.col(c).sum()).alias(c) for c in ("rows", "repeated_rows")),
    )
    return files.select(deliveries.columns).sort("site", "system", "file", "sequence")


def known_sites(home: Home, study_id: str) -> list[str]:
    """Return the sites that have a folder in landing or have ever delivered, sorted."""
    return sorted({*landing_sites(home, study_id), *(site for site, _ in _ledgers(home, study_id))})


def current_deliveries(home: Home, study_id: str) -> list[CurrentDelivery]:
    """Return the current delivery of each site and source, sorted by both."""
    found = [
        _current_delivery(home, study_id, event, events)
        for _, events in _ledgers(home, study_id)
        for event in current_of(events).values()
    ]
    return sorted(found, key=lambda delivery: (delivery.site, delivery.source))


def previous_deliveries(home: Home, study_id: str) -> list[CurrentDelivery]:
    """Return what counted before the current delivery of a site and source, where other content did, sorted by both."""
    found = []
    for _, events in _ledgers(home, study_id):
        for event in current_of(events).values():
            earlier = _accepted_before(event, events)
            if earlier:
                found.append(_current_delivery(home, study_id, earlier[-1], events))
    return sorted(found, key=lambda delivery: (delivery.site, delivery.source))


def repeated_deliveries(home: Home, study_id: str) -> dict[tuple[str, str], str]:
    """Return (site, source) -> received_at of the file received last, where it was the current one once more."""
    repeated: dict[tuple[str, str], str] = {}
    for site, events in _ledgers(home, study_id):
        last = {event.source: event for event in events}
        repeated |= {(site, source): event.received_at for source, event in last.items() if event.status == "duplicate"}
    return repeated


def _accepted_before(event: DeliveryEvent, events: list[DeliveryEvent]) -> list[DeliveryEvent]:
    return [
        other
        for other in events
        if other.status == "accepted"
        and other.source == event.source
        and other.sequence < event.sequence
        and other.sha256 != event.sha256
    ]


def _current_delivery(home: Home, study_id: str, event: DeliveryEvent, events: list[DeliveryEvent]) -> CurrentDelivery:
    if event.store is None or event.rows is None or event.columns is None:
        raise UserError(f"{study_id}/{event.site}: delivery {event.sequence} of the ledger is incomplete; restore it")
    earlier = _accepted_before(event, events)
    return CurrentDelivery(
        site=event.site,
        source=event.source,
        system=event.system,
        file=event.file,
        source_file=name_in_rows(study_id, event.site, event.name, event.member),
        sha256=event.sha256,
        rows=event.rows,
        columns=event.columns,
        received_at=event.received_at,
        rows_path=home.store / event.store / ROWS_FILE,
        previous_rows=earlier[-1].rows if earlier else None,
        odd_text=event.odd_text,
        remarks=event.remarks,
    )


def _ledgers(home: Home, study_id: str) -> Iterator[tuple[str, list[DeliveryEvent]]]:
    for path in sorted((home.store / study_id).glob(f"*/{LEDGER_FILE}")):
        yield path.parent.name, read_ledger(path)
