"""A site's ledger of deliveries: one event a file that arrived; it is replaced whole, or not at all."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pipelines.errors import UserError
from pipelines.ingest.examination import OddText
from pipelines.ingest.readers import Remark
from pipelines.ingest.store import replace_file
from pipelines.settings import Home

Status = Literal["accepted", "duplicate", "superseded", "held", "refused"]
LEDGER_FILE = "deliveries.jsonl"


@dataclass(frozen=True)
class Decision:
    """What a person decided about a held delivery; `at` is in UTC, `why` their words.

    `after` is the last sequence in the ledger then: what is accepted so counts as newer than all up to it.
    """

    verdict: Literal["accepted", "rejected"]
    by: str
    at: str
    why: str
    after: int

    @property
    def told(self) -> str:
        """Who decided when, and why."""
        return f"by {self.by} on {self.at[:10]}: {self.why}"


@dataclass(frozen=True)
class DeliveryEvent:
    """What became of one delivered file, or of the table that one of its sources takes.

    The events of one file that came share `sequence`; with `source` it names the event.

    `reason` is `code: text` where the file was not accepted, `line` the place of the fault in it. `rows`, `columns` and
    `store` (the folder below store/) are there when the content was read, and so is what `examination` found: rows
    that are wholly the same as one before them, and odd text. `size` and `mtime_ns` are those under which the file was
    last seen; `sha256` is blank when it could not be read; `source` when none fits.

    A held delivery waits for a `decision`, and keeps it. `superseded` is one that was never current, as it came out of
    order. `extracted` is the day that its rows state, where that was asked. `security` marks what may be another
    sponsor's data. Of an incremental source `builds_on` is the sequence of the increment before, and `rows` counts what
    both give together.
    """

    sequence: int
    site: str
    system: str
    file: str
    source: str
    sha256: str
    size: int
    mtime_ns: int
    received_at: str
    status: Status
    reason: str = ""
    line: int | None = None
    rows: int | None = None
    columns: tuple[str, ...] | None = None
    layout: str = ""
    store: str | None = None
    repeated_rows: int | None = None
    odd_text: tuple[OddText, ...] = ()
    remarks: tuple[Remark, ...] = ()
    member: str | None = None
    extracted: str | None = None
    security: bool = False
    builds_on: int | None = None
    decision: Decision | None = None

    @property
    def name(self) -> str:
        """`<system>/<file>`."""
        return f"{self.system}/{self.file}"

    @property
    def is_rejected(self) -> bool:
        """Whether a person refused it after it was held."""
        return self.decision is not None and self.decision.verdict == "rejected"

    @property
    def order(self) -> float:
        """Among accepted deliveries of its source, the one with the highest is current."""
        decision = self.decision
        return self.sequence if decision is None else decision.after + 0.5


def name_in_rows(study_id: str, site: str, file: str, member: str | None) -> str:
    """Return the name that rows have for the file that they came in; `file` is `<system>/<file>`."""
    return "/".join(filter(None, (study_id, site, file, member)))


def ledger_path(home: Home, study_id: str, site: str) -> Path:
    """Return where a site's ledger lies."""
    return home.store / study_id / site / LEDGER_FILE


def read_ledger(path: Path) -> list[DeliveryEvent]:
    """Return a ledger's events in sequence; none when there is no ledger yet.

    Raises:
        UserError: a line is not an event, so the file was changed by something else.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    events = []
    for number, line in enumerate(lines, start=1):
        try:
            fields = json.loads(line)
            columns = fields.pop("columns")
            odd_text = tuple(OddText(**odd) for odd in fields.pop("odd_text", ()))
            columns = None if columns is None else tuple(columns)
            remarks = tuple(Remark(**remark) for remark in fields.pop("remarks", ()))
            decided = fields.pop("decision", None)
            decision = Decision(**decided) if decided else None
            told: dict[str, Any] = {"columns": columns, "odd_text": odd_text, "remarks": remarks, "decision": decision}
            events.append(DeliveryEvent(**fields, **told))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            cure = "the ledger was damaged; restore it from a backup"
            raise UserError(f"{path}:{number}: this line is not a delivery; {cure}") from error
    return events


def write_ledger(path: Path, events: Sequence[DeliveryEvent]) -> None:
    """Replace a ledger by one atomic step."""
    lines = (json.dumps(vars(event), default=vars) + "\n" for event in events)
    replace_file(path, "".join(lines).encode())


def current_of(events: Iterable[DeliveryEvent]) -> dict[str, DeliveryEvent]:
    """Return, by source, the newest accepted delivery: the one whose rows count."""
    accepted = (event for event in events if event.status == "accepted")
    return {event.source: event for event in sorted(accepted, key=lambda event: event.order)}


def pending_of(events: Iterable[DeliveryEvent]) -> dict[str, DeliveryEvent]:
    """Return, by source, the held delivery that waits for a decision: the newest, unless something settled it since."""
    pending: dict[str, DeliveryEvent] = {}
    current: dict[str, str] = {}
    for event in sorted(events, key=lambda event: event.order if event.status == "accepted" else event.sequence):
        settle_pending(pending, event, current.get(event.source))
        if event.status == "accepted":
            current[event.source] = event.sha256
    return pending


def settle_pending(pending: dict[str, DeliveryEvent], event: DeliveryEvent, current: str | None) -> None:
    """Bring up to date what waits for a decision; `current` is the hash of what was in use when the event came.

    Settled is what is held when another file is accepted, but not one that says of itself that it is older, nor the
    current one read again. Settled is also what the site replaced under its name, by the current bytes or by what was
    rejected then; a held file of another name waits on.
    """
    waits = pending.get(event.source)
    if event.status == "held":
        pending[event.source] = event
    elif waits is None:
        return
    elif event.status == "accepted":
        is_older = event.extracted is not None and waits.extracted is not None and event.extracted < waits.extracted
        if event.sha256 != current and not is_older:
            del pending[event.source]
    elif event.name == waits.name and (event.is_rejected or (event.status == "duplicate" and event.sha256 == current)):
        del pending[event.source]
