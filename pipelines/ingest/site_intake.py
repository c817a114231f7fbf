"""One pass over a site's files: what each of them is to each source that it feeds, told in the site's ledger."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC
from functools import partial
from pathlib import Path
from typing import Any

from pipelines.ingest.announcements import Arrivals, Clock
from pipelines.ingest.arrival import Arrived, arrived
from pipelines.ingest.extracted_day import stated_day
from pipelines.ingest.history import SiteHistory
from pipelines.ingest.increment_chain import build, increment_of
from pipelines.ingest.judgement import Judgement, hold_to_announcement, hold_to_row_count, judge
from pipelines.ingest.landing import LandingFile, sources_of
from pipelines.ingest.layout import Layout
from pipelines.ingest.ledger import DeliveryEvent, Status, ledger_path
from pipelines.ingest.owners import STUDY_MISMATCH
from pipelines.ingest.readers import Content
from pipelines.ingest.refusal import Refusal
from pipelines.ingest.source_rows import SourceRows, read_sources
from pipelines.ingest.store import keep_delivery, keep_refused, original_of
from pipelines.settings import Home
from pipelines.study import Study


@dataclass
class _Arrival:
    """One file on its way in, and what is known of it so far; `sources` is empty where it fits none."""

    file: LandingFile
    sequence: int
    sources: tuple[str, ...] = ()
    refusal: Refusal | None = None
    sha256: str = ""
    last: Mapping[str, DeliveryEvent] = field(default_factory=dict)

    @property
    def named(self) -> tuple[str, ...]:
        """Its sources; one without a name where it fits none."""
        return self.sources or ("",)

    @property
    def code(self) -> str | None:
        """The reason code for which the file itself is refused."""
        return self.refusal.code if self.refusal else None


@dataclass(frozen=True)
class _Taken:
    """What a source takes from a file, and from which increments before it that was built."""

    rows: SourceRows
    extracted: str | None
    chain: tuple[DeliveryEvent, ...] = ()


class SiteIntake:
    """One pass over a site's files; `events` grows to the site's new ledger."""

    def __init__(
        self,
        home: Home,
        study: Study,
        site: str,
        events: list[DeliveryEvent],
        arrivals: Arrivals,
        layouts: Mapping[str, Layout],
        now: Clock,
    ) -> None:
        self.home = home
        self.study = study
        self.site = site
        self.folder = ledger_path(home, study.study, site).parent
        self.now = now
        self.layouts = layouts
        self.announced = arrivals.announced
        self._read = partial(read_sources, home, study, site, layouts)
        present = {file.name for file in (*arrivals.ready, *(file for file, _ in arrivals.waiting))}
        incremental = [name for name, source in study.sources.items() if source.delivery.is_incremental]
        self.history = SiteHistory(events, present, self.announced, self._digest, incremental)

    @property
    def events(self) -> list[DeliveryEvent]:
        """The site's ledger so far."""
        return self.history.events

    def take(self, file: LandingFile) -> None:
        """Add the events that this file is, if it is any."""
        arrival = self._arrival(file)
        last = arrival.last
        seen = bool(last) and all((e.size, e.mtime_ns) == (file.size, file.mtime_ns) for e in last.values())
        if seen and not self._unsettled(arrival):
            return
        try:
            with arrived(file, self.folder) as content:
                arrival.sha256 = content.sha256
                self._take(arrival, content)
        except Refusal as refusal:  # of the file, not of its content
            if not (seen and all(event.reason == refusal.reason for event in last.values())):
                for source in arrival.named:
                    self._add(arrival, source, "refused", reason=refusal.reason, line=refusal.line)

    def read_current_again(self) -> None:
        """Read what is current from the store, where study.yml says otherwise now and landing no longer has the file.

        It came as it came: its event stays where it is, and tells the new reading. What cannot be read as declared now
        stays as it was read, and columns that are asked for since are missing in it.
        """
        for source, event in list(self.history.current.items()):
            if source not in self.layouts or event.layout == self._digest(source) or self.history.was_refused(event):
                continue
            with original_of(self.home.store / str(event.store)) as content:
                try:
                    read = self._read(event.name, content, [source])[source]
                    taken = self._built(
                        event.name, event.sha256, source, read, stated_day(read.rows, self.study.sources[source])
                    )
                except Refusal:
                    continue
                kept = self._kept(event.name, event.sha256, content, source, taken)
            self.history.replace(event, replace(event, layout=self._digest(source), **kept))

    def _take(self, arrival: _Arrival, content: Arrived) -> None:
        """Add the events of a file whose bytes are there."""
        asked = to_read = self._asked(arrival)
        if not asked:
            return
        try:
            if arrival.refusal:
                raise arrival.refusal
            announced = self.announced.get(arrival.file.name)
            hold_to_announcement(self.study, self.site, arrival.sha256, announced)
            to_read = [source for source in asked if not self._is_repeated(arrival, source)]
            if not to_read:
                return
            taken, judgement = self._judged(arrival, content.content, to_read)
        except Refusal as refusal:
            self._refuse(arrival, content, refusal, to_read)
            return
        for source, one in taken.items():
            self._keep(arrival, content, source, one, judgement)

    def _asked(self, arrival: _Arrival) -> Sequence[str]:
        """Return the sources for which a file is new, came again, or needs another look."""
        last = arrival.last
        if not last or any(event.sha256 != arrival.sha256 for event in last.values()):
            return arrival.named
        sources = self._unsettled(arrival)
        for source in sorted(last.keys() - set(sources)):
            # A newer time is a new delivery by the site; an older one comes of restoring or copying.
            is_sent_again = source in arrival.named and arrival.file.mtime_ns > last[source].mtime_ns
            if is_sent_again and self.history.repeated(source, arrival.file.name, arrival.sha256):
                sources.append(source)
            else:
                self.history.touch(arrival.file.name, source, arrival.file.mtime_ns)
        return sources

    def _is_repeated(self, arrival: _Arrival, source: str) -> bool:
        """Return whether a file is for a source what is there already, and add the event that says so."""
        repeated = self.history.repeated(source, arrival.file.name, arrival.sha256)
        if repeated:
            reason = f"duplicate of {repeated.name}{', which is held' if repeated.status == 'held' else ''}"
            self._add(arrival, source, "duplicate", reason=reason, rows=repeated.rows)
        return repeated is not None

    def _judged(
        self, arrival: _Arrival, content: Content, sources: Sequence[str]
    ) -> tuple[dict[str, _Taken], Judgement]:
        """Read a file for some of its sources and say what becomes of it.

        Raises:
            Refusal: it cannot be read as declared, has not the announced rows, is someone else's, or was rejected.
        """
        objection = self.history.objection(arrival.file.name, arrival.sha256)
        if objection and objection.decision:
            raise Refusal("rejected", f"{objection.decision.told}; it was held for {objection.reason}")
        read = self._read(arrival.file.name, content, sources)
        hold_to_row_count(self.study, arrival.sources, self.announced.get(arrival.file.name), read)
        current = self.history.current
        # What is only read again is current already, and stays so.
        before = {s: current[s] for s in sources if s in current and current[s].sha256 != arrival.sha256}
        judgement = judge(self.home, self.study, before, read)
        if objection and not before and judgement.status == "accepted":
            # A file is one: a source that is new to study.yml does not take what is held for another.
            judgement = replace(judgement, status="held", reason=objection.reason)
        name, sha256, days = arrival.file.name, arrival.sha256, judgement.extracted
        return {s: self._built(name, sha256, s, one, days.get(s)) for s, one in read.items()}, judgement

    def _built(self, name: str, sha256: str, source: str, read: SourceRows, extracted: str | None) -> _Taken:
        declared = self.study.sources[source]
        if not declared.delivery.is_incremental:
            return _Taken(read, extracted)

        def read_again(name: str, content: Content) -> SourceRows:
            return self._read(name, content, [source])[source]

        new = increment_of(name, sha256, read, declared)
        chain = self.history.chain(source, but=sha256)
        rows = build(self.home, declared, self._digest(source), chain, new, read, read_again)
        return _Taken(rows, new.day, tuple(chain))

    def _arrival(self, file: LandingFile) -> _Arrival:
        sequence, last = self.history.next_sequence, self.history.last_of(file.name)
        try:
            if file.refusal:
                raise file.refusal
            return _Arrival(file, sequence, sources_of(self.study, file), last=last)
        except Refusal as refusal:
            return _Arrival(file, sequence, refusal=refusal, last=last)

    def _digest(self, source: str) -> str:
        return self.layouts[source].digest if source else ""

    def _unsettled(self, arrival: _Arrival) -> list[str]:
        return self.history.unsettled(arrival.file.name, arrival.last, arrival.named, arrival.code)

    def _keep(self, arrival: _Arrival, content: Arrived, source: str, taken: _Taken, judgement: Judgement) -> None:
        kept = self._kept(arrival.file.name, arrival.sha256, content.original, source, taken)
        received_at = _received_before(arrival, self.history.current.get(source), arrival.last.get(source))
        self._add(arrival, source, judgement.status, reason=judgement.reason, received_at=received_at, **kept)

    def _kept(self, name: str, sha256: str, original: Content | Path, source: str, taken: _Taken) -> dict[str, Any]:
        """Keep a delivery in the store, and return what its event tells of the reading."""
        # The rows name their file, so the same bytes under another name are another folder; so they are upon others.
        source_file = f"{self.study.study}/{self.site}/{name}"
        parts = [self._digest(source), source_file, *(event.sha256 for event in taken.chain)]
        reading = hashlib.sha256("\n".join(parts).encode()).hexdigest()
        store = f"{self.study.study}/{self.site}/{source}/{sha256[:16]}-{reading[:8]}"
        keep_delivery(self.home.store / store, Path(name).suffix, original, taken.rows.rows)
        builds_on = taken.chain[-1].sequence if taken.chain else None
        return {"store": store, "extracted": taken.extracted, "builds_on": builds_on, **vars(taken.rows.facts)}

    def _refuse(self, arrival: _Arrival, content: Arrived, refusal: Refusal, sources: Sequence[str]) -> None:
        store = f"{self.study.study}/{self.site}/refused/{arrival.sha256[:16]}"
        keep_refused(self.home.store / store, content.original)
        is_foreign = refusal.code == STUDY_MISMATCH
        told = {"reason": refusal.reason, "line": refusal.line, "store": store, "security": is_foreign}
        for source in sources:
            last = arrival.last.get(source)
            known = last and (last.status, last.sha256, last.reason, last.layout)
            if known == ("refused", arrival.sha256, refusal.reason, self._digest(source)):
                self.history.touch(arrival.file.name, source, arrival.file.mtime_ns)
                continue
            came_again = last is not None and arrival.file.mtime_ns > last.mtime_ns and last.status != "refused"
            received_at = None if came_again else _received_before(arrival, last)
            self._add(arrival, source, "refused", received_at=received_at, **told)

    def _add(
        self, arrival: _Arrival, source: str, status: Status, *, received_at: str | None = None, **facts: Any
    ) -> None:
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
        self.history.add(event)


def _received_before(arrival: _Arrival, *earlier: DeliveryEvent | None) -> str | None:
    """Return when these bytes came, where they are only read again: that is no new delivery by the site."""
    return next((event.received_at for event in earlier if event and event.sha256 == arrival.sha256), None)
