"""Compiles the mapping of study.yml into SQL: one branch a source, every value still text. Nothing is executed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipelines.foreign_text import normal_form_sql
from pipelines.sql_text import columns_in, quote_list, quote_name, quote_text
from pipelines.standardize.decimal_marks import decimal_point_sql
from pipelines.standardize.source_files import SourceFiles
from pipelines.study import ListedSite, Mapping, Measurement, Study
from pipelines.study_columns import expression_columns
from pipelines.study_source import Expression, Source
from pipelines.value_sql import code_sql, date_formats, trimmed_sql, value_sql
from pipelines.vocabulary import Dataset

FORMAT_SUFFIX = "__format"
# The text as it was delivered, where that is not the text that is compared.
DELIVERED_SUFFIX = "__delivered"
# A result with a decimal point, where its source has a decimal comma.
PLAIN_SUFFIX = "__plain"
# What a variable is when no mapping fills it, or only from a column that no file has: a record without a site of its
# own belongs to the site that delivered it.
DEFAULTS = {"SITEID": "__site"}


def mapped_expressions(mapping: Mapping, dataset: Dataset) -> Iterator[tuple[str, Expression]]:
    """Yield (variable, expression) for all that a mapping fills, measurements included; a variable may come twice."""
    yield from mapping.variables.items()
    for measurement in mapping.measurements:
        yield f"{dataset.name}ORRES", Expression(item=measurement.result)
        for suffix in ("TESTCD", "TEST"):
            yield f"{dataset.name}{suffix}", Expression(value="-")
        if measurement.unit is not None:
            yield f"{dataset.name}ORRESU", measurement.unit
        yield from measurement.variables.items()


def raw_view_sql(study: Study, dataset: Dataset, files: dict[str, SourceFiles]) -> str:
    """Return the query of one dataset's raw view.

    Its columns: study, site, subject, USUBJID, source_name, source_file, source_row (BIGINT), and for every variable of
    the dataset its text, trimmed and in normal form, NULL where blank or a declared missing code; for a date also
    `<VAR>__format`, the declared formats joined by |; for a date or number `<VAR>__delivered`, the text as it came,
    where that is another; for a result `<VAR>__plain`, the text with a decimal point, where the source has a decimal
    comma. One row a record; a dataset that no source feeds gives no row.
    """
    branches = [
        branch
        for mapping in study.map.get(dataset.name, [])
        if mapping.source in files
        for branch in _branches(study, dataset, mapping, files[mapping.source])
    ]
    if dataset.name == "SITE":
        branches += [_listed_site(study, dataset, index) for index in range(len(study.sites))]
    return "\nUNION ALL\n".join(branches or [_empty(dataset)])


def source_value_sql(source: Source, files: SourceFiles, expression: Expression) -> str:
    """Return the query of (site, value): the text that an expression gives for each row of a source's current files."""
    rows = _clean_rows(source, files, sorted(expression_columns(expression)))
    return f"SELECT __site AS site, {value_sql(expression)} AS value\nFROM (\n{rows}\n)"


def _branches(study: Study, dataset: Dataset, mapping: Mapping, files: SourceFiles) -> Iterator[str]:
    if not mapping.measurements:
        yield _branch(study, dataset, mapping, files, None)
    for measurement in mapping.measurements:
        yield _branch(study, dataset, mapping, files, measurement)


def _branch(
    study: Study, dataset: Dataset, mapping: Mapping, files: SourceFiles, measurement: Measurement | None
) -> str:
    source = study.sources[mapping.source]
    present = {column.casefold() for column in files.columns}
    expressions = dict(mapping.variables)
    for name in DEFAULTS:
        if name in expressions and (expressions[name].item or "").casefold() not in {"", *present}:
            del expressions[name]
    conditions = [f"({mapping.where}\n)"] if mapping.where else []
    used = set(columns_in(mapping.where)) if mapping.where else set()
    if measurement is not None:
        expressions |= _measurement_expressions(dataset, measurement)
        conditions.append(f"{quote_name(measurement.result)} IS NOT NULL")
        used.add(measurement.result)
    for expression in expressions.values():
        used |= expression_columns(expression)
    subject = "NULL::VARCHAR"
    if source.subject is not None:
        used |= expression_columns(source.subject)
        subject = value_sql(source.subject)
    rows = _clean_rows(source, files, sorted(used))
    select = _select_list(study, dataset, mapping.source, subject, expressions, source, files.odd_columns)
    where = f"\nWHERE {' AND '.join(conditions)}" if conditions else ""
    return f"SELECT {select}\nFROM (\n{rows}\n){where}"


def _measurement_expressions(dataset: Dataset, measurement: Measurement) -> dict[str, Expression]:
    prefix = dataset.name
    expressions = {
        f"{prefix}TESTCD": Expression(value=measurement.testcd),
        f"{prefix}TEST": Expression(value=measurement.test),
        f"{prefix}ORRES": Expression(item=measurement.result),
    }
    if measurement.unit is not None:
        expressions[f"{prefix}ORRESU"] = measurement.unit
    return expressions | measurement.variables


