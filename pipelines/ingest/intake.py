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
from typing import Any

from pipelines.ingest.arrival import Arrived, arrived
from pipelines.ingest.landing import LandingFile, landing_files, landing_sites, sources_of
from pipelines.ingest.layout import Layout, layout_of
from pipelines.ingest.ledger import DeliveryEvent, Status, current_of, ledger_path, read_ledger, write_ledger
from pipelines.ingest.refusal import Refusal
from pipelines.ingest.source_rows import SourceRows, read_sources
from pipelines.ingest.store import holding_site, keep_delivery, keep_refused
from pipelines.settings import Home
from pipelines.study import Study
from pipelines.study_columns import mapped_columns

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
    return {name: layout_of(source, mapped_columns(study, name)) for name, source in study.sources.items()}


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
    """One file on its way in, and what is known of it so far; `sources` is empty where it fits none."""

    file: LandingFile
    sources: tuple[str, ...] = ()
    refusal: Refusal | None = None
    sha256: str = ""
    sequence: int = 0


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
        self.folder = ledger_path(home, study.study, site).parent
        self.events = events
        self.present = present
        self.now = now
        self.layouts = layouts
        self._read = partial(read_sources, home, study, site, layouts)
        self.current = current_of(events)
        # File -> source -> the place in `events` of what became of it last.
        self.last: dict[str, dict[str, int]] = {}
        for place, event in enumerate(events):
            self._remember(event, place)

    def take(self, file: LandingFile) -> None:
        """Add the events that this file is, if it is any."""
        arrival = self._arrival(file)
        last = {source: self.events[place] for source, place in self.last.get(file.name, {}).items()}
        seen = bool(last) and all((e.size, e.mtime_ns) == (file.size, file.mtime_ns) for e in last.values())
        if seen and not self._unsettled(last, arrival):
            return
        try:
            with arrived(file, self.folder) as content:
                arrival.sha256 = content.sha256
                self._take(arrival, content, last)
        except Refusal as refusal:  # of the file, not of its content
            if not (seen and all(event.reason == refusal.reason for event in last.values())):
                for source in self._named(arrival):
                    self._add(arrival, source, "refused", reason=refusal.reason)

    def _take(self, arrival: _Arrival, content: Arrived, last: Mapping[str, DeliveryEvent]) -> None:
        """Add the events of a file whose bytes are there."""
        if last and all(event.sha256 == arrival.sha256 for event in last.values()):
            sources = self._unsettled(last, arrival)
            for source in last.keys() - set(sources):
                place = self.last[arrival.file.name][source]
                self.events[place] = replace(self.events[place], mtime_ns=arrival.file.mtime_ns)
        else:
            sources = list(self._named(arrival))
        to_read = []
        for source in sources:
            current = self.current.get(source)
            if current and self._repeats(current, arrival):
                self._add(arrival, source, "duplicate", reason=f"duplicate of {current.name}", rows=current.rows)
            else:
                to_read.append(source)
        if not to_read:
            return
        try:
            if arrival.refusal:
                raise arrival.refusal
            taken = self._read(arrival.file.name, content.content, to_read)
        except Refusal as refusal:
            self._refuse(arrival, content, refusal, to_read, last)
            return
        for source, one in taken.items():
            self._accept(arrival, content, source, one, last.get(source))

    def _arrival(self, file: LandingFile) -> _Arrival:
        sequence = self.events[-1].sequence + 1 if self.events else 1
        try:
            if file.refusal:
                raise file.refusal
            return _Arrival(file, sources_of(self.study, file), sequence=sequence)
        except Refusal as refusal:
            return _Arrival(file, refusal=refusal, sequence=sequence)

    def _named(self, arrival: _Arrival) -> tuple[str, ...]:
        """Return the sources of a file; one without a name where it fits none."""
        return arrival.sources or ("",)

    def _digest(self, source: str) -> str:
        return self.layouts[source].digest if source else ""

    def _unsettled(self, last: Mapping[str, DeliveryEvent], arrival: _Arrival) -> list[str]:
        """Return the sources for which these bytes need a second look under the study's present configuration."""
        return [
            source
            for source in self._named(arrival)
            if source not in last or not self._is_settled(last[source], arrival)
        ]

    def _is_settled(self, last: DeliveryEvent, arrival: _Arrival) -> bool:
        if last.status == "refused":
            code = last.reason.partition(":")[0]
            same_cause = arrival.refusal is None or arrival.refusal.code == code
            return code != "unreadable" and last.layout == self._digest(last.source) and same_cause
        # A mended configuration has the current delivery read again. Older ones stay as they were read, so that
        # none of them becomes current by that.
        current = self.current.get(last.source)
        if current is None or current.sha256 != last.sha256 or current.layout == self._digest(last.source):
            return True
        return not self._stands_for(current, arrival)

    def _stands_for(self, current: DeliveryEvent, arrival: _Arrival) -> bool:
        """Return whether this file is the one to read the current delivery's bytes from."""
        return arrival.file.name == current.name or current.name not in self.present

    def _repeats(self, current: DeliveryEvent, arrival: _Arrival) -> bool:
        same_reading = current.layout == self._digest(current.source) or not self._stands_for(current, arrival)
        return current.sha256 == arrival.sha256 and same_reading

    def _accept(
        self, arrival: _Arrival, content: Arrived, source: str, taken: SourceRows, last: DeliveryEvent | None
    ) -> None:
        # The rows name their file, so the same bytes under another name are another folder.
        source_file = f"{self.study.study}/{self.site}/{arrival.file.name}"
        reading = hashlib.sha256(f"{self._digest(source)}\n{source_file}".encode()).hexdigest()
        store = f"{self.study.study}/{self.site}/{source}/{arrival.sha256[:16]}-{reading[:8]}"
        keep_delivery(self.home.store / store, Path(arrival.file.file).suffix, content.original, taken.rows)
        received_at = _received_before(arrival, self.current.get(source), last)
        event = self._add(arrival, source, "accepted", store=store, received_at=received_at, **vars(taken.facts))
        self.current[source] = event

    def _refuse(
        self,
        arrival: _Arrival,
        content: Arrived,
        refusal: Refusal,
        sources: Sequence[str],
        last: Mapping[str, DeliveryEvent],
    ) -> None:
        store = f"{self.study.study}/{self.site}/refused/{arrival.sha256[:16]}"
        keep_refused(self.home.store / store, content.original)
        told = {"reason": refusal.reason, "line": refusal.line, "store": store}
        for source in sources:
            received_at = _received_before(arrival, last.get(source))
            self._add(arrival, source, "refused", received_at=received_at, **told)

    def _add(
        self, arrival: _Arrival, source: str, status: Status, *, received_at: str | None = None, **facts: Any
    ) -> DeliveryEvent:
        file = arrival.file
        event = DeliveryEvent(
            sequence=arrival.sequence,
            site=self.site,
            system=file.system,
            file=file.file,
            source=source,
            sha256=arrival.sha256,
            size=file.size,
            mtime_ns=file.mtime_ns,
            received_at=received_at or self.now().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            status=status,
            layout=self._digest(source),
            **facts,
        )
        self._remember(event, len(self.events))
        self.events.append(event)
        return event

    def _remember(self, event: DeliveryEvent, place: int) -> None:
        known = self.last.setdefault(event.name, {})
        # What a file was for before study.yml gave it other sources no longer matters.
        if known and ("" in known) != (event.source == ""):
            known.clear()
        known[event.source] = place


def _received_before(arrival: _Arrival, *earlier: DeliveryEvent | None) -> str | None:
    """Return when these bytes came, where they are only read again: that is no new delivery by the site."""
    return next((event.received_at for event in earlier if event and event.sha256 == arrival.sha256), None)
