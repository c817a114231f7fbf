"""Which of the declared date formats a text fits, and what formats a column's counts speak for."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

from pipelines.study_values import AMBIGUOUS_FORMATS, MAX_DATE_FORMATS, DateFormat

_YEAR = r"(?P<y>(?:1[89]|2[01])[0-9]{2})"
_DAY, _MONTH, _NAME = "(?P<d>[0-9]{1,2})", "(?P<m>[0-9]{1,2})", "(?P<b>[A-Za-z]{3})"
_ISO_DAY = f"{_YEAR}-(?P<m>[0-9]{{2}})-(?P<d>[0-9]{{2}})"

# Strictest first: of two formats that fit as often, the one that takes less is proposed. What each takes is what the
# warehouse reads (read_date in dbt_project/macros/functions.sql); a test holds the two together.
_PATTERNS: dict[DateFormat, str] = {
    "YYYY-MM-DD": _ISO_DAY,
    "YYYYMMDD": f"{_YEAR}(?P<m>[0-9]{{2}})(?P<d>[0-9]{{2}})",
    "YYYY/MM/DD": f"{_YEAR}/{_MONTH}/{_DAY}",
    "DD/MM/YYYY": f"{_DAY}/{_MONTH}/{_YEAR}",
    "MM/DD/YYYY": f"{_MONTH}/{_DAY}/{_YEAR}",
    "DD-MM-YYYY": f"{_DAY}-{_MONTH}-{_YEAR}",
    "MM-DD-YYYY": f"{_MONTH}-{_DAY}-{_YEAR}",
    "DD.MM.YYYY": f"{_DAY}[.]{_MONTH}[.]{_YEAR}",
    "DD-MMM-YYYY": f"{_DAY}-{_NAME}-{_YEAR}",
    "DD MMM YYYY": f"{_DAY} {_NAME} {_YEAR}",
    "DDMMMYYYY": f"(?P<d>[0-9]{{2}}){_NAME}{_YEAR}",
    "MMM-YYYY": f"{_NAME}-{_YEAR}",
    "MMM YYYY": f"{_NAME} {_YEAR}",
    "MM/YYYY": f"{_MONTH}/{_YEAR}",
    "YYYY-MM": f"{_YEAR}-(?P<m>[0-9]{{2}})",
    "YYYY": _YEAR,
    "ISO8601": f"{_YEAR}(?:-(?P<m>[0-9]{{2}})(?:-(?P<d>[0-9]{{2}})"
    r"(?:T(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]+)?)?)?)?)?",
}
_COMPILED = {name: re.compile(pattern) for name, pattern in _PATTERNS.items()}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
# Texts that no format fits are most of a file; this keeps them out before the formats are tried one by one.
_ANY_SHAPE = re.compile("|".join(re.sub(r"\?P<\w>", "?:", pattern) for pattern in _PATTERNS.values()))
# These also fit what is a number: a subject 1983 and a record 20140312.
_LIKE_NUMBERS = {"YYYY", "YYYYMMDD"}

Fit = tuple[DateFormat, ...]


@lru_cache(maxsize=1 << 17)
def formats_that_fit(text: str) -> Fit:
    """Return every declared format that reads a text as a day, month or year of the calendar."""
    if not _ANY_SHAPE.fullmatch(text):
        return ()
    return tuple(name for name, pattern in _COMPILED.items() if _reads(pattern, text))


def _reads(pattern: re.Pattern[str], text: str) -> bool:
    found = pattern.fullmatch(text)
    if found is None:
        return False
    parts = found.groupdict()
    month = parts.get("m") or 1
    if parts.get("b"):
        if parts["b"].lower() not in _MONTHS:
            return False
        month = _MONTHS.index(parts["b"].lower()) + 1
    try:
        date(int(parts["y"]), int(month), int(parts.get("d") or 1))
    except ValueError:
        return False
    return True


@dataclass
class DateCounts:
    """How many filled values fit each set of formats, and at which sites."""

    counts: Counter[Fit] = field(default_factory=Counter)
    sites: dict[Fit, set[str]] = field(default_factory=dict)

    def add(self, fit: Fit, count: int, site: str) -> None:
        """Count values of one site; what fits no format is not kept."""
        if not fit:
            return
        self.counts[fit] += count
        self.sites.setdefault(fit, set()).add(site)

    def fitting(self, formats: Sequence[DateFormat]) -> int:
        """Return how many values at least one of the formats reads."""
        return sum(count for fit, count in self.counts.items() if set(fit) & set(formats))

    @property
    def possible_dates(self) -> int:
        """How many values fit a format at all."""
        return self.counts.total()

    @property
    def certain_dates(self) -> int:
        """How many values fit a format that no plain number fits."""
        return sum(count for fit, count in self.counts.items() if not set(fit) & _LIKE_NUMBERS)


@dataclass(frozen=True)
class FormatGuess:
    """Formats to declare; none where the values leave open which, and `why` then names what a human has to choose."""

    formats: list[DateFormat]
    why: str


def guess_formats(dates: DateCounts, filled: int) -> FormatGuess | None:
    """Return the formats that read the most values, with counts; None where no format reads most of them."""
    left = Counter(dates.counts)
    formats: list[DateFormat] = []
    told: list[str] = []
    while left and len(formats) < MAX_DATE_FORMATS:
        best = max(_PATTERNS, key=lambda name: sum(count for fit, count in left.items() if name in fit))
        count = sum(count for fit, count in left.items() if best in fit)
        if any({best, other} == set(pair) for pair in AMBIGUOUS_FORMATS for other in formats):
            break
        formats.append(best)
        told.append(f"{best} fits {count:,} of {filled:,}" if not told else f"{best} {count:,} more")
        left = Counter({fit: count for fit, count in left.items() if best not in fit})
    if not formats or dates.fitting(formats) * 2 < filled:
        return None
    return _unless_ambiguous(dates, formats, told, filled)


def _unless_ambiguous(dates: DateCounts, formats: list[DateFormat], told: list[str], filled: int) -> FormatGuess:
    for pair in AMBIGUOUS_FORMATS:
        first = next((name for name in formats if name in pair), None)
        if first is None:
            continue
        other = pair[1] if first == pair[0] else pair[0]
        only_first = sum(count for fit, count in dates.counts.items() if first in fit and other not in fit)
        only_other = sum(count for fit, count in dates.counts.items() if other in fit and first not in fit)
        both = f"{first} fits {dates.fitting([first]):,} of {filled:,}, {other} {dates.fitting([other]):,}"
        if only_other and only_first:
            return FormatGuess([], f"{both}, and each reads values that the other does not; ask the sites")
        if not only_first:
            return FormatGuess([], f"{both}; write the one that is delivered")
        settled = {s for fit, sites in dates.sites.items() if first in fit and other not in fit for s in sites}
        every = {s for sites in dates.sites.values() for s in sites}
        told.append(f"{other} would fit {dates.fitting([other]):,}; settled at {len(settled)} of {len(every)} sites")
    return FormatGuess(formats, "; ".join(told))
