"""Takes what is new in landing into the store, one site at a time: accepted, a duplicate, or refused with a reason."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Literal

from pipelines.ingest.examination import OddText, count_repeated_rows, find_odd_text
from pipelines.ingest.landing import LandingFile, has_site, landing_files, landing_sites, source_of
from pipelines.ingest.layout import Layout, agreed_table, hold_to_site, layout_of, with_lineage
from pipelines.ingest.ledger import DeliveryEvent, current_of, ledger_path, read_ledger, write_ledger
from pipelines.ingest.readers import READERS
from pipelines.ingest.refusal import Refusal
from pipelines.ingest.store import holding_site, keep_delivery, keep_refused
from pipelines.settings import Home
from pipelines.study import Study

# A file is read in one piece, so its size times the number of sites at work bounds the memory that ingest needs.
MAX_FILE_BYTES = 1 << 30
# Python reads one file at a time whatever the number of threads; the others count, compress and wait for the disk.
MAX_SITES_AT_WORK = 4

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Return the time that a delivery's `received_at` is taken from."""
    return datetime.now(UTC)


def ingest_study(
    home: Home,
    study: Study,
    sites: Sequence[str] | None = None,
    on_site: Callable[[str, list[DeliveryEvent]], None] | None = None,
    now: Clock = utc_now,
) -> list[DeliveryEvent]:
    """Take what is new from the given sites (all in landing, if None) and return the new events.

    Args:
        home: where landing and store are.
        study: the study's configuration.
        sites: the sites to look at; one without a folder in landing has nothing new.
        on_site: told of each site when it is done, for progress.
        now: the clock.

    Raises:
        UserError: the store cannot be written or is damaged. A broken delivery raises nothing.
    """
    if sites is None:
        sites = landing_sites(home, study.study)
    new: list[DeliveryEvent] = []
    layouts = _layouts_of(study)
    with ThreadPoolExecutor(min(MAX_SITES_AT_WORK, os.cpu_count() or 1)) as at_work:
        ingested = [at_work.submit(_ingest, home, study, site, layouts, now) for site in sites]
        try:
            # In the order of the sites, whichever is ready first.
            for site, events in zip(sites, (one.result() for one in ingested), strict=True):
                if on_site:
                    on_site(site, events)
                new += events
        except BaseException:
            at_work.shutdown(cancel_futures=True)
            raise
    return new


def ingest_site(home: Home, study: Study, site: str, now: Clock = utc_now) -> list[DeliveryEvent]:
    """Take what is new from one site and return the new events.

    A delivery is the current one of its source until a newer one is accepted; a refused file changes nothing of that.

    Raises:
        UserError: the site's name is none, its folder cannot be listed, or the store cannot be written or is damaged.
    """
    return _ingest(home, study, site, _layouts_of(study), now)


def _layouts_of(study: Study) -> dict[str, Layout]:
    return {name: layout_of(source) for name, source in study.sources.items()}


def _ingest(home: Home, study: Study, site: str, layouts: Mapping[str, Layout], now: Clock) -> list[DeliveryEvent]:
    files = landing_files(home, study.study, site)
    ledger = ledger_path(home, study.study, site)
    if not files:
        return []
    with holding_site(ledger.parent):
        before = read_ledger(ledger)
        intake = _Intake(home, study, site, list(before), {f.name for f in files}, layouts, now)
        for file in files:
            intake.take(file)
        if intake.events != before:
            write_ledger(ledger, intake.events)
    return intake.events[len(before) :]


@dataclass
class _Arrival:
    """One file on its way in, and what is known of it so far."""

    file: LandingFile
    source: str = ""
    layout: str = ""
    refusal: Refusal | None = None
    sha256: str = ""


