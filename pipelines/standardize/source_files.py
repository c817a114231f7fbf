"""The files of each source that a query reads, over all sites."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.ingest import CurrentDelivery
from pipelines.study import Study


@dataclass(frozen=True)
class SourceFiles:
    """Files of one source over all sites, one a site, and the columns that at least one of them has.

    `odd_columns` are those in which at least one file holds text that is not in the form in which text is compared.
    `same_layout` tells that all have the same columns in the same order; DuckDB then opens only one of them to learn
    the columns, each time that a view on them is bound.
    """

    paths: tuple[str, ...]
    columns: frozenset[str]
    same_layout: bool = False
    odd_columns: frozenset[str] = frozenset()


def source_files(study: Study, deliveries: Sequence[CurrentDelivery]) -> dict[str, SourceFiles]:
    """Return source -> its files among some deliveries, for the sources that study.yml has."""
    by_source: dict[str, list[CurrentDelivery]] = {}
    for delivery in deliveries:
        by_source.setdefault(delivery.source, []).append(delivery)
    return {
        source: SourceFiles(
            paths=tuple(str(delivery.rows_path) for delivery in own),
            columns=frozenset(column for delivery in own for column in delivery.columns),
            same_layout=len({delivery.columns for delivery in own}) == 1,
            odd_columns=frozenset(odd.column for d in own for odd in d.odd_text if odd.oddity == "form"),
        )
        for source, own in by_source.items()
        if source in study.sources
    }
