"""What study.yml says of one kind of file: where it lies, how it is written, which columns say whose it is."""

from __future__ import annotations

import fnmatch
import re
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any, Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from pipelines.study_delivery import DeliveryContract
from pipelines.study_values import OPEN, ColumnName, ComparedText, DateFormat, DateFormats, Layout, StrictModel

# A new format is a module in ingest/readers, a line in its registry, and a name here.
ExportFormat = Literal[
    "csv", "castor", "openclinica", "rave", "viedoc", "redcap", "secutrial",
    "odm", "xpt", "sas7bdat", "dataset-json", "xlsx",
]  # fmt: skip

# Files of these formats leave out what is blank, so what the mapping reads decides which columns they give.
SPARSE_FORMATS = frozenset({"odm"})

# Files of these formats hold numbers as such, and their readers write them with a point.
POINT_FORMATS = frozenset({"xpt", "sas7bdat", "dataset-json", "xlsx"})

# What only files of some formats leave open, so that a source says it.
_DELIMITED = frozenset({"csv", "castor", "openclinica", "rave", "viedoc", "redcap", "secutrial"})
FORMATS_THAT_READ: dict[str, frozenset[str]] = {
    "delimiter": _DELIMITED,
    "quote": _DELIMITED,
    "encoding": _DELIMITED | {"xpt", "sas7bdat", "dataset-json"},
    "header_rows": frozenset({"xlsx"}),
}

# How the files of a system are written, where study.yml does not say otherwise; which columns they have, their readers
# know (`csv_profiles`).
FORMAT_DEFAULTS: dict[str, dict[str, str]] = {
    "castor": {"delimiter": ";"},
    "openclinica": {"delimiter": "\t"},
    "viedoc": {"delimiter": ";"},
}


class Columns(StrictModel):
    """The columns that site and SMO agreed on for a source; names, or patterns such as `*_nsv`.

    A file without a required column is refused. A column that is neither required nor optional is reported as new.
    """

    required: list[str] = []
    """Without one of these a file is refused."""
    optional: list[str] = []
    """These may come; a pattern such as *_nsv stands for many."""

    def allows(self, column: str) -> bool:
        """Return whether a column belongs to the agreed layout; case does not matter."""
        return self._allowed.match(column.casefold()) is not None

    @cached_property
    def _allowed(self) -> re.Pattern[str]:
        names = [fnmatch.translate(name.casefold()) for name in (*self.required, *self.optional)]
        return re.compile("|".join(names) if names else "(?!)")


