"""What a person decides about a held delivery: it becomes the current one, or is refused; who, when and why is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Literal

from pipelines.errors import UserError, did_you_mean
from pipelines.ingest.ledger import (
    LEDGER_FILE,
    Decision,
    DeliveryEvent,
    ledger_path,
    pending_of,
    read_ledger,
    write_ledger,
)
from pipelines.ingest.store import holding_site
from pipelines.settings import Home

Verdict = Literal["accepted", "rejected"]


def decide(
    home: Home, study_id: str, site: str, file: str, verdict: Verdict, *, by: str, why: str, now: datetime
) -> list[DeliveryEvent]:
    """Accept or reject what is held of a file (`<system>/<file>`, or the file alone), and return its events.

    An accepted one is current at once; the next run shows it. It waits while a run takes in the site.

    Raises:
        UserError: nothing of the file is held, no reason is given, or the store cannot be written.
    """
    words = " ".join(why.split())
    if not words:
        raise UserError("say why: --reason TEXT is kept with the delivery")
    ledger = ledger_path(home, study_id, site)
    if not ledger.is_file():
        sites = sorted(path.parent.name for path in (home.store / study_id).glob(f"*/{LEDGER_FILE}"))
        raise UserError(f'site "{site}" of {study_id} has delivered nothing.{did_you_mean(site, sites)}')
    with holding_site(ledger.parent):
        events = read_ledger(ledger)
        held = _held(events, site, file)
        at = now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        decision = Decision(verdict, by, at, words, after=events[-1].sequence)
        status: Literal["accepted", "refused"] = "accepted" if verdict == "accepted" else "refused"
        decided = [replace(event, status=status, decision=decision) for event in held]
        by_place = {(event.sequence, event.source): event for event in decided}
        write_ledger(ledger, [by_place.get((event.sequence, event.source), event) for event in events])
    return decided


def _held(events: Sequence[DeliveryEvent], site: str, file: str) -> list[DeliveryEvent]:
    """Return what waits for a decision under a file's name: one event for each source that takes from it."""
    of_file = [event for event in events if file in (event.name, event.file)]
    names = sorted({event.name for event in of_file})
    if not names:
        known = {event.name for event in events}
        raise UserError(f'site {site} has delivered no file "{file}".{did_you_mean(file, known)}')
    waiting = [event for event in pending_of(events).values() if event in of_file]
    waiting_names = sorted({event.name for event in waiting})
    if len(waiting_names) > 1:
        raise UserError(f"files of that name are held in several folders: {', '.join(waiting_names)}; name one whole")
    if not waiting:
        raise UserError(f"nothing of {', '.join(names)} of site {site} is held: {_what_it_is(of_file[-1])}")
    return waiting


def _what_it_is(last: DeliveryEvent) -> str:
    decision = last.decision
    if decision is not None:
        return f"it was {decision.verdict} already {decision.told}"
    if last.status == "held":
        return "a newer delivery was accepted meanwhile"
    return f"its last delivery is {last.status}" + (f" ({last.reason})" if last.reason else "")
