"""What a site's ledger says so far: what is current, what waits for a decision, and which files need another look."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

from pipelines.ingest.increment_chain import chain_to
from pipelines.ingest.ledger import DeliveryEvent, current_of, pending_of, settle_pending

# Refusals that a corrected manifest may lift.
MANIFEST_MISMATCH = "manifest_mismatch"
_OF_A_MANIFEST = {MANIFEST_MISMATCH, "site_mismatch", "study_mismatch"}


class SiteHistory:
    """A site's ledger as it grows; `events` is the new one.

    `present` are the files in landing, `announced` those that a manifest lists, `digests` gives for a source the digest
    of how it is read now, and `incremental` names the sources that deliver increments.
    """

    def __init__(
        self,
        events: list[DeliveryEvent],
        present: Collection[str],
        announced: Collection[str],
        digest: Callable[[str], str],
        incremental: Collection[str],
    ) -> None:
        self.events = events
        self.current = current_of(events)
        self.pending = pending_of(events)
        self._present = present
        self._announced = announced
        self._digest = digest
        self._incremental = incremental
        # File -> source -> the place in `events` of what became of it last.
        self._last: dict[str, dict[str, int]] = {}
        for place, event in enumerate(events):
            self._remember(event, place)

    @property
    def next_sequence(self) -> int:
        """The sequence of the next file that came."""
        return self.events[-1].sequence + 1 if self.events else 1

    def last_of(self, file: str) -> dict[str, DeliveryEvent]:
        """Return, by source, what became of a file last."""
        return {source: self.events[place] for source, place in self._last.get(file, {}).items()}

    def add(self, event: DeliveryEvent) -> None:
        """Take a new event into the ledger."""
        self._remember(event, len(self.events))
        self.events.append(event)
        before = self.current.get(event.source)
        settle_pending(self.pending, event, before.sha256 if before else None)
        if event.status == "accepted":
            self.current[event.source] = event

    def touch(self, file: str, source: str, mtime_ns: int) -> None:
        """Note that a file with the same bytes has another time."""
        place = self._last[file][source]
        self.events[place] = replace(self.events[place], mtime_ns=mtime_ns)

    def replace(self, event: DeliveryEvent, told: DeliveryEvent) -> None:
        """Have the current delivery's event tell another reading of the same bytes."""
        self.events[self.events.index(event)] = told
        self.current[event.source] = told

    def was_refused(self, current: DeliveryEvent) -> bool:
        """Return whether the file that is current can no longer be read as it is declared now, as landing has shown."""
        last = self.last_of(current.name).get(current.source)
        told = last and (last.status, last.sha256, last.layout)
        return told == ("refused", current.sha256, self._digest(current.source))

    def repeated(self, source: str, file: str, sha256: str) -> DeliveryEvent | None:
        """Return the delivery that these bytes are once more: the current one, a held one, or an older increment."""
        current, held = self.current.get(source), self.pending.get(source)
        if held and (held.sha256, held.layout) == (sha256, self._digest(source)):
            return held
        if current is None:
            return None
        if current.sha256 == sha256:
            same_reading = current.layout == self._digest(source) or not self._stands_for(current, file)
            return current if same_reading else None
        if source in self._incremental:
            return next((event for event in self.chain(source) if event.sha256 == sha256), None)
        return None

    def objection(self, file: str, sha256: str) -> DeliveryEvent | None:
        """Return why a file is in use for no source: these bytes under this name were rejected, or are held."""
        named = [event for event in self.events if (event.name, event.sha256) == (file, sha256)]
        rejected = (event for event in reversed(named) if event.is_rejected)
        return next(rejected, None) or next((event for event in named if event in self.pending.values()), None)

    def chain(self, source: str, but: str = "") -> list[DeliveryEvent]:
        """Return the increments that a source's current rows come from; without the last if that has the hash `but`."""
        chain = chain_to(self.events, self.current.get(source))
        return chain[:-1] if chain and chain[-1].sha256 == but else chain

    def unsettled(
        self, file: str, last: Mapping[str, DeliveryEvent], sources: Sequence[str], code: str | None
    ) -> list[str]:
        """Return the sources for which a file's bytes need a second look under the study's present configuration.

        `code` is the reason for which the file itself is refused now.
        """
        return [source for source in sources if source not in last or not self._is_settled(file, last[source], code)]

    def _is_settled(self, file: str, last: DeliveryEvent, code: str | None) -> bool:
        if last.status == "refused":
            told = last.reason.partition(":")[0]
            if last.decision is not None:
                return True  # a person said so
            if told in _OF_A_MANIFEST and (told == MANIFEST_MISMATCH or file in self._announced):
                return False
            return told != "unreadable" and last.layout == self._digest(last.source) and code in (None, told)
        held = self.pending.get(last.source)
        if held and (held.name, held.sha256) == (file, last.sha256):
            return held.layout == self._digest(last.source)
        # A mended configuration has the current delivery read again. Older ones stay as they were read, so that
        # none of them becomes current by that.
        current = self.current.get(last.source)
        if current is None or current.sha256 != last.sha256 or current.layout == self._digest(last.source):
            return True
        return not self._stands_for(current, file)

    def _stands_for(self, current: DeliveryEvent, file: str) -> bool:
        """Return whether this file is the one to read the current delivery's bytes from."""
        return file == current.name or current.name not in self._present

    def _remember(self, event: DeliveryEvent, place: int) -> None:
        known = self._last.setdefault(event.name, {})
        # What a file was for before study.yml gave it other sources no longer matters.
        if known and ("" in known) != (event.source == ""):
            known.clear()
        known[event.source] = place
