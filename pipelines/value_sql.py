"""How a value of study.yml is written as SQL over one row of an export; whoever reads a delivered row writes it so."""

from __future__ import annotations

from pipelines.foreign_text import normal_form
from pipelines.sql_text import quote_name, quote_text
from pipelines.study_source import Expression, Source

WHITE_SPACE = " \t\r\n"


def date_formats(source: Source, variable: str, expression: Expression) -> list[str]:
    """Return the formats that are declared for a date variable: by its item, or by its own name where SQL makes it.

    Parts (year, month, day) and constants are ISO 8601 by their making.
    """
    if expression.item is not None:
        return list(source.formats_of(expression.item))
    return list(source.formats_of(variable) or ["ISO8601"])


def trimmed_sql(sql: str) -> str:
    """Return the SQL of a text without the blanks around it, NULL where nothing is left."""
    return f"nullif(trim({sql}, {quote_text(WHITE_SPACE)}), '')"


def code_sql(text: str) -> str:
    """Return a text of study.yml that values are compared with as a literal, trimmed and in normal form as they are."""
    return quote_text(normal_form(text).strip(WHITE_SPACE))


def value_sql(expression: Expression) -> str:
    """Return the SQL of the text that an expression gives for a row of cleaned columns, NULL where it is blank."""
    if expression.value is not None:
        return trimmed_sql(quote_text(expression.value))
    if expression.sql is not None:
        return trimmed_sql(f"CAST(({expression.sql}\n) AS VARCHAR)")
    if expression.year is not None:
        return _date_of_parts(expression)
    item = quote_name(expression.item or "")
    if not expression.values:
        return item
    cases = " ".join(f"WHEN {code_sql(old)} THEN {quote_text(new)}" for old, new in expression.values.items())
    return trimmed_sql(f"CASE {item} {cases} ELSE {item} END")


def _date_of_parts(expression: Expression) -> str:
    """Join year, month and day to ISO 8601; `2018.0` is 2018, other text stays.

    The date ends where the parts end. A part without the one before it (a day without a month) gives text that is no
    date, so that it is told as unreadable and not lost. A year is not padded: of `18` nobody knows the century.
    """
    year, month, day = (
        f"nullif(regexp_replace({quote_name(name)}, '[.]0*$', ''), '')" if name is not None else "NULL"
        for name in (expression.year, expression.month, expression.day)
    )
    month, day = (f"lpad({part}, greatest(2, length({part}))::INTEGER, '0')" for part in (month, day))
    return (
        f"nullif(concat({year}, CASE WHEN coalesce({month}, {day}) IS NOT NULL THEN concat('-', {month}) END,"
        f" CASE WHEN {day} IS NOT NULL THEN concat('-', {day}) END), '')"
    )
