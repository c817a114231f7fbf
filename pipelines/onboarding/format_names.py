"""How people name export formats: the names of study.yml, what else the field calls them, and the suffixes of files."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import get_args

from pipelines.errors import UserError, did_you_mean
from pipelines.study_source import ExportFormat

FORMATS: tuple[ExportFormat, ...] = get_args(ExportFormat)

# Written as `_plain` leaves a name. A name of study.yml stands for itself.
_ALIASES: dict[ExportFormat, tuple[str, ...]] = {
    "csv": ("text", "delimited", "csvtext"),
    "castor": ("castorcsv", "castoredc"),
    "openclinica": ("openclinicatsv", "oc"),
    "rave": ("ravecsv", "ravebiostat", "medidatarave", "medidata"),
    "viedoc": ("viedoccsv",),
    "redcap": ("redcapcsv",),
    "secutrial": ("secutrialzip", "secutrialcsv", "st"),
    "odm": (
        "odmxml", "odm1", "odm12", "odm13", "odm130", "odm131", "odm132", "odm2", "odm20", "odmxml1", "odmxml13",
        "odmxml130", "odmxml132", "odmxml2", "odmxml20", "cdiscodm", "redcapodm", "redcapxml", "openclinicaodm",
        "raveodm", "viedocodm",
    ),
    "xpt": ("xport", "sasxport", "sasxpt", "xpt5", "xpt8", "xptv5", "xptv8", "sastransport"),
    "sas7bdat": ("sas", "sas7"),
    "dataset-json": ("datasetjson11", "datasetndjson", "ndjson", "dsjc", "cdiscdatasetjson", "json"),
    "xlsx": ("excel", "xlsm", "workbook", "spreadsheet"),
}  # fmt: skip
_TAB = ("tsv", "tab")
_ARCHIVE = ("zip", "archive")

# Which formats a file of this suffix may have: a proposal for the user, nothing is read by it.
_BY_SUFFIX: dict[str, tuple[ExportFormat, ...]] = {
    ".csv": ("csv", "redcap", "castor", "rave", "viedoc"),
    ".txt": ("csv",),
    ".dat": ("csv",),
    ".psv": ("csv",),
    ".tsv": ("openclinica",),
    ".xml": ("odm",),
    ".odm": ("odm",),
    ".xpt": ("xpt",),
    ".xpt5": ("xpt",),
    ".xpt8": ("xpt",),
    ".xport": ("xpt",),
    ".sas7bdat": ("sas7bdat",),
    ".json": ("dataset-json",),
    ".ndjson": ("dataset-json",),
    ".dsjc": ("dataset-json",),
    ".xlsx": ("xlsx",),
    ".xlsm": ("xlsx",),
    ".zip": ("secutrial",),
}


@dataclass(frozen=True)
class NamedFormat:
    """A format of study.yml, None for an archive; `settings` is what else the name says, as `tsv` the delimiter."""

    format: ExportFormat | None
    settings: Mapping[str, str] = field(default_factory=dict)


def find_format(name: str) -> NamedFormat:
    """Return the format that a name means; case, blanks and punctuation do not matter.

    Raises:
        UserError: no format has this name; it lists them, and says which is nearest.
    """
    wanted = _plain(name)
    if wanted in _TAB:
        return NamedFormat("csv", {"delimiter": "\t"})
    for known in FORMATS:
        if wanted == _plain(known) or wanted in _ALIASES.get(known, ()):
            return NamedFormat(known)
    if wanted in _ARCHIVE:
        return NamedFormat(None)
    raise UserError(f'there is no format "{name}".{did_you_mean(name, _every_name())} {_listed()}')


def ask_for_format(file: PurePath) -> UserError:
    """Return the error for a file of which nobody said what it is: it lists the formats, and what the suffix fits."""
    suffix = file.suffix.lower()
    fitting = formats_by_suffix(file.name)
    proposal = ""
    if suffix == ".zip":
        proposal = " A ZIP is read as secutrial, or as the format of the file inside that --member names."
    elif fitting:
        proposal = f" By its suffix {suffix} it could be {' or '.join(fitting)}; nothing is guessed from that."
    return UserError(f"say how the file is written, with --as FORMAT. {_listed()}{proposal}")


def formats_by_suffix(name: str) -> tuple[ExportFormat, ...]:
    """Return the formats that a file of this name may have, the likeliest first; none where its suffix says nothing."""
    return _BY_SUFFIX.get(PurePath(name).suffix.lower(), ())


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.casefold())


def _every_name() -> list[str]:
    return [*FORMATS, *(alias for aliases in _ALIASES.values() for alias in aliases), *_TAB]


def _listed() -> str:
    return f"Formats: {', '.join(FORMATS)}."
