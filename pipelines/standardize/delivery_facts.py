"""What the deliveries themselves say: how many rows came, and whether the columns are those that were agreed on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipelines.ingest import CurrentDelivery, read_deliveries
from pipelines.settings import Home
from pipelines.sql_text import columns_in
from pipelines.standardize.extract_dates import ExtractDates, day_without_word
from pipelines.standardize.mapping import expression_columns, mapped_expressions
from pipelines.study import Source, Study
from pipelines.vocabulary import load_vocabulary

MISSING_COLUMN = "missing column"
NEW_COLUMN = "new column"
EMPTY_FILE = "empty_file"


def dataset_of_source(study: Study, source: str) -> str:
    """Return the first dataset that a source feeds, or the source's own name when it feeds none."""
    for dataset, mappings in study.map.items():
        if any(mapping.source == source for mapping in mappings):
            return dataset
    return source


def list_deliveries(
    home: Home, study: Study, deliveries: Sequence[CurrentDelivery], extract_dates: ExtractDates
) -> list[tuple[object, ...]]:
    """Return (site, dataset, source, source_file, row_count, previous count, received on, extract date), one per file.

    There is one per site and source: the current file; or, where the last file received was refused as empty, that one
    with 0 rows, and the current one's rows as the previous count. Both days are always those of the data in use.
    """
    current = {
        (delivery.site, delivery.source): delivery for delivery in deliveries if delivery.source in study.sources
    }
    empty = {(event["site"], event["source"]): event for event in _last_refused_empty(home, study)}
    rows: list[tuple[object, ...]] = []
    for site, source in sorted({*current, *empty}):
        delivery, event = current.get((site, source)), empty.get((site, source))
        at = (site, dataset_of_source(study, source), source)
        if event is not None:
            file = f"{study.study}/{site}/{event['system']}/{event['file']}"
            received = delivery.received_at if delivery else event["received_at"]
            day = extract_dates.get((site, source), day_without_word(study, received))
            rows.append((*at, file, 0, delivery.rows if delivery else None, received[:10], day))
        elif delivery is not None:
            days = (delivery.received_at[:10], extract_dates[site, source])
            rows.append((*at, delivery.source_file, delivery.rows, delivery.previous_rows, *days))
    return rows


def _last_refused_empty(home: Home, study: Study) -> Iterator[dict[str, str]]:
    last: dict[tuple[str, str], dict[str, str]] = {}
    for event in read_deliveries(home, study.study).sort("sequence").iter_rows(named=True):
        if event["source"] in study.sources:
            last[event["site"], event["source"]] = event
    for event in last.values():
        if event["status"] == "refused" and event["reason"].startswith(EMPTY_FILE):
            yield event


def list_layout_questions(study: Study, deliveries: Sequence[CurrentDelivery]) -> list[tuple[object, ...]]:
    """Return (site, dataset, source, source_file, column, problem or None) for every column that was agreed or came.

    Agreed columns are those of the source's `columns` and those that the mapping reads; a source without `columns`
    has no agreed layout and gives no row.
    """
    rows: list[tuple[object, ...]] = []
    for delivery in deliveries:
        contract = study.sources[delivery.source].columns if delivery.source in study.sources else None
        if contract is None:
            continue
        dataset = dataset_of_source(study, delivery.source)
        at = (delivery.site, dataset, delivery.source, delivery.source_file)
        came = {column.casefold() for column in delivery.columns}
        agreed = _agreed_columns(study, delivery.source, came)
        rows += [(*at, column, None if column.casefold() in came else MISSING_COLUMN) for column in sorted(agreed)]
        known = {column.casefold() for column in agreed}
        rows += [
            (*at, column, None if contract.allows(column) else NEW_COLUMN)
            for column in delivery.columns
            if column.casefold() not in known
        ]
    return rows


def _agreed_columns(study: Study, source_name: str, came: set[str]) -> set[str]:
    """Return the columns that are listed or mapped; an SDTM variable that no one listed is agreed where it came."""
    source: Source = study.sources[source_name]
    listed = [*source.columns.required, *source.columns.optional] if source.columns is not None else []
    names = [name for name in listed if not any(mark in name for mark in "*?[")]
    names += sorted(expression_columns(source.extract_date)) if source.extract_date is not None else []
    vocabulary = load_vocabulary()
    for dataset, mappings in study.map.items():
        for mapping in mappings:
            if mapping.source == source_name:
                names += sorted(columns_in(mapping.where)) if mapping.where else []
                for variable, expression in mapped_expressions(mapping, vocabulary[dataset]):
                    by_name = source.layout == "sdtm" and expression.item == variable
                    if not by_name or variable.casefold() in came:
                        names += sorted(expression_columns(expression))
    # A column is one whatever its case; the agreed spelling is shown.
    return set({name.casefold(): name for name in reversed(names)}.values())
