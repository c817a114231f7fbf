"""What a spreadsheet's numbers mean: days, moments and durations by number format, in either of Excel's calendars.

A day lands as much as its format shows: where only month and year are shown and the number is the first of the month,
Excel made up that day. ECMA-376 part 1, 18.8.30 and 18.17.4.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal

from pipelines.ingest.readers.number_text import number_text

Shown = Literal["number", "day", "month", "year", "moment", "time", "duration", "any"]

_DAY_MS = 86_400_000
_LAST_DAY = date(9999, 12, 31)
_LITERALS = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]|am/pm|a/p', re.IGNORECASE)
# Built-in formats whose meaning depends on the country; each is a date, a time, or both.
_LOCAL_FORMATS = frozenset({*range(27, 37), *range(50, 59), *range(71, 82)})
# The first section of a number format that shows zeros before a whole number; what is literal is taken out before.
_PADDING = re.compile(r"0{2,}[^.,?#]*")


@dataclass(frozen=True)
class NumberFormat:
    """How numbers of a cell style are shown; `pads` where leading zeros are shown that the number does not have."""

    shown: Shown = "number"
    pads: bool = False


def format_of(number: int, code: str | None) -> NumberFormat:
    """Return what a number format shows, by its code, or by its number where it is one of Excel's own."""
    from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format, is_timedelta_format

    if code is None:
        if number in _LOCAL_FORMATS:
            return NumberFormat("any")
        code = BUILTIN_FORMATS.get(number, "General")
    if is_timedelta_format(code):
        return NumberFormat("duration")
    if not is_date_format(code):
        return NumberFormat(pads=_PADDING.fullmatch(_LITERALS.sub("", code).split(";")[0].replace("-", "")) is not None)
    return NumberFormat(_shown_by(_LITERALS.sub("", code.split(";")[0]).lower()))


def _shown_by(letters: str) -> Shown:
    has_time = "h" in letters or "s" in letters
    has_year = any(letter in letters for letter in "yeg")
    has_day = "d" in letters
    if has_time:
        return "moment" if has_year or has_day else "time"
    if has_day or not has_year:
        return "day"
    return "month" if "m" in letters else "year"


def shown_text(serial: float, shown: Shown, is_1904: bool) -> str | None:
    """Return a number as the day, moment or duration that its format makes of it; None if it is none."""
    if shown == "number":
        return number_text(serial)
    if serial < 0:
        return None
    days, within = divmod(round(serial * _DAY_MS), _DAY_MS)
    if shown == "duration":
        return _clock(days * _DAY_MS + within, "{}")
    if days == 0 and shown in ("time", "any"):
        return _clock(within, "{:02}")
    day = _day(days, is_1904)
    if day is None:
        return None
    if within or shown in ("moment", "time"):
        return f"{day}T{_clock(within, '{:02}')}"
    if shown == "month" and day.day == 1:
        return f"{day:%Y-%m}"
    if shown == "year" and (day.month, day.day) == (1, 1):
        return f"{day:%Y}"
    return day.isoformat()


def serial_of(moment: str) -> float | None:
    """Return the number, in the calendar from 1900, of a moment that is written in ISO 8601; None if it is none.

    A time of day has one too, below 1. Days before March 1900, which Excel counts otherwise, have none.
    """
    try:
        found = datetime.fromisoformat(moment)
    except ValueError:
        return None
    serial = (found.replace(tzinfo=None) - datetime(1899, 12, 30)) / timedelta(days=1)  # noqa: DTZ001 - it has no zone
    return serial if found.tzinfo in (None, UTC) and (0 <= serial < 1 or serial > 60) else None


def _day(days: int, is_1904: bool) -> date | None:
    """Return the day of a number; Excel's first calendar has a day 60 that never was, 29 February 1900."""
    if is_1904:
        begin = date(1904, 1, 1)
    elif days < 1 or days == 60:
        return None
    else:
        begin = date(1899, 12, 31 if days < 60 else 30)
    return begin + timedelta(days) if days <= (_LAST_DAY - begin).days else None


def _clock(milliseconds: int, hours: str) -> str:
    seconds, thousandths = divmod(milliseconds, 1000)
    fraction = f".{thousandths:03}" if thousandths else ""
    return f"{hours.format(seconds // 3600)}:{seconds // 60 % 60:02}:{seconds % 60:02}{fraction}"
