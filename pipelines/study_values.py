"""The kinds of values that stand in study.yml: names, days, date formats, true or false."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, WithJsonSchema

from pipelines.date_formats import DATE_FORMATS, find_ambiguous
from pipelines.errors import did_you_mean
from pipelines.foreign_text import normal_form

# The SQL that reads dates tries so many formats of a column, in their order.
MAX_DATE_FORMATS = 3

# What `siteproof init` writes where the exports leave a value open; study.yml is refused while it stands for a column.
OPEN = "TODO"

# How a source's columns are named: as `map` says, or as SDTM or our templates name them; see `study_layouts`.
Layout = Literal["mapped", "sdtm", "template"]

NamePattern = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"


def _check_name(value: str) -> str:
    if value.endswith("\n") or not re.match(NamePattern, value):
        raise ValueError(
            f'"{value}" is not a name: letters, digits, point, hyphen and underscore, the first a letter or digit, '
            "at most 64"
        )
    return value


def _check_settled(value: str) -> str:
    if value == OPEN:
        raise ValueError("still open: write the column that is meant")
    return value


def _check_formats(formats: list[DateFormat]) -> list[DateFormat]:
    if not formats:
        raise ValueError("name at least one date format, e.g. [YYYY-MM-DD]")
    if len(formats) > MAX_DATE_FORMATS:
        raise ValueError(f"{len(formats)} date formats for one column; at most {MAX_DATE_FORMATS} are read")
    ambiguous = find_ambiguous(formats)
    if ambiguous is not None:
        one, other = ambiguous
        raise ValueError(f"{one} and {other} read the same text as different days; keep the one that is delivered")
    return formats


def _check_format(value: str) -> str:
    if value not in DATE_FORMATS:
        hint = did_you_mean(value, DATE_FORMATS) or " docs/study-yml.md lists those that are read."
        raise ValueError(f'"{value}" is not a date format.{hint}')
    return value


def check_day(value: str) -> str:
    """Return a day, written YYYY-MM-DD.

    Raises:
        ValueError: it is none.
    """
    # fromisoformat alone also takes 20240131 and 2024-W05-3.
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value, re.ASCII):
        raise ValueError(f'"{value}" is not a day, written YYYY-MM-DD')
    try:
        date.fromisoformat(value)
    except ValueError as error:
        raise ValueError(f'"{value}" is not a day of the calendar') from error
    return value


def _check_yes_or_no(value: object) -> object:
    # As pydantic reads it, `yes`, `on` and `1` would be true as well; study.yml has one word for it.
    if value in ("true", "false"):
        return value == "true"
    if not isinstance(value, bool):
        raise ValueError(f'"{value}" is neither true nor false')
    return value


Name = Annotated[str, AfterValidator(_check_name)]
ColumnName = Annotated[str, AfterValidator(_check_settled)]
# Stands beside values of exports: it is in the form in which they are compared.
ComparedText = Annotated[str, AfterValidator(normal_form)]
Day = Annotated[str, AfterValidator(check_day)]
YesOrNo = Annotated[bool, BeforeValidator(_check_yes_or_no)]
DateFormat = Annotated[str, AfterValidator(_check_format), WithJsonSchema({"enum": list(DATE_FORMATS)})]
DateFormats = Annotated[list[DateFormat], AfterValidator(_check_formats)]


class StrictModel(BaseModel):
    """A part of study.yml: unknown keys are errors, values do not change after loading.

    The text below a field is what an editor shows of the key.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)