def _clean_rows(source: Source, files: SourceFiles, columns: Sequence[str]) -> str:
    """Select the used columns, trimmed, in normal form, blanks and missing codes as NULL; one that no file has is NULL.

    Where that changes the text, the column comes a second time as it was delivered.
    """
    # Two sites may spell a column differently (é, É) in a way that is one name for us and two for DuckDB.
    present: dict[str, list[str]] = {}
    for name in sorted(files.columns):
        present.setdefault(name.casefold(), []).append(quote_name(name))
    odd = {name.casefold() for name in files.odd_columns}
    parts = ["__site", "__source_file", "__source_row"]
    for column in columns:
        names = present.get(column.casefold())
        if names is None:
            parts.append(f"NULL::VARCHAR AS {quote_name(column)}")
            continue
        delivered = f"coalesce({', '.join(names)})" if len(names) > 1 else names[0]
        is_odd = column.casefold() in odd
        text = trimmed_sql(normal_form_sql(delivered) if is_odd else delivered)
        for code in source.blank_codes(column):
            text = f"nullif({text}, {code_sql(code)})"
        parts.append(f"{text} AS {quote_name(column)}")
        if is_odd:
            parts.append(f"CASE WHEN {text} IS NOT NULL THEN {trimmed_sql(delivered)} END AS {_delivered_name(column)}")
    by_name = "false" if files.same_layout else "true"
    return f"  SELECT {', '.join(parts)}\n  FROM read_parquet({quote_list(files.paths)}, union_by_name = {by_name})"


def _select_list(
    study: Study,
    dataset: Dataset,
    source_name: str,
    subject: str,
    expressions: dict[str, Expression],
    source: Source,
    odd_columns: frozenset[str] = frozenset(),
) -> str:
    odd = {name.casefold() for name in odd_columns}
    parts = [
        f"{quote_text(study.study)} AS study",
        "__site AS site",
        f"{subject} AS subject",
        # The cast: to DuckDB, text joined with NULL is an integer, and the marts' contracts say text.
        f"CAST({quote_text(study.study + '-')} || {subject} AS VARCHAR) AS USUBJID",
        f"{quote_text(source_name)} AS source_name",
        "__source_file AS source_file",
        "__source_row AS source_row",
    ]
    for variable in dataset.variables.values():
        expression = expressions.get(variable.name)
        sql = value_sql(expression) if expression is not None else DEFAULTS.get(variable.name, "NULL::VARCHAR")
        has_comma = source.decimal == "," and expression is not None and bool(expression.item) and not expression.values
        plain = decimal_point_sql(sql) if has_comma else "NULL::VARCHAR"
        if variable.type == "number" and has_comma:
            parts.append(f"coalesce({plain}, {sql}) AS {quote_name(variable.name)}")
        else:
            parts.append(f"{sql} AS {quote_name(variable.name)}")
        if variable.type == "result":
            parts.append(f"{plain} AS {quote_name(variable.name + PLAIN_SUFFIX)}")
        if variable.type == "date":
            formats = "|".join(date_formats(source, variable.name, expression)) if expression is not None else ""
            parts.append(f"{quote_text(formats)} AS {quote_name(variable.name + FORMAT_SUFFIX)}")
        if variable.type in ("date", "number"):
            item = expression.item if expression is not None and not expression.values else None
            delivered = _delivered_name(item) if item and item.casefold() in odd else "NULL::VARCHAR"
            if variable.type == "number" and has_comma:
                delivered = f"coalesce({delivered}, CASE WHEN {plain} IS NOT NULL THEN {sql} END)"
            parts.append(f"{delivered} AS {quote_name(variable.name + DELIVERED_SUFFIX)}")
    return ",\n  ".join(parts)


def _delivered_name(column: str) -> str:
    # No column of an export can have it: names that begin with __ are ours.
    return quote_name(f"__delivered {column}")


def list_date_formats(study: Study, dataset: Dataset) -> list[tuple[str, str]]:
    """Return (variable, formats joined by |) of every way in which a date of a dataset is declared, each once."""
    declared = set()
    for mapping in study.map.get(dataset.name, []):
        for variable, expression in mapped_expressions(mapping, dataset):
            if dataset.variables[variable].type == "date":
                formats = date_formats(study.sources[mapping.source], variable, expression)
                declared.add((variable, "|".join(formats)))
    if dataset.name == "SITE" and study.sites:
        declared.add(("activation_date", "ISO8601"))
    return sorted(declared)


def listed_variables(study: Study) -> frozenset[str]:
    """Return the variables of SITE that study.yml fills for at least one of its listed sites."""
    return frozenset(name for site in study.sites for name in _site_values(site))


def _site_values(site: ListedSite) -> dict[str, str]:
    values = {
        "site_id": site.id,
        "name": site.name,
        "country": site.country,
        "investigator": site.investigator,
        "activation_date": site.activation_date,
    }
    return {name: value for name, value in values.items() if value is not None}


def _listed_site(study: Study, dataset: Dataset, index: int) -> str:
    site = study.sites[index]
    expressions = {name: Expression(value=value) for name, value in _site_values(site).items()}
    row = f"SELECT {quote_text(site.id)} AS __site, 'study.yml' AS __source_file, {index + 1}::BIGINT AS __source_row"
    select = _select_list(study, dataset, "study.yml", "NULL::VARCHAR", expressions, Source(path="study/study.yml"))
    return f"SELECT {select}\nFROM ({row})"


def _empty(dataset: Dataset) -> str:
    names = ["study", "site", "subject", "USUBJID", "source_name", "source_file"]
    for variable in dataset.variables.values():
        names.append(variable.name)
        if variable.type == "date":
            names.append(variable.name + FORMAT_SUFFIX)
        if variable.type in ("date", "number"):
            names.append(variable.name + DELIVERED_SUFFIX)
        if variable.type == "result":
            names.append(variable.name + PLAIN_SUFFIX)
    columns = ", ".join(f"NULL::VARCHAR AS {quote_name(name)}" for name in names)
    return f"SELECT {columns}, NULL::BIGINT AS source_row WHERE false"
