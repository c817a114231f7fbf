"""Whether a file that was read becomes the current delivery: it is in order, and not shrunk beyond its contract."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.ingest.announcements import Announced
from pipelines.ingest.extracted_day import stated_day
from pipelines.ingest.increments import key_expression
from pipelines.ingest.ledger import DeliveryEvent
from pipelines.ingest.owners import STUDY_MISMATCH
from pipelines.ingest.refusal import Refusal
from pipelines.ingest.source_rows import SourceRows
from pipelines.ingest.store import ROWS_FILE
from pipelines.settings import Home
from pipelines.study import Study
from pipelines.study_source import Source

# The reasons for which a delivery is held; each goes before its figures.
ROW_DROP = "row_drop"
VANISHED_ROWS = "vanished_rows"
OUT_OF_ORDER = "out_of_order"


@dataclass(frozen=True)
class Judgement:
    """What becomes of a file for all its sources; `extracted` is the day that each one's rows state, where asked."""

    status: Literal["accepted", "held", "superseded"] = "accepted"
    reason: str = ""
    extracted: Mapping[str, str | None] = field(default_factory=dict)


def judge(home: Home, study: Study, current: Mapping[str, DeliveryEvent], taken: Mapping[str, SourceRows]) -> Judgement:
    """Hold what the sources take from a file against their current deliveries; those that have none are not in it.

    A file is one: what is out of order or shrunk in one source is so for all. Increments are put in their order
    instead, and nothing of theirs shrinks.

    Raises:
        Refusal: the SQL of an `extract_date` fails.
    """
    extracted = {name: stated_day(taken[name].rows, study.sources[name]) for name in current}
    for name, event in current.items():
        source, day = study.sources[name], extracted[name]
        if not day or source.delivery.is_incremental:
            continue
        before = _day_of(home, event, source)
        if before and day < before:
            reason = f"{OUT_OF_ORDER}: extracted {day}, the current one {before}"
            return Judgement("superseded", reason, extracted)
    told = [
        reason
        for name, event in current.items()
        for reason in _shrinkage(home, study.sources[name], name, event, taken[name])
    ]
    if told:
        return Judgement("held", "; ".join(told), extracted)
    return Judgement(extracted=extracted)


def hold_to_announcement(study: Study, site: str, sha256: str, announced: Announced | None) -> None:
    """Hold a file's bytes and owner to what the manifest says.

    Raises:
        Refusal: another hash, site or study.
    """
    if announced is None:
        return
    if announced.study is not None and announced.study not in study.own_names:
        raise Refusal(STUDY_MISMATCH, "the manifest announces it for another study")
    if announced.site not in (None, site):
        raise Refusal("site_mismatch", f"the manifest announces it for another site than {site}")
    if announced.sha256 != sha256:
        raise Refusal("manifest_mismatch", "its sha256 is another than the manifest's; have it sent again")


def hold_to_row_count(
    study: Study, sources: Sequence[str], announced: Announced | None, taken: Mapping[str, SourceRows]
) -> None:
    """Hold a file's rows to what the manifest says; of one with several tables, no one knows which rows are meant.

    `sources` are all that the file feeds, `taken` what those took that were asked now.

    Raises:
        Refusal: another number of rows.
    """
    tables = {(study.sources[name].member, study.sources[name].table) for name in sources}
    if announced is None or announced.rows is None or len(tables) != 1:
        return
    for one in taken.values():
        if one.facts.rows != announced.rows:
            told = f"it has {one.facts.rows} rows, the manifest announces {announced.rows}"
            raise Refusal("manifest_mismatch", told)


def _shrinkage(home: Home, source: Source, name: str, current: DeliveryEvent, taken: SourceRows) -> Iterator[str]:
    contract, before, now = source.delivery, current.rows or 0, taken.facts.rows
    if contract.max_row_drop is not None and _is_more(before - now, contract.max_row_drop, before):
        yield (
            f"{ROW_DROP}: {name} has {now} rows, the current one {before}: {_share(before - now, before)} fewer, "
            f"{_percent(contract.max_row_drop)} are agreed"
        )
    if contract.max_vanished is None:
        return
    keys = _keys(_rows_of(home, current), source)
    gone = keys.join(_keys(taken.rows, source), on="key", how="anti").height
    if _is_more(gone, contract.max_vanished, keys.height):
        yield (
            f"{VANISHED_ROWS}: {name} lacks {gone} of {keys.height} keys of the current one: "
            f"{_share(gone, keys.height)}, {_percent(contract.max_vanished)} are agreed"
        )


def _keys(rows: pa.Table, source: Source) -> pl.DataFrame:
    frame = pl.DataFrame(rows)
    present = {name.casefold() for name in frame.columns}
    if not {name.casefold() for name in source.delivery.key} <= present:
        return pl.DataFrame({"key": []})  # read before its key was declared: nothing to compare
    return frame.select(key_expression(frame, source.delivery.key).alias("key")).unique()


def _day_of(home: Home, current: DeliveryEvent, source: Source) -> str | None:
    """Return the day of the current delivery as the source reads it now; its event's may come of another declaration.

    None where that cannot be read from it: it is then not certainly newer than anything.
    """
    try:
        return stated_day(_rows_of(home, current), source)
    except Refusal:
        return None


def _rows_of(home: Home, event: DeliveryEvent) -> pa.Table:
    return pq.read_table(home.store / str(event.store) / ROWS_FILE)


def _is_more(part: int, share: float, whole: int) -> bool:
    # In decimals: a tenth of 30 is 3, and not a little more.
    return part > Decimal(str(share)) * whole


def _share(part: int, whole: int) -> str:
    return _percent(part / whole)


def _percent(share: float) -> str:
    return f"{100 * share:.4g} %"
