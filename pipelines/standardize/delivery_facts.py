"""What the deliveries themselves say: how many rows came, of what day, and what became of the file received last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.ingest import CurrentDelivery, read_deliveries
from pipelines.settings import Home
from pipelines.standardize.extract_dates import ExtractDates, day_without_word
from pipelines.study import Study

EMPTY_FILE = "empty_file"
# As ingest names the reasons for which it holds a delivery.
ROW_DROP, VANISHED_ROWS = "row_drop: ", "vanished_rows: "


@dataclass(frozen=True)
class RefusedFile:
    """A file that was refused: `code` and `text` of the reason, and the name that it would have in the rows."""

    source_file: str
    code: str
    text: str
    received_at: str


# (site, source) -> the file received last, where it was refused
Refusals = dict[tuple[str, str], RefusedFile]


def dataset_of_source(study: Study, source: str) -> str:
    """Return the first dataset that a source feeds, or the source's own name when it feeds none."""
    for dataset, mappings in study.map.items():
        if any(mapping.source == source for mapping in mappings):
            return dataset
    return source


def find_refusals(home: Home, study: Study) -> Refusals:
    """Return the refused files after which nothing else came of their site and source."""
    last: dict[tuple[str, str], dict[str, str]] = {}
    for event in read_deliveries(home, study.study).sort("sequence").iter_rows(named=True):
        if event["source"] in study.sources:
            last[event["site"], event["source"]] = event
    refusals: Refusals = {}
    for (site, source), event in last.items():
        if event["status"] == "refused":
            code, _, text = event["reason"].partition(": ")
            file = f"{study.study}/{site}/{event['system']}/{event['file']}"
            refusals[site, source] = RefusedFile(file, code, text, event["received_at"])
    return refusals


def list_deliveries(
    study: Study,
    deliveries: Sequence[CurrentDelivery],
    extract_dates: ExtractDates,
    refusals: Refusals,
    held: Sequence[CurrentDelivery] = (),
) -> list[tuple[object, ...]]:
    """Return (site, dataset, source, source_file, row_count, previous, received on, extract date, held for), by file.

    There is one per site and source: the current file; or, where the last file received was refused as empty, that one
    with 0 rows; or the one that is held. The current one's rows are then the previous count. Both days are always those
    of the data in use. `held for` is why it is held for its rows, None where it is not.
    """
    current = {
        (delivery.site, delivery.source): delivery for delivery in deliveries if delivery.source in study.sources
    }
    empty = {at: refused for at, refused in refusals.items() if refused.code == EMPTY_FILE}
    shrunk = {(one.site, one.source): one for one in held if ROW_DROP in one.held_for and one.source in study.sources}
    rows: list[tuple[object, ...]] = []
    for site, source in sorted({*current, *empty}):
        delivery, refused = current.get((site, source)), empty.get((site, source))
        at = (site, dataset_of_source(study, source), source)
        if refused is not None:
            received = delivery.received_at if delivery else refused.received_at
            day = extract_dates.get((site, source), day_without_word(study, received))
            rows.append((*at, refused.source_file, 0, delivery.rows if delivery else None, received[:10], day, None))
        elif delivery is not None:
            days = (delivery.received_at[:10], extract_dates[site, source])
            waits = shrunk.get((site, source))
            told = waits or delivery
            reason = waits.held_for if waits else None
            rows.append((*at, told.source_file, told.rows, told.previous_rows, *days, reason))
    return rows
