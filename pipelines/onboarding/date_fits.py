"""Which of the declared date formats a text fits, and what formats a column's counts speak for."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

from pipelines.date_formats import DAY_FORMATS, SAS_DATETIME, TIME_FORMATS, find_ambiguous, opposite_of
from pipelines.study_values import MAX_DATE_FORMATS, DateFormat

# What each format takes is what the warehouse reads (dbt_project/macros/date_formats.sql, in the same notation); a test
# holds the two together.
_SHAPES = {
    "YYYY-MM-DD": "%Y-%m-%d", "YYYY/MM/DD": "%Y/%m/%d", "YYYY.MM.DD": "%Y[.] ?%m[.] ?%d[.]?", "YYYYMMDD": "%Y%m%d",
    "DD/MM/YYYY": "%d/%m/%Y", "MM/DD/YYYY": "%m/%d/%Y", "DD-MM-YYYY": "%d-%m-%Y", "MM-DD-YYYY": "%m-%d-%Y",
    "DD.MM.YYYY": "%d[.]%m[.]%Y", "DD-MMM-YYYY": "%d-%b-%Y", "DD/MMM/YYYY": "%d/%b/%Y", "DD MMM YYYY": "%d %b %Y",
    "DDMMMYYYY": "%d%b%Y", "DD MMMM YYYY": "%d %B %Y", "MMM DD YYYY": "%b %d,? %Y", "MMMM DD YYYY": "%B %d,? %Y",
    "YYYY年MM月DD日": "%Y ?年 ?%m ?月 ?%d ?日", "YYYY년 MM월 DD일": "%Y ?년 ?%m ?월 ?%d ?일",
    "ERA YY年MM月DD日": "%E ?年 ?%m ?月 ?%d ?日", "ERA YY.MM.DD": "%E[.] ?%m[.] ?%d", "ERA YY/MM/DD": "%E/%m/%d",
    "ERA YY-MM-DD": "%E-%m-%d", "ROC YYY年MM月DD日": "%R%C ?年 ?%m ?月 ?%d ?日", "ROC YYY/MM/DD": "%C/%m/%d",
    "ROC YYY.MM.DD": "%C[.] ?%m[.] ?%d", "ROC YYY-MM-DD": "%C-%m-%d", "ROC YYYMMDD": "%C%m%d",
    "YYYY-MM": "%Y-%m", "YYYY/MM": "%Y/%m", "MM/YYYY": "%m/%Y", "MM.YYYY": "%m[.]%Y", "MMM-YYYY": "%b-%Y",
    "MMM/YYYY": "%b/%Y", "MMM YYYY": "%b %Y", "MMMM YYYY": "%B %Y", "YYYY年MM月": "%Y ?年 ?%m ?月",
    "YYYY년 MM월": "%Y ?년 ?%m ?월", "ERA YY年MM月": "%E ?年 ?%m ?月", "ROC YYY年MM月": "%R%C ?年 ?%m ?月",
    "ROC YYY/MM": "%C/%m", "YYYY": "%Y", "YYYY年": "%Y ?年", "YYYY년": "%Y ?년", "ERA YY年": "%E ?年",
    "ROC YYY年": "%R%C ?年",
}  # fmt: skip
_TWO_DIGITS = {"YYYY-MM-DD", "YYYYMMDD", "DDMMMYYYY", "YYYY-MM", "ROC YYYMMDD"}
_PARTS = {
    "%Y": "(?P<y>(?:1[89]|2[01])[0-9]{2})", "%b": "(?P<b>[A-Za-z]{3})", "%B": "(?P<B>[A-Za-z]{3,9})",
    "%E": "(?P<era>明治|大正|昭和|平成|令和|[MTSHR]) ?(?P<e>[0-9]{1,2}|元)", "%R": "(?:中華民國|中华民国|民國|民国)? ?",
}  # fmt: skip
_UNKNOWN = "(?:[Uu][Nn][Kk]?|[Uu][Kk]|[Nn][Kk]|[Xx]{2,3}|-{1,3})"
# Year before the first, first day and last day, as the warehouse has them.
_ERAS = {
    "令和": (2018, date(2019, 5, 1), date(2199, 12, 31)), "平成": (1988, date(1989, 1, 8), date(2019, 4, 30)),
    "昭和": (1925, date(1926, 12, 25), date(1989, 1, 7)), "大正": (1911, date(1912, 7, 30), date(1926, 12, 24)),
    "明治": (1867, date(1873, 1, 1), date(1912, 7, 29)),
}  # fmt: skip
_ERAS |= {letter: _ERAS[era] for letter, era in zip("RHSTM", tuple(_ERAS), strict=True)}
_MONTHS = {
    "january": 1, "february": 2, "march": 3, "april": 4, "may": 5, "june": 6, "july": 7, "august": 8, "september": 9,
    "october": 10, "november": 11, "december": 12,
}  # fmt: skip
_SHORT_MONTHS = {name[:3]: number for name, number in _MONTHS.items()}
_ISO = re.compile(
    "(?P<y>(?:1[89]|2[01])[0-9]{2})(?:-(?P<m>[0-9]{2})(?:-(?P<d>[0-9]{2})"
    "(?P<t>T(?:(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]+)?)?|(?P<end>24:00(?::00(?:[.]0+)?)?)))?)?)?"
)
_ZONE = re.compile("(.*:[0-9]{2}(?:[.][0-9]+)?) ?(?:Z|UTC|[+-](?:0[0-9]|1[0-4])(?::?[0-5][0-9])?)")
_OPEN_TIME = re.compile("(?:UNK?|UK|NK|XX|--)(?::(?:UNK?|UK|NK|XX|--))?", re.IGNORECASE)
_TIME = re.compile("(?:[01]?[0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]+)?)?|(?P<end>24:00(?::00(?:[.]0+)?)?)")
_HALF_DAY = re.compile("(?:0?[1-9]|1[0-2]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]+)?)? ?[AP]M", re.IGNORECASE)
_LAST_DAY = date(2199, 12, 31)


def _compile(name: str, shape: str) -> list[re.Pattern[str]]:
    """Return the patterns of a format: all parts, and where some may be unknown, the month and the year."""
    shapes = [shape]
    if "%E" not in shape and "%C" not in shape:
        without_day = shape.replace("%d", _UNKNOWN)
        shapes += [without_day] if "%d" in shape else []
        without_month = re.sub("%[mbB]", lambda _: _UNKNOWN, without_day)
        shapes += [without_month] if without_month != without_day else []
    patterns = ["%Y-{2,7}"] if name in ("YYYY-MM-DD", "YYYY-MM") else []
    digits = "[0-9]{2}" if name in _TWO_DIGITS else "[0-9]{1,2}"
    count = "1[0-9]{2}|0[1-9][0-9]" if name == "ROC YYYMMDD" else "1[0-9]{2}|0?[1-9][0-9]"
    parts = {**_PARTS, "%C": f"(?P<c>{count})", "%m": f"(?P<m>{digits})", "%d": f"(?P<d>{digits})"}
    return [re.compile(re.sub("%[A-Za-z]", lambda found: parts[found.group()], one)) for one in shapes + patterns]


_COMPILED = {name: _compile(name, shape) for name, shape in _SHAPES.items()}
# Of formats that fit as often, the first is proposed. ISO8601 takes more than the plain ones, and comes after them.
_ORDER: tuple[DateFormat, ...] = (
    *_SHAPES, "ISO8601", *(day + time for day in DAY_FORMATS for time in TIME_FORMATS[:2]), SAS_DATETIME,
    "ISO8601+ZONE", *(f"{day} HH:MM+ZONE" for day in DAY_FORMATS),
)  # fmt: skip
# Texts that no format fits are most of a file; this keeps them out before the formats are tried one by one.
_ANY_SHAPE = re.compile(
    "(?:{})(?:[ :T].{{1,30}})?".format(
        "|".join(re.sub(r"\?P<\w+>", "?:", one.pattern) for patterns in _COMPILED.values() for one in patterns)
    )
)
# These also fit what is a number: a subject 1983, a record 20140312 and an artifact 11.02.07.
_LIKE_NUMBERS = {"YYYY", "YYYYMMDD", "MM.YYYY", "ROC YYYMMDD", "ROC YYY.MM.DD", "ROC YYY-MM-DD", "ROC YYY/MM"}

Fit = tuple[DateFormat, ...]


@lru_cache(maxsize=1 << 17)
def formats_that_fit(text: str) -> Fit:
    """Return every declared format that reads a text as a day, month or year of the calendar."""
    if not _ANY_SHAPE.fullmatch(text):
        return ()
    fits = {name for name, patterns in _COMPILED.items() if _reads(patterns, text) is not None}
    fits |= {"ISO8601"} if _is_iso(text) else set()
    zoned = _ZONE.fullmatch(text)
    fits |= {"ISO8601+ZONE"} if _is_iso(zoned.group(1) if zoned else text) else set()
    if ":" in text or " " in text:
        fits |= _fits_with_time(text, TIME_FORMATS[:2])
        fits |= _fits_with_time(zoned.group(1) if zoned else text, TIME_FORMATS[2:])
    return tuple(name for name in _ORDER if name in fits)


def _fits_with_time(text: str, times: Sequence[str]) -> set[DateFormat]:
    before, _, behind = text.partition(":")
    fits: set[DateFormat] = set()
    if SAS_DATETIME.endswith(times[0].strip()) and _goes_with(_reads(_COMPILED["DDMMMYYYY"], before), behind, _TIME):
        fits.add(SAS_DATETIME)
    head, blank, _ = before.rpartition(" ")
    clock = text[len(head) + 1 :] if blank else ""
    for name in DAY_FORMATS if clock else ():
        day = _reads(_COMPILED[name], head)
        patterns = {time: _HALF_DAY if time.endswith("AM") else _TIME for time in times}
        fits |= {name + time for time, pattern in patterns.items() if _goes_with(day, clock, pattern)}
    return fits


def _goes_with(day: date | None, clock: str, pattern: re.Pattern[str]) -> bool:
    if day is None:
        return False
    found = pattern.fullmatch(clock)
    if found is None:
        return _OPEN_TIME.fullmatch(clock) is not None
    return not (found.groupdict().get("end") and day >= _LAST_DAY)


def _is_iso(text: str) -> bool:
    found = _ISO.fullmatch(text)
    day = _day_of(found.groupdict()) if found else None
    return day is not None and not (found and found["end"] and day >= _LAST_DAY)


def _reads(patterns: Sequence[re.Pattern[str]], text: str) -> date | None:
    """Return the first day that a text can mean, None where no pattern reads it."""
    for pattern in patterns:
        found = pattern.fullmatch(text)
        if found is not None:
            day = _day_of(found.groupdict())
            if day is not None:
                return day
    return None


def _day_of(parts: dict[str, str | None]) -> date | None:
    month = int(parts.get("m") or 1)
    if name := parts.get("b") or parts.get("B"):
        month = (_SHORT_MONTHS if parts.get("b") else _MONTHS).get(name.casefold(), 0)
    first = last = None
    if count := parts.get("e"):
        base, first, last = _ERAS[parts["era"] or ""]
        year = base + (1 if count == "元" else int(count))
    else:
        year = int(parts.get("y") or 0) or 1911 + int(parts.get("c") or 0)
    try:
        day = date(year, month, int(parts.get("d") or 1))
    except ValueError:
        return None
    if first is None or last is None:
        return day
    known = 3 if parts.get("d") else 2 if parts.get("m") else 1
    return day if first.timetuple()[:known] <= day.timetuple()[:known] <= last.timetuple()[:known] else None


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
        best = max(_ORDER, key=lambda name: sum(count for fit, count in left.items() if name in fit))
        count = sum(count for fit, count in left.items() if best in fit)
        if find_ambiguous([*formats, best]) is not None:
            break
        formats.append(best)
        told.append(f"{best} fits {count:,} of {filled:,}" if not told else f"{best} {count:,} more")
        left = Counter({fit: count for fit, count in left.items() if best not in fit})
    if not formats or dates.fitting(formats) * 2 < filled:
        return None
    return _unless_ambiguous(dates, formats, told, filled)


def _unless_ambiguous(dates: DateCounts, formats: list[DateFormat], told: list[str], filled: int) -> FormatGuess:
    for first in list(formats):
        other = opposite_of(first)
        if other is None:
            continue
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
