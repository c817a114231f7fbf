"""Working days by country: public holidays, weekends, and working days that make up for a holiday."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Any


def is_working_day(country: str, day: date) -> bool:
    """Return whether people work on a day in a country (ISO 3166, three letters), as its public calendar has it.

    Raises:
        KeyError: the calendar of the country is not known.
    """
    return bool(_calendar(country).is_working_day(day))


def has_calendar(country: str) -> bool:
    """Return whether the public calendar of a country is known."""
    try:
        _calendar(country)
    except KeyError:
        return False
    return True


@cache
def _calendar(country: str) -> Any:
    import holidays

    try:
        # Names of holidays are not used; the years are filled as they are asked for.
        return holidays.country_holidays(country.upper())
    except NotImplementedError as error:
        raise KeyError(country) from error
