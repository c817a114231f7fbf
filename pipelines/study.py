"""The model of study.yml: what one study delivers, and what its forms and items mean in SDTM terms.

Nothing here reads an export or knows SQL; `standardize/` turns the mapping into views.
"""

from __future__ import annotations

import codecs
import fnmatch
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal, Self, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from pipelines.errors import ConfigError, did_you_mean
from pipelines.located_yaml import LocatedYaml, Location, load_located_yaml
from pipelines.vocabulary import load_vocabulary

# The only date formats that are read; each is parsed strictly, none is guessed. ISO8601 takes any date or date-time
# of ISO 8601 calendar form, also one that ends early (2024-03), which the others do not.
DateFormat = Literal[
    "ISO8601", "YYYY-MM-DD", "YYYY-MM", "YYYY", "YYYYMMDD", "YYYY/MM/DD",
    "DD/MM/YYYY", "MM/DD/YYYY", "DD-MM-YYYY", "MM-DD-YYYY", "DD.MM.YYYY",
    "DD-MMM-YYYY", "DD MMM YYYY", "DDMMMYYYY", "MMM-YYYY", "MMM YYYY", "MM/YYYY",
]  # fmt: skip

NamePattern = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
Name = Annotated[str, Field(pattern=NamePattern)]


class StrictModel(BaseModel):
    """A part of study.yml: unknown keys are errors, values do not change after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Schedule(StrictModel):
    """When the study runs by itself."""

    cron: str
    timezone: str = "UTC"

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
    activation_date: str | None = Field(default=None, pattern=r"^\d{4}-\d{2}-\d{2}$")


class Visit(StrictModel):
    """A visit of the protocol's schedule: `num` orders the planned visits; one without `num` has no place in the order."""

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
    dates: dict[str, list[DateFormat]] = {}
    aliases: dict[str, str] = {}
    columns: Columns | None = None

    @field_validator("path")
    @classmethod
    def _path_stays_inside(cls, value: str) -> str:
        path = PurePosixPath(value)
        if path.is_absolute() or ".." in path.parts or len(path.parts) != 2:
            raise ValueError("path is <system>/<file pattern> below the site's folder, e.g. edc/AE.csv")
        return value

    @field_validator("encoding")
    @classmethod
    def _encoding_exists(cls, value: str) -> str:
        try:
            codecs.lookup(value)
        except LookupError as error:
            raise ValueError(f'"{value}" is not a known encoding, e.g. utf-8, cp1252, shift_jis') from error
        return value


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
        raise _first_error(document, error) from error
    _check_names(study, document)
    if path.parent.name != study.study:
        raise document.error(f'the folder is "{path.parent.name}" but the study is "{study.study}"', ("study",))
    return study, document


def _check_names(study: Study, document: LocatedYaml) -> None:
    vocabulary = load_vocabulary()
    for dataset_name, mappings in study.map.items():
        dataset = vocabulary.get(dataset_name)
        if dataset is None:
            hint = did_you_mean(dataset_name, vocabulary)
            raise document.error(f'"{dataset_name}" is not a dataset.{hint}', ("map", dataset_name))
        for index, mapping in enumerate(mappings):
            at: Location = ("map", dataset_name, index)
            if mapping.source not in study.sources:
                hint = did_you_mean(mapping.source, study.sources)
                raise document.error(f'"{mapping.source}" is not a source.{hint}', (*at, "from"))
            named = [((*at, "variables"), mapping.variables)]
            named += [
                ((*at, "measurements", i, "variables"), measurement.variables)
                for i, measurement in enumerate(mapping.measurements)
            ]
            for where, variables in named:
                for variable in variables:
                    if variable not in dataset.variables:
                        hint = did_you_mean(variable, dataset.variables)
                        raise document.error(f"{dataset_name} has no variable {variable}.{hint}", (*where, variable))
            if mapping.measurements and f"{dataset_name}ORRES" not in dataset.variables:
                raise document.error(f"{dataset_name} holds no measurements", (*at, "measurements"))


def _first_error(document: LocatedYaml, error: ValidationError) -> ConfigError:
    first = error.errors()[0]
    location: Location = tuple(first["loc"])
    if first["type"] == "extra_forbidden":
        known = sorted({name for model in _models() for name in _field_names(model)})
        return document.error(f'unknown key "{location[-1]}".{did_you_mean(str(location[-1]), known)}', location)
    if first["type"] == "literal_error":
        known_formats = get_args(DateFormat) if "dates" in location else ("csv",)
        hint = did_you_mean(str(first["input"]), known_formats)
        return document.error(f'"{first["input"]}" is not one of {", ".join(known_formats)}.{hint}', location)
    message = first["msg"].removeprefix("Value error, ")
    name = ".".join(str(part) for part in location)
    return document.error(f"{name}: {message}", location)


def _models() -> list[type[StrictModel]]:
    return StrictModel.__subclasses__()


def _field_names(model: type[StrictModel]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]
