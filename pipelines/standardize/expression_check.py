"""Tries every SQL expression of study.yml on a table of no file, so that a mistake is told with its line."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb

from pipelines.errors import UserError
from pipelines.foreign_text import normal_form
from pipelines.located_yaml import LocatedYaml, Location
from pipelines.sql_text import columns_in, quote_name, texts_in
from pipelines.study import Study
from pipelines.study_source import Expression


def check_expressions(study: Study, document: LocatedYaml) -> None:
    """Hold each `sql` and `where` to being SQL over the columns of an export, all of them text.

    A column that no file has is no mistake here: it is blank, and the checks that need it are not run.

    Raises:
        ConfigError: with the line of the expression and what DuckDB says of it.
    """
    with duckdb.connect() as connection:
        for location, expression in _list_expressions(study):
            problem = _find_problem(connection, expression, is_condition=location[-1] == "where")
            if not problem and location[-2] != "site":  # whose SQL reads rows as they were delivered
                problem = _find_odd_text(expression)
            if problem:
                raise document.error(f"{'.'.join(map(str, location))}: {problem}", location)


def _list_expressions(study: Study) -> Iterator[tuple[Location, str]]:
    at: Location
    expressions: list[tuple[Location, Expression]] = [
        (("sources", name, key), expression)
        for name, source in study.sources.items()
        for key, expression in (
            ("subject", source.subject),
            ("site", source.site),
            ("extract_date", source.extract_date),
        )
        if expression is not None
    ]
    for dataset, mappings in study.map.items():
        for index, mapping in enumerate(mappings):
            at = ("map", dataset, index)
            if mapping.where is not None:
                yield (*at, "where"), mapping.where
            expressions += [((*at, "variables", name), given) for name, given in mapping.variables.items()]
            for number, measurement in enumerate(mapping.measurements):
                within = (*at, "measurements", number)
                expressions += [((*within, "variables", name), given) for name, given in measurement.variables.items()]
                expressions += [((*within, "unit"), measurement.unit)] if measurement.unit is not None else []
    for at, expression in expressions:
        if expression.sql is not None:
            yield (*at, "sql"), expression.sql


def _find_problem(connection: duckdb.DuckDBPyConnection, expression: str, *, is_condition: bool) -> str | None:
    try:
        columns = columns_in(expression)
    except UserError as error:
        return _in_one_line(str(error))
    if any(column.casefold().startswith("__") for column in columns):
        return "names that begin with __ are Siteproof's own"
    named = {column.casefold(): f"NULL::VARCHAR AS {quote_name(column)}" for column in sorted(columns)}
    rows = f"(SELECT {', '.join(['1 AS __source_row', *named.values()])})"
    # The row number beside it keeps out sums over all rows, the WHERE whatever cannot stand in one.
    query = f"DESCRIBE SELECT __source_row, ({expression}\n) FROM {rows}"
    if is_condition:
        query += f" WHERE ({expression}\n)"
    try:
        described = connection.execute(query).fetchall()
    except duckdb.Error as error:
        return f"not usable as SQL: {_in_one_line(str(error))}"
    kind = described[1][1]
    if is_condition and kind != "BOOLEAN":
        return f"where is a condition, true or false, but this gives {kind}"
    return None


def _find_odd_text(expression: str) -> str | None:
    """Tell a literal that equals no value, because values are in normal form: a condition on it would drop all rows."""
    odd = next((text for text in texts_in(expression) if normal_form(text) != text), None)
    if odd is None:
        return None
    told = f'"{odd}" meets no value: SQL is given values in the form in which they are compared'
    return f'{told}; write "{normal_form(odd)}"'


def _in_one_line(message: str) -> str:
    """Cut what DuckDB says down to its sentence: without the list of candidates and the drawing of the place."""
    sentence = message.split("\n\n", 1)[0].split("\tCandidate", 1)[0]
    return " ".join(sentence.split())
