"""What the ledgers of all sites say, for every later room: the deliveries table, and which delivery is current."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from pipelines.errors import UserError
from pipelines.ingest.examination import OddText
from pipelines.ingest.landing import landing_sites
from pipelines.ingest.ledger import LEDGER_FILE, DeliveryEvent, current_of, name_in_rows, pending_of, read_ledger
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
    "security": pl.Boolean,
}


_BY_WEIGHT = ("held", "accepted", "superseded", "refused", "duplicate")


@dataclass(frozen=True)
class CurrentDelivery:
    """The delivery whose rows count for a site and a source.

    `source_file` is `<STUDY>/<SITE>/<system>/<file>` as in the rows; `previous_rows` is the number of rows of the
    accepted delivery with other content before it, None if this is the first; `odd_text` is what of it is not plain,
    and `remarks` what its reader found odd; `held_for` is why one that is not current waits for a decision.
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
    held_for: str = ""


@dataclass(frozen=True)
class LateDelivery:
    """A file that was extracted before the current one and came after it; `extracted` is its day."""

    source_file: str
    received_at: str
    extracted: str


def read_deliveries(home: Home, study_id: str) -> pl.DataFrame:
    """Return one row a file that came and source that took from it, sorted by site, system, file and sequence.

    Columns: study, site, system, file, sha256, received_at (UTC, ISO 8601), status (accepted, duplicate, superseded,
    held, refused), reason (`code: text`, blank where accepted without a question), rows, source, sequence (within the
    site), line (of the fault), columns, size (bytes), repeated_rows (wholly the same as a row before them), security
    (it may be another sponsor's). An accepted delivery is superseded when its source has a newer accepted one, and so
    is one that was held until then.
    """
    rows = []
    for _, events in _ledgers(home, study_id):
        stands = {(e.sequence, e.source) for e in (*current_of(events).values(), *pending_of(events).values())}
        for event in events:
            overtaken = event.status in ("accepted", "held") and (event.sequence, event.source) not in stands
            status = "superseded" if overtaken else event.status
            rows.append({**vars(event), "study": study_id, "status": status, "reason": _told(event)})
    frame = pl.DataFrame([{name: row[name] for name in _SCHEMA} for row in rows], schema=_SCHEMA)
    return frame.sort("study", "site", "system", "file", "sequence")


def _told(event: DeliveryEvent) -> str:
    """Return the reason of an event, and who decided about it, where somebody did."""
    if event.decision is None:
        return event.reason
    return f"{event.decision.verdict}: {event.decision.told}; it was held for {event.reason}"


def delivered_files(deliveries: pl.DataFrame) -> pl.DataFrame:
    """Return one row a file that came, of the frame that `read_deliveries` gives, with its columns and order.

    `rows` is the sum of its tables. Where its sources differ in status, the first of held, accepted, superseded,
    refused and duplicate that one of them has is the file's.
    """
    rank = pl.col("status").replace_strict({status: place for place, status in enumerate(_BY_WEIGHT)})
    ranked = deliveries.sort(rank, "source", maintain_order=True)
    files = ranked.group_by("site", "sequence", maintain_order=True).agg(
        pl.exclude("rows", "repeated_rows").first(),
        *(pl.when(pl.col(c).is_not_null().any()).then(pl.col(c).sum()).alias(c) for c in ("rows", "repeated_rows")),
    )
    return files.select(deliveries.columns).sort("site", "system", "file", "sequence")


def still_refused(deliveries: pl.DataFrame) -> pl.DataFrame:
    """Return the refused files of the frame that `read_deliveries` gives, by site and file.

    Of a file that came again under its name, what it was last counts.
    """
    at = ["site", "system", "file"]
    last = deliveries.sort("sequence", maintain_order=True).unique(at, keep="last", maintain_order=True)
    return last.filter(pl.col("status") == "refused").sort(at)


def may_be_foreign(deliveries: pl.DataFrame) -> pl.DataFrame:
    """Return those of the files still refused that may be another study's."""
    return still_refused(deliveries).filter(pl.col("security"))


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


def held_deliveries(home: Home, study_id: str) -> list[CurrentDelivery]:
    """Return the deliveries that wait for a decision, sorted by site and source; `previous_rows` are the current ones.

    `held_for` has the reason and its figures.
    """
    found = []
    for _, events in _ledgers(home, study_id):
        current = current_of(events)
        for event in pending_of(events).values():
            held, before = _current_delivery(home, study_id, event, events), current.get(event.source)
            found.append(replace(held, previous_rows=before.rows if before else None, held_for=event.reason))
    return sorted(found, key=lambda delivery: (delivery.site, delivery.source))


def repeated_deliveries(home: Home, study_id: str) -> dict[tuple[str, str], str]:
    """Return (site, source) -> received_at of the file received last, where it was the current one once more."""
    repeated: dict[tuple[str, str], str] = {}
    for site, events in _ledgers(home, study_id):
        current, last = current_of(events), {event.source: event for event in events}
        repeated |= {
            (site, source): event.received_at
            for source, event in last.items()
            if event.status == "duplicate" and source in current and current[source].sha256 == event.sha256
        }
    return repeated


def late_deliveries(home: Home, study_id: str) -> dict[tuple[str, str], LateDelivery]:
    """Return (site, source) -> the file received last, where it was extracted before the current one."""
    late: dict[tuple[str, str], LateDelivery] = {}
    for site, events in _ledgers(home, study_id):
        for source, event in {event.source: event for event in events}.items():
            if event.status == "superseded" and event.extracted is not None:
                file = name_in_rows(study_id, site, event.name, event.member)
                late[site, source] = LateDelivery(file, event.received_at, event.extracted)
    return late


def _accepted_before(event: DeliveryEvent, events: list[DeliveryEvent]) -> list[DeliveryEvent]:
    return [
        other
        for other in sorted(events, key=lambda other: other.order)
        if other.status == "accepted"
        and other.source == event.source
        and other.order < event.order
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
