"""How each made-up sponsor's systems write: dates, flags, delimiters, headers and encodings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

# Where an export comes from; the site's documents (isf) are written the same way by all.
System = Literal["edc", "edc_audit", "ctms", "isf"]

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True)
class Style:
    """How one sponsor's systems write; `dates` names a format of study.yml for each system."""

    indication: str
    sponsor: str
    site_prefix: str
    dates: Mapping[System, str]
    delimiter: str = ","
    newline: str = "\n"
    yes: str = "Y"
    no: str = "N"
    unknown: str = ""
    youngest: int = 18
    oldest: int = 82
    min_age: int | None = None
    headers: dict[str, dict[str, str]] = field(default_factory=dict)
    upper_case_headers: tuple[System, ...] = ()
    # The CTMS of every sponsor here is an old Windows application.
    encodings: dict[System, str] = field(default_factory=lambda: {"ctms": "cp1252"})

    def write_date(self, system: System, text: str) -> str:
        """Return an ISO date as this sponsor's system writes it; text that is no date stays as it is."""
        try:
            day = date.fromisoformat(text)
        except ValueError:
            return text
        return format_date(day, self.dates[system])

    def write_flag(self, text: str) -> str:
        """Return Y or N as this sponsor codes it; other text stays."""
        return {"Y": self.yes, "N": self.no}.get(text, text)


def format_date(day: date, date_format: str) -> str:
    """Write a date in one of the formats of study.yml, with English months in every locale."""
    parts = {"YYYY": f"{day.year:04d}", "MMM": _MONTHS[day.month - 1], "MM": f"{day.month:02d}", "DD": f"{day.day:02d}"}
    text = "YYYY-MM-DD" if date_format == "ISO8601" else date_format
    for letters, value in parts.items():
        if letters != "MM" or "MMM" not in date_format:
            text = text.replace(letters, value)
    return text


def write_time(moment: datetime) -> str:
    """Write a date and time to the minute, ISO 8601."""
    return moment.isoformat(timespec="minutes")


# Studies take these in turn. The third is paediatric: minors consent with a representative.
STYLES: tuple[Style, ...] = (
    Style(
        "Chronic Hepatitis B",
        "Nordlys Biopharma",
        "1",
        {"edc": "YYYY-MM-DD", "edc_audit": "YYYY-MM-DD", "ctms": "DD-MMM-YYYY"},
    ),
    Style(
        "Moderate Plaque Psoriasis",
        "Société Arvernes",
        "02",
        {"edc": "DD.MM.YYYY", "edc_audit": "ISO8601", "ctms": "DD/MM/YYYY"},
        delimiter=";",
        newline="\r\n",
        yes="Yes",
        no="No",
        headers={"QUERIES": {"datapointid": "Data Point Id"}},
    ),
    Style(
        "Adolescent Asthma",
        "Harrow Lane Therapeutics",
        "3",
        {"edc": "DD-MMM-YYYY", "edc_audit": "YYYY-MM-DD", "ctms": "MM/DD/YYYY"},
        yes="1",
        no="0",
        unknown="UNK",
        youngest=12,
        oldest=24,
        min_age=12,
        upper_case_headers=("ctms",),
    ),
)
