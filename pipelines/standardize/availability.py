"""What each site delivered, as datasets and variables: the ground for telling `not_run` from `pass`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipelines.ingest import CurrentDelivery
from pipelines.sql_text import columns_in
from pipelines.standardize.delivery_facts import Refusals
from pipelines.standardize.mapping import listed_variables, mapped_expressions
from pipelines.study import Study
from pipelines.study_columns import expression_columns
from pipelines.vocabulary import Dataset

WHOLE_DATASET = ""


@dataclass(frozen=True)
class Availability:
    """Whether a site delivered a dataset (`variable` blank) or a variable of it; `reason` says why not."""

    site: str
    dataset: str
    variable: str
    delivered: bool
    reason: str


def list_availability(
    study: Study,
    vocabulary: dict[str, Dataset],
    deliveries: Sequence[CurrentDelivery],
    sites: Sequence[str],
    refusals: Refusals,
) -> list[Availability]:
    """Return one entry for every site, dataset and variable of the vocabulary, sorted."""
    files = {
        (delivery.site, delivery.source): frozenset(map(str.casefold, delivery.columns)) for delivery in deliveries
    }
    entries = []
    for dataset in vocabulary.values():
        needed = _needed_columns(study, dataset)
        listed = listed_variables(study) if dataset.name == "SITE" else frozenset()
        for site in sites:
            whole = bool(listed) or any((site, source) in files for source in needed.get(WHOLE_DATASET, {}))
            for variable in (WHOLE_DATASET, *dataset.variables):
                known = variable in listed or (variable == WHOLE_DATASET and bool(listed))
                reason = "" if known else _why_missing(dataset, variable, site, whole, needed, files, refusals)
                entries.append(Availability(site, dataset.name, variable, not reason, reason))
    return entries


def _needed_columns(study: Study, dataset: Dataset) -> dict[str, dict[str, list[frozenset[str]]]]:
    """Return variable -> source -> the sets of columns, each of which would fill it.

    The columns of a condition belong to every set: without one of them the condition holds for no row.
    """
    needed: dict[str, dict[str, list[frozenset[str]]]] = {}
    for mapping in study.map.get(dataset.name, []):
        always = columns_in(mapping.where) if mapping.where else frozenset()
        needed.setdefault(WHOLE_DATASET, {}).setdefault(mapping.source, []).append(always)
        for variable, expression in mapped_expressions(mapping, dataset):
            columns = always | expression_columns(expression)
            needed.setdefault(variable, {}).setdefault(mapping.source, []).append(columns)
    return needed


def _why_missing(
    dataset: Dataset,
    variable: str,
    site: str,
    whole: bool,
    needed: dict[str, dict[str, list[frozenset[str]]]],
    files: dict[tuple[str, str], frozenset[str]],
    refusals: Refusals,
) -> str:
    name = f"{dataset.name}.{variable}" if variable else dataset.name
    if not needed.get(variable):
        return f"{name} is not mapped in study.yml"
    if not whole:
        return f"{dataset.name} {_what_became_of(site, needed[WHOLE_DATASET], refusals)}"
    absent: set[str] = set()
    for source, alternatives in needed[variable].items():
        columns = files.get((site, source))
        if columns is None:
            continue
        for wanted in alternatives:
            missing = {column for column in wanted if column.casefold() not in columns}
            if not missing:
                return ""
            absent |= missing
    if absent:
        return f"{name}: the file has no column {', '.join(sorted(absent))}"
    return f"{name}: {', '.join(sorted(needed[variable]))} {_what_became_of(site, needed[variable], refusals)}"


def _what_became_of(site: str, sources: Iterable[str], refusals: Refusals) -> str:
    codes = {refusals[site, source].code for source in sources if (site, source) in refusals}
    return f"was refused ({', '.join(sorted(codes))})" if codes else "was not delivered"
