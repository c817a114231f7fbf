"""The model of study.yml: what one study delivers, and what its forms and items mean in SDTM terms.

Nothing here reads an export or knows SQL; `standardize/` turns the mapping into views.
"""

from __future__ import annotations

import codecs
import fnmatch
import re
from datetime import date
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from pipelines.cron_text import cron_problem
from pipelines.located_yaml import LocatedYaml, load_located_yaml
from pipelines.study_errors import first_error
from pipelines.study_rules import check_study

# The only date formats that are read; each is parsed strictly, none is guessed. ISO8601 takes any date or date-time
# of ISO 8601 calendar form, also one that ends early (2024-03), which the others do not.
DateFormat = Literal[
    "ISO8601", "YYYY-MM-DD", "YYYY-MM", "YYYY", "YYYYMMDD", "YYYY/MM/DD",
    "DD/MM/YYYY", "MM/DD/YYYY", "DD-MM-YYYY", "MM-DD-YYYY", "DD.MM.YYYY",
    "DD-MMM-YYYY", "DD MMM YYYY", "DDMMMYYYY", "MMM-YYYY", "MMM YYYY", "MM/YYYY",
]  # fmt: skip

# The SQL that reads dates tries so many formats of a column, in their order.
MAX_DATE_FORMATS = 3
# Of each pair, one text is two different days: 03/04/2024.
AMBIGUOUS_FORMATS = (("DD/MM/YYYY", "MM/DD/YYYY"), ("DD-MM-YYYY", "MM-DD-YYYY"))

NamePattern = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"


def _check_name(value: str) -> str:
    if value.endswith("\n") or not re.match(NamePattern, value):
        raise ValueError(
            f'"{value}" is not a name: letters, digits, point, hyphen and underscore, the first a letter or digit, '
            "at most 64"
        )
    return value


def _check_formats(formats: list[DateFormat]) -> list[DateFormat]:
    if not formats:
        raise ValueError("name at least one date format, e.g. [YYYY-MM-DD]")
    if len(formats) > MAX_DATE_FORMATS:
        raise ValueError(f"{len(formats)} date formats for one column; at most {MAX_DATE_FORMATS} are read")
    for one, other in AMBIGUOUS_FORMATS:
        if one in formats and other in formats:
            raise ValueError(f"{one} and {other} read the same text as different days; keep the one that is delivered")
    return formats


def _check_day(value: str) -> str:
    # fromisoformat alone also takes 20240131 and 2024-W05-3.
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value, re.ASCII):
        raise ValueError(f'"{value}" is not a day, written YYYY-MM-DD')
    try:
        date.fromisoformat(value)
    except ValueError as error:
        raise ValueError(f'"{value}" is not a day of the calendar') from error
    return value


Name = Annotated[str, AfterValidator(_check_name)]
DateFormats = Annotated[list[DateFormat], AfterValidator(_check_formats)]


class StrictModel(BaseModel):
    """A part of study.yml: unknown keys are errors, values do not change after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Schedule(StrictModel):
    """When the study runs by itself."""

    cron: str
    timezone: str = "UTC"

    @field_validator("cron")
    @classmethod
    def _cron_is_readable(cls, value: str) -> str:
        problem = cron_problem(value)
        if problem:
            raise ValueError(problem)
        return value

    @field_validator("timezone")
    @classmethod
    def _timezone_exists(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f'"{value}" is not an IANA time zone, e.g. Europe/Berlin') from error
        return value


class ListedSite(StrictModel):
    """A site named in study.yml, for studies without a CTMS export."""

    id: Name
    name: str | None = None
    country: str | None = None
    investigator: str | None = None
    activation_date: Annotated[str, AfterValidator(_check_day)] | None = None


class Visit(StrictModel):
    """A visit of the protocol's schedule: `num` orders the planned visits; one without has no place in the order."""

    name: str
    num: float | None = None
    day: int | None = None


class Columns(StrictModel):
    """The columns that site and SMO agreed on for a source; names, or patterns such as `*_nsv`.

    A file without a required column is refused. A column that is neither required nor optional is reported as new.
    """

    required: list[str] = []
    optional: list[str] = []

    def allows(self, column: str) -> bool:
        """Return whether a column belongs to the agreed layout; case does not matter."""
        return any(fnmatch.fnmatchcase(column.casefold(), p.casefold()) for p in [*self.required, *self.optional])