class _Intake:
    """One pass over a site's files; `events` grows to the site's new ledger."""

    def __init__(
        self,
        home: Home,
        study: Study,
        site: str,
        events: list[DeliveryEvent],
        present: set[str],
        layouts: Mapping[str, Layout],
        now: Clock,
    ) -> None:
        self.home = home
        self.study = study
        self.site = site
        self.events = events
        self.present = present
        self.now = now
        self.layouts = layouts
        self.current = current_of(events)
        self.last = {event.name: place for place, event in enumerate(events)}

    def take(self, file: LandingFile) -> None:
        """Add the event that this file is, if it is one."""
        last = self.events[self.last[file.name]] if file.name in self.last else None
        seen = last is not None and (last.size, last.mtime_ns) == (file.size, file.mtime_ns)
        arrival = self._arrival(file)
        if last and seen and self._is_settled(last, arrival):
            return
        try:
            data = _bytes_of(file)
        except Refusal as refusal:
            if not (last and seen and last.reason == refusal.reason):
                self._add(arrival, "refused", reason=refusal.reason)
            return
        arrival.sha256 = hashlib.sha256(data).hexdigest()
        if last and last.sha256 == arrival.sha256 and self._is_settled(last, arrival):
            self.events[self.last[file.name]] = replace(last, mtime_ns=file.mtime_ns)
            return
        current = self.current.get(arrival.source)
        if current and self._repeats(current, arrival):
            self._add(arrival, "duplicate", reason=f"duplicate of {current.name}", rows=current.rows)
            return
        try:
            self._accept(arrival, data, self._received_before(arrival, last, current))
        except Refusal as refusal:
            self._refuse(arrival, data, refusal, self._received_before(arrival, last, None))

    def _arrival(self, file: LandingFile) -> _Arrival:
        if file.refusal:
            return _Arrival(file, refusal=file.refusal)
        try:
            source = source_of(self.study, file)
        except Refusal as refusal:
            return _Arrival(file, refusal=refusal)
        return _Arrival(file, source, self.layouts[source].digest)

    def _is_settled(self, last: DeliveryEvent, arrival: _Arrival) -> bool:
        """Return whether these bytes need no second look under the study's present configuration."""
        if last.source != arrival.source:
            return False
        if last.status == "refused":
            code = last.reason.partition(":")[0]
            same_cause = arrival.refusal is None or arrival.refusal.code == code
            return code != "unreadable" and last.layout == arrival.layout and same_cause
        # A mended configuration has the current delivery read again. Older ones stay as they were read, so that
        # none of them becomes current by that.
        current = self.current.get(last.source)
        outdated = current is not None and current.sha256 == last.sha256 and current.layout != arrival.layout
        return not (outdated and current is not None and self._stands_for(current, arrival))

    def _stands_for(self, current: DeliveryEvent, arrival: _Arrival) -> bool:
        """Return whether this file is the one to read the current delivery's bytes from."""
        return arrival.file.name == current.name or current.name not in self.present

    def _repeats(self, current: DeliveryEvent, arrival: _Arrival) -> bool:
        same_reading = current.layout == arrival.layout or not self._stands_for(current, arrival)
        return current.sha256 == arrival.sha256 and same_reading

    def _received_before(
        self, arrival: _Arrival, last: DeliveryEvent | None, current: DeliveryEvent | None
    ) -> str | None:
        """Return when these bytes came, where they are only read again: that is no new delivery by the site."""
        for earlier in (current, last):
            if earlier and earlier.sha256 == arrival.sha256:
                return earlier.received_at
        return None

    def _accept(self, arrival: _Arrival, data: bytes, received_at: str | None) -> None:
        if arrival.refusal:
            raise arrival.refusal
        source = self.study.sources[arrival.source]
        table = agreed_table(READERS[source.format].read(data, source).tables[0], self.layouts[arrival.source])
        hold_to_site(table, source, self.site, partial(has_site, self.home, self.study))
        source_file = f"{self.study.study}/{self.site}/{arrival.file.name}"
        # The rows name their file, so the same bytes under another name are another folder.
        reading = hashlib.sha256(f"{arrival.layout}\n{source_file}".encode()).hexdigest()
        store = f"{self.study.study}/{self.site}/{arrival.source}/{arrival.sha256[:16]}-{reading[:8]}"
        rows = with_lineage(table, source_file, self.site)
        suffix = Path(arrival.file.file).suffix
        keep_delivery(self.home.store / store, suffix, data, rows)
        event = self._add(
            arrival,
            "accepted",
            rows=table.num_rows,
            columns=tuple(table.column_names),
            store=store,
            received_at=received_at,
            repeated_rows=count_repeated_rows(table),
            odd_text=find_odd_text(table),
        )
        self.current[arrival.source] = event

    def _refuse(self, arrival: _Arrival, data: bytes, refusal: Refusal, received_at: str | None) -> None:
        store = f"{self.study.study}/{self.site}/refused/{arrival.sha256[:16]}"
        keep_refused(self.home.store / store, data)
        self._add(arrival, "refused", reason=refusal.reason, line=refusal.line, store=store, received_at=received_at)

    def _add(
        self,
        arrival: _Arrival,
        status: Literal["accepted", "duplicate", "refused"],
        *,
        reason: str = "",
        line: int | None = None,
        rows: int | None = None,
        columns: tuple[str, ...] | None = None,
        store: str | None = None,
        received_at: str | None = None,
        repeated_rows: int | None = None,
        odd_text: tuple[OddText, ...] = (),
    ) -> DeliveryEvent:
        file = arrival.file
        event = DeliveryEvent(
            sequence=self.events[-1].sequence + 1 if self.events else 1,
            site=self.site,
            system=file.system,
            file=file.file,
            source=arrival.source,
            sha256=arrival.sha256,
            size=file.size,
            mtime_ns=file.mtime_ns,
            received_at=received_at or self.now().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            status=status,
            reason=reason,
            line=line,
            rows=rows,
            columns=columns,
            layout=arrival.layout,
            store=store,
            repeated_rows=repeated_rows,
            odd_text=odd_text,
        )
        self.last[file.name] = len(self.events)
        self.events.append(event)
        return event


def _bytes_of(file: LandingFile) -> bytes:
    """Return a file's bytes.

    Raises:
        Refusal: it is not safe to read, too large, cannot be read, or changed meanwhile.
    """
    if file.refusal:
        raise file.refusal
    if file.size > MAX_FILE_BYTES:
        raise Refusal("file_too_large", f"{file.size} bytes; the limit is {MAX_FILE_BYTES}")
    try:
        with file.path.open("rb") as opened:
            data = opened.read()
            after = os.fstat(opened.fileno())
    except OSError as error:
        raise Refusal("unreadable", f"{error.strerror}; it will be tried again") from error
    if (len(data), after.st_mtime_ns) != (file.size, file.mtime_ns):
        raise Refusal("unreadable", "the file changed while it was read; it will be tried again")
    return data
