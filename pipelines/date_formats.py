"""The formats in which a study may declare its dates: their names, and which two would read one text as different days.

Each is read strictly, none is guessed; dbt_project/macros/date_formats.sql is what reads them.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

# A whole day. DD and MM also take one digit where something stands between the parts. MMM is Jun, MMMM is June. A day,
# or a month and a day, may be told as unknown (UN/JUN/2024, 2024-UN-UN), but not behind an era or a year of the
# Republic of China.
DAY_FORMATS = (
    "YYYY-MM-DD", "YYYY/MM/DD", "YYYY.MM.DD", "YYYYMMDD",
    "DD/MM/YYYY", "MM/DD/YYYY", "DD-MM-YYYY", "MM-DD-YYYY", "DD.MM.YYYY",
    "DD-MMM-YYYY", "DD/MMM/YYYY", "DD MMM YYYY", "DDMMMYYYY", "DD MMMM YYYY", "MMM DD YYYY", "MMMM DD YYYY",
    "YYYY年MM月DD日", "YYYY년 MM월 DD일",
    "ERA YY年MM月DD日", "ERA YY.MM.DD", "ERA YY/MM/DD", "ERA YY-MM-DD",
    "ROC YYY年MM月DD日", "ROC YYY/MM/DD", "ROC YYY.MM.DD", "ROC YYY-MM-DD", "ROC YYYMMDD",
)  # fmt: skip
# A date that ends early.
PART_FORMATS = (
    "YYYY-MM", "YYYY/MM", "MM/YYYY", "MM.YYYY", "MMM-YYYY", "MMM/YYYY", "MMM YYYY", "MMMM YYYY",
    "YYYY年MM月", "YYYY년 MM월", "ERA YY年MM月", "ROC YYY年MM月", "ROC YYY/MM",
    "YYYY", "YYYY年", "YYYY년", "ERA YY年", "ROC YYY年",
)  # fmt: skip
# What may stand behind a whole day: a time of 24 hours, of 12 hours, or of 24 hours with a zone.
TIME_FORMATS = (" HH:MM", " HH:MM AM", " HH:MM+ZONE")
SAS_DATETIME = "DDMMMYYYY:HH:MM"

# ISO8601 takes any date or date-time of ISO 8601 calendar form, also one that ends early, which the others do not.
DATE_FORMATS = (
    "ISO8601", "ISO8601+ZONE", *DAY_FORMATS, *PART_FORMATS,
    *(day + time for day in DAY_FORMATS for time in TIME_FORMATS), SAS_DATETIME,
)  # fmt: skip

# Of each pair, one text is two different days: 03/04/2024.
_OPPOSITE_ORDERS = (("DD/MM/YYYY", "MM/DD/YYYY"), ("DD-MM-YYYY", "MM-DD-YYYY"))


def find_ambiguous(formats: Sequence[str]) -> tuple[str, str] | None:
    """Return two of the formats that read one text, or the day in it, as different days; None where no text is open.

    A test tries all pairs of formats on texts of each.
    """
    return next(((one, other) for one, other in combinations(formats, 2) if _are_opposite(one, other)), None)


def _are_opposite(one: str, other: str) -> bool:
    opposite = opposite_of(one)
    return opposite is not None and day_of_format(opposite) == day_of_format(other)


def opposite_of(name: str) -> str | None:
    """Return the format that has day and month the other way round, with the same time; None where none has."""
    day = day_of_format(name)
    for pair in _OPPOSITE_ORDERS:
        if day in pair:
            return pair[1 - pair.index(day)] + name.removeprefix(day)
    return None


def day_of_format(name: str) -> str:
    """Return the format of the day in a format with a time; any other as it is."""
    # The longest first: HH:MM is the beginning of the other two.
    for time in (" HH:MM+ZONE", " HH:MM AM", " HH:MM"):
        if name.endswith(time):
            return name.removesuffix(time)
    return name
