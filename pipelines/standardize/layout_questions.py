"""Whether each file is as it was agreed: its columns, what its text is made of, and files refused for such a reason."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pipelines.ingest import CurrentDelivery
from pipelines.ingest.readers import Remark, is_key_column
from pipelines.sql_text import columns_in
from pipelines.standardize.delivery_facts import Refusals, dataset_of_source
from pipelines.standardize.mapping import mapped_expressions
from pipelines.study import Study
from pipelines.study_columns import expression_columns
from pipelines.study_source import Columns, Source
from pipelines.vocabulary import load_vocabulary

MISSING_COLUMN = "missing column"
NEW_COLUMN = "new column"
CONTROL_CHARACTERS = "control characters"
OTHER_FORM = "other Unicode form"
REFUSED = "refused"
REMARK = "remark"

# The reasons of ingest that say that a file has another layout or encoding than agreed.
LAYOUT_REFUSALS = {
    "missing_column", "blank_column", "duplicate_column", "reserved_column", "too_many_columns",
    "undecodable", "not_text",
}  # fmt: skip


class LayoutQuestion(NamedTuple):
    """One thing that was agreed about a file, or came; `problem`, `detail` (in words) and `severity` are None if well.

    `severity` is given where it is not the check's own, `source_row` where a row shows the problem.
    """

    site: str
    dataset: str
    source_name: str
    source_file: str
    record: str
    column_name: str | None
    problem: str | None = None
    severity: str | None = None
    detail: str | None = None
    source_row: int | None = None


def list_layout_questions(
    study: Study, deliveries: Sequence[CurrentDelivery], refusals: Refusals
) -> list[LayoutQuestion]:
    """Return what is to be asked of every current file, and of the last file of a source where that was refused.

    Each column that was agreed or came is one question. Agreed are those of the source's `columns` and those that the
    mapping reads; a source without `columns` has no agreed layout and is asked for none.
    """
    questions: list[LayoutQuestion] = []
    told: dict[tuple[str, str, Remark], str] = {}
    agreements = {
        name: _agreement(study, name, source.columns)
        for name, source in study.sources.items()
        if source.columns is not None
    }
    for delivery in deliveries:
        if delivery.source not in study.sources:
            continue
        if delivery.source in agreements:
            questions += _ask_for_columns(study, delivery, agreements[delivery.source])
        questions += _tell_odd_text(study, delivery)
        questions += _tell_remarks(study, delivery, told)
    for (site, source_name), refused in sorted(refusals.items()):
        if refused.code in LAYOUT_REFUSALS:
            dataset, record = dataset_of_source(study, source_name), f"{source_name} refused {refused.code}"
            detail = f"the file received last was refused: {refused.text}"
            questions.append(
                LayoutQuestion(site, dataset, source_name, refused.source_file, record, None, REFUSED, detail=detail)
            )
    return questions


class _Agreement(NamedTuple):
    """What was agreed about a source's columns: names by their folded form, beside the contract that allows others.

    `if_come` are the SDTM variables that no one listed: agreed where they come.
    """

    named: dict[str, str]
    if_come: dict[str, str]
    contract: Columns


def _ask_for_columns(study: Study, delivery: CurrentDelivery, agreement: _Agreement) -> Iterator[LayoutQuestion]:
    came = {column.casefold() for column in delivery.columns}
    agreed = {folded: name for folded, name in agreement.if_come.items() if folded in came} | agreement.named
    for folded, column in sorted(agreed.items(), key=lambda item: item[1]):
        is_there = folded in came
        detail = None if is_there else f"column {column} is missing"
        yield _of_column(study, delivery, column, None if is_there else MISSING_COLUMN, detail=detail)
    export_format = study.sources[delivery.source].format
    for column in delivery.columns:
        if column.casefold() in agreed:
            continue
        # No one need list what the system writes beside the data; a site may well export more or less of it.
        if agreement.contract.allows(column) or is_key_column(export_format, column):
            yield _of_column(study, delivery, column)
        else:
            yield _of_column(study, delivery, column, NEW_COLUMN, detail=f"column {column} is new", severity="minor")


def _of_column(
    study: Study,
    delivery: CurrentDelivery,
    column: str,
    problem: str | None = None,
    *,
    detail: str | None = None,
    severity: str | None = None,
) -> LayoutQuestion:
    dataset, record = dataset_of_source(study, delivery.source), f"{delivery.source} column {column}"
    at = (delivery.site, dataset, delivery.source, delivery.source_file)
    return LayoutQuestion(*at, record, column, problem, severity, detail)


def _tell_odd_text(study: Study, delivery: CurrentDelivery) -> Iterator[LayoutQuestion]:
    dataset = dataset_of_source(study, delivery.source)
    for odd in delivery.odd_text:
        at = (delivery.site, dataset, delivery.source, odd.source_file or delivery.source_file)
        values = f"{odd.values} value{'' if odd.values == 1 else 's'} of {odd.column}"
        record = f"{delivery.source} values of {odd.column}: "
        if odd.oddity == "control":
            problem, severity = CONTROL_CHARACTERS, None
            detail = f"{values} with control characters or marks that change the direction of writing"
        else:
            problem, severity = OTHER_FORM, "minor"
            detail = f"{values} with no-break or zero-width spaces, full-width or decomposed characters"
        detail += f", the first in row {odd.first_row}"
        yield LayoutQuestion(*at, record + problem, odd.column, problem, severity, detail, odd.first_row)


def _tell_remarks(
    study: Study, delivery: CurrentDelivery, told: dict[tuple[str, str, Remark], str]
) -> Iterator[LayoutQuestion]:
    """Tell what the reader remarked; what is about a whole file by one of the sources that share it (`told`)."""
    dataset = dataset_of_source(study, delivery.source)
    for number, remark in enumerate(delivery.remarks, start=1):
        of_file = (delivery.source_file, delivery.sha256, remark)
        if not remark.table and told.setdefault(of_file, delivery.source) != delivery.source:
            continue
        record = f"{delivery.source} {remark.code} {number}"
        at = (delivery.site, dataset, delivery.source, remark.source_file or delivery.source_file)
        yield LayoutQuestion(*at, record, None, REMARK, "minor", remark.text, remark.row)


def _agreement(study: Study, source_name: str, contract: Columns) -> _Agreement:
    source: Source = study.sources[source_name]
    names = [name for name in (*contract.required, *contract.optional) if not any(mark in name for mark in "*?[")]
    names += sorted(expression_columns(source.extract_date)) if source.extract_date is not None else []
    if_come: list[str] = []
    vocabulary = load_vocabulary()
    for dataset, mappings in study.map.items():
        for mapping in (mapping for mapping in mappings if mapping.source == source_name):
            names += sorted(columns_in(mapping.where)) if mapping.where else []
            for variable, expression in mapped_expressions(mapping, vocabulary[dataset]):
                by_name = source.layout != "mapped" and expression.item == variable
                (if_come if by_name else names).extend(sorted(expression_columns(expression)))
    return _Agreement(_folded(names), _folded(if_come), contract)


def _folded(names: Sequence[str]) -> dict[str, str]:
    """Return folded form -> name: a column is one whatever its case, and the spelling named first is shown."""
    return {name.casefold(): name for name in reversed(names)}
