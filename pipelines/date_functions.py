"""The warehouse's date functions for SQL that runs before dbt does, rendered from the macros that dbt itself uses."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from pipelines.settings import DBT_PROJECT_DIR


def date_functions_sql() -> str:
    """Return the statements that create the functions, as dbt runs them when a build starts."""
    return str(_macros().create_functions())


def read_date_sql(raw: str, formats: Sequence[str]) -> str:
    """Return the SQL that reads an expression as a date in declared formats, NULL where none fits, as staging does."""
    return str(_macros().read_date(raw, list(formats)))


@cache
def _macros() -> Any:
    from jinja2 import Environment

    folder = DBT_PROJECT_DIR / "macros"
    text = "".join((folder / name).read_text(encoding="utf-8") for name in ("functions.sql", "date_formats.sql"))
    return Environment(autoescape=False).from_string(text).module  # noqa: S701 - SQL, not HTML
