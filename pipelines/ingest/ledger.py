"""A site's ledger of deliveries: one event a file that arrived; it is replaced whole, or not at all."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pipelines.errors import UserError
from pipelines.ingest.examination import OddText
from pipelines.ingest.readers import Remark
from pipelines.ingest.store import replace_file
from pipelines.settings import Home

Status = Literal["accepted", "duplicate", "refused"]
LEDGER_FILE = "deliveries.jsonl"


@dataclass(frozen=True)
class DeliveryEvent:
    """What became of one delivered file, or of the table that one of its sources takes.

    The events of one file that came share `sequence`; with `source` it names the event.

    `reason` is `code: text` where the file was not accepted, `line` the place of the fault in it. `rows`, `columns` and
    `store` (the folder below store/) are there when the content was read, and so is what `examination` found: rows
    that are wholly the same as one before them, and odd text. `size` and `mtime_ns` are those under which the file was
    last seen; `sha256` is blank when it could not be read; `source` when none fits.
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

    @property
    def name(self) -> str:
        """`<system>/<file>`."""
        return f"{self.system}/{self.file}"


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
            events.append(DeliveryEvent(**fields, columns=columns, odd_text=odd_text, remarks=remarks))
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
    return {event.source: event for event in events if event.status == "accepted"}