class Expression(StrictModel):
    """Where a variable's text comes from: exactly one of item, value, sql, or year (with month and day)."""

    item: ColumnName | None = None
    """A column of the export."""
    values: dict[str, ComparedText] | None = None
    """Value of the item: standard term; other values stay as they are."""
    value: ComparedText | None = None
    """A constant."""
    sql: str | None = None
    """An SQL expression over one row of the export, all of whose columns are text."""
    year: ColumnName | None = None
    """The column with the year of a date in parts."""
    month: ColumnName | None = None
    """The column with its month."""
    day: ColumnName | None = None
    """The column with its day."""

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
    `site` names a column, or gives SQL, whose every value must be the delivering site, `study` one whose every value
    must be a name of the study; `aliases` maps a header to its agreed name; `missing` lists the codes that stand for a
    blank; `layout` is the study's where it is absent; `extract_date` gives the day on which a file was extracted.
    """

    path: str
    """<system>/<file pattern> below the site's folder, e.g. edc/AE.csv."""
    format: ExportFormat = "csv"
    """The format of the file, or of the member of a ZIP."""
    member: str | None = None
    """Where the file is a ZIP: which of its members is meant, as a pattern, e.g. */AE.csv."""
    table: str | None = None
    """Where a file holds several tables: which: ODM item group, sheet, dataset, REDCap instrument, secuTrial form."""
    dictionary: str | None = None
    """REDCap: the data dictionary (CSV), a file beside study.yml."""
    header_rows: int = Field(default=1, ge=1, le=9)
    """How many rows make the header, e.g. 2 where a group stands above its columns; XLSX."""
    layout: Layout | None = None
    """sdtm or template where the columns have the names of the dataset's variables; the study's, where it is absent."""
    encoding: str = "utf-8"
    """Any encoding that Python knows, e.g. cp1252 or shift_jis."""
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    """What stands between two fields; one character."""
    quote: str = Field(default='"', min_length=1, max_length=1)
    """What stands around a field that holds the delimiter; one character."""
    subject: Expression | None = None
    """Where the subject's id stands; left out where rows belong to no subject."""
    site: Expression | None = None
    """The column, or the SQL over a row's columns, whose every value must be the name of the site's folder."""
    study: Expression | None = None
    """The column, or the SQL over a row's columns, whose every value must be one of the study's names."""
    extract_date: Expression | None = None
    """Where the day stands on which the file was extracted."""
    decimal: Literal[".", ","] = "."
    """The decimal mark of its numbers where they are text; nothing may stand between thousands."""
    missing: list[str] = []
    """Codes that stand for a blank, e.g. NA."""
    dates: dict[str, DateFormats] = {}
    """For each date column the formats in which it is written, tried in this order."""
    aliases: dict[str, str] = {}
    """Header as delivered: agreed name."""
    columns: Columns | None = None
    """The agreed layout; what differs from it is reported."""
    delivery: DeliveryContract = DeliveryContract()
    """When and how it is delivered, and what may not shrink."""

    @property
    def has_data_points(self) -> bool:
        """Whether its rows are REDCap's data points, each with its `value`."""
        return self.format == "redcap" and self.table == "data_points"

    def blank_codes(self, column: str) -> list[str]:
        """Return the codes that stand for a blank in a column.

        None in a data point's value: a code there says why there is no value, so that it is not missing (E-05).
        """
        return [] if self.has_data_points and column.casefold() == "value" else self.missing

    @model_validator(mode="before")
    @classmethod
    def _written_as_the_format_is(cls, data: Any) -> Any:
        known = isinstance(data, dict) and isinstance(data.get("format"), str)
        return {**FORMAT_DEFAULTS.get(data["format"], {}), **data} if known else data

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
            "a".encode(value)  # not every codec is one of text
        except (LookupError, UnicodeError) as error:
            raise ValueError(f'"{value}" is not a known encoding, e.g. utf-8, cp1252, shift_jis') from error
        return value

    @field_validator("subject", mode="before")
    @classmethod
    def _subject_is_settled(cls, value: object) -> object:
        if value == OPEN:
            raise ValueError(
                "still open: write the column that holds the subject's id, or {sql: ...}; take the line away only "
                "where rows belong to no subject"
            )
        return value

    @field_validator("site", "study")
    @classmethod
    def _owner_is_read_from_the_row(cls, value: Expression | None, info: ValidationInfo) -> Expression | None:
        if value is not None and (value.values is not None or (value.item is None and value.sql is None)):
            raise ValueError(f"{info.field_name} is a column, or {{sql: ...}} over the columns of a row")
        return value

    @model_validator(mode="after")
    def _marks_differ(self) -> Self:
        if self.delimiter == self.quote:
            raise ValueError("delimiter and quote are the same character")
        return self

    @model_validator(mode="after")
    def _dictionary_is_redcaps(self) -> Self:
        if self.dictionary is not None and self.format != "redcap":
            raise ValueError("dictionary is REDCap's data dictionary: it goes with format: redcap")
        if self.format == "redcap" and self.table is not None and self.dictionary is None:
            raise ValueError(
                "only the data dictionary tells which columns an instrument has: download it from REDCap, put it "
                "beside study.yml and write dictionary: FILE; without table, the whole file is taken"
            )
        return self

    def formats_of(self, column: str) -> list[DateFormat]:
        """Return the date formats that are declared for a column, in any case; none when there are none.

        In SDTM, a variable whose name ends in DTC is ISO 8601, in a template every date is.
        """
        wanted = column.casefold()
        is_iso = self.layout == "template" or (self.layout == "sdtm" and wanted.endswith("dtc"))
        by_layout: list[DateFormat] = ["ISO8601"] if is_iso else []
        return next((formats for name, formats in self.dates.items() if name.casefold() == wanted), by_layout)
