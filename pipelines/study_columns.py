"""Which columns of an export a study's configuration reads: in its expressions, conditions and measurements."""

from __future__ import annotations

from pipelines.sql_text import columns_in
from pipelines.study import Study
from pipelines.study_source import Expression


def expression_columns(expression: Expression) -> frozenset[str]:
    """Return the columns of the export that an expression reads."""
    if expression.sql is not None:
        return columns_in(expression.sql)
    named = (expression.item, expression.year, expression.month, expression.day)
    return frozenset(name for name in named if name is not None)


def mapped_columns(study: Study, source: str) -> list[str]:
    """Return the columns that the mapping reads from a source, sorted."""
    read: set[str] = set()
    for mapping in (mapping for mappings in study.map.values() for mapping in mappings if mapping.source == source):
        expressions = list(mapping.variables.values())
        for measurement in mapping.measurements:
            read.add(measurement.result)
            expressions += [*measurement.variables.values(), *([measurement.unit] if measurement.unit else [])]
        read.update(*map(expression_columns, expressions), columns_in(mapping.where) if mapping.where else ())
    return sorted(read)