class Expression(StrictModel):
    """Where a variable's text comes from: exactly one of item, value, sql, or year (with month and day)."""

    item: str | None = None
    values: dict[str, str] | None = None
    value: str | None = None
    sql: str | None = None
    year: str | None = None
    month: str | None = None
    day: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _plain_item(cls, data: Any) -> Any:
        return {"item": data} if isinstance(data, str) else data

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        origins = [name for name in ("item", "value", "sql", "year") if getattr(self, name) is not None]
        if len(origins) != 1:
            raise ValueError("give exactly one of item, value, sql or year")
        if self.values is not None and self.item is None:
            raise ValueError("values goes with item: it maps an item's values to standard terms")
        if (self.month is not None and self.year is None) or (self.day is not None and self.month is None):
            raise ValueError("day goes with month, and month with year")
        return self


class Source(StrictModel):
    """One kind of file that sites deliver: where it lies, how it is written, which columns say whose it is.

    `path` is a pattern below landing/<STUDY>/<SITE>/; `subject` may be absent where rows belong to no subject;
    `site` names a column whose every value must be the delivering site; `aliases` maps a header to its agreed name;
    `missing` lists the codes that stand for a blank.
    """

    path: str
    format: Literal["csv"] = "csv"
    encoding: str = "utf-8"
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    quote: str = Field(default='"', min_length=1, max_length=1)
    subject: Expression | None = None
    site: str | None = None
    missing: list[str] = []
    dates: dict[str, DateFormats] = {}
    aliases: dict[str, str] = {}
    columns: Columns | None = None

    @field_validator("path")
    @classmethod
    def _path_stays_inside(cls, value: str) -> str:
        path = PurePosixPath(value)
        if path.is_absolute() or ".." in path.parts or len(path.parts) != 2:
            raise ValueError("path is <system>/<file pattern> below the site's folder, e.g. edc/AE.csv")
        return value

    @field_validator("dates")
    @classmethod
    def _columns_differ(cls, value: dict[str, DateFormats]) -> dict[str, DateFormats]:
        folded = [name.casefold() for name in value]
        for index, name in enumerate(value):
            if name.casefold() in folded[:index]:
                raise ValueError(f'column "{name}" is given twice, in upper and lower case; keep one of them')
        return value

    @field_validator("encoding")
    @classmethod
    def _encoding_exists(cls, value: str) -> str:
        try:
            codecs.lookup(value)
        except LookupError as error:
            raise ValueError(f'"{value}" is not a known encoding, e.g. utf-8, cp1252, shift_jis') from error
        return value

    @model_validator(mode="after")
    def _marks_differ(self) -> Self:
        if self.delimiter == self.quote:
            raise ValueError("delimiter and quote are the same character")
        return self

    def formats_of(self, column: str) -> list[DateFormat]:
        """Return the date formats that are declared for a column, in any case; none when there are none."""
        wanted = column.casefold()
        return next((formats for name, formats in self.dates.items() if name.casefold() == wanted), [])


class Measurement(StrictModel):
    """One measurement that the export lays out as a column of its own, to become a row (VS, LB)."""

    testcd: Name
    test: str
    result: str
    unit: Expression | None = None
    variables: dict[str, Expression] = {}


class Mapping(StrictModel):
    """How the rows of one source become records of a dataset.

    `where` is an SQL condition over the source's columns; with `measurements`, each row gives one record for every
    measurement that is filled.
    """

    source: str = Field(alias="from")
    where: str | None = None
    variables: dict[str, Expression] = {}
    measurements: list[Measurement] = []


class Study(StrictModel):
    """A study as configured; `map` goes from dataset (AE) to the sources that feed it."""

    study: Name
    title: str
    sponsor: str
    schedule: Schedule | None = None
    sites: list[ListedSite] = []
    visits: list[Visit] = []
    sources: dict[Name, Source]
    map: dict[str, list[Mapping]]
    parameters: dict[str, dict[str, Any]] = {}


def load_study(path: Path) -> Study:
    """Read and check a study.yml.

    Raises:
        ConfigError: with file, line and the nearest known name.
    """
    return load_located_study(path)[0]


def load_located_study(path: Path) -> tuple[Study, LocatedYaml]:
    """Read a study.yml and keep its lines, for checks that need more than the file itself."""
    document = load_located_yaml(path, as_text=True)
    try:
        study = Study.model_validate(document.data)
    except ValidationError as error:
        raise first_error(document, error, Study) from error
    check_study(study, document)
    return study, document
