"""Tells what is wrong with a cron expression of five fields, in words; when it fires is the scheduler's business."""

from __future__ import annotations

import re

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
# Name, least and greatest value of each field, and the words that stand for values from the least on.
_FIELDS: tuple[tuple[str, int, int, tuple[str, ...]], ...] = (
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day of month", 1, 31, ()),
    ("month", 1, 12, _MONTHS),
    ("day of week", 0, 7, _WEEKDAYS),
)
_PART = re.compile(r"(?P<all>\*)|(?P<low>\w+)(-(?P<high>\w+))?", re.ASCII)


def cron_problem(cron: str) -> str | None:
    """Return what is wrong with a cron expression, or None when all five fields can be read."""
    fields = cron.split()
    if len(fields) != len(_FIELDS):
        names = ", ".join(name for name, *_ in _FIELDS)
        return f'"{cron}" has {len(fields)} fields, not five ({names}); an example is "0 5 * * *", daily at 05:00'
    for text, (name, least, greatest, words) in zip(fields, _FIELDS, strict=True):
        for part in text.split(","):
            if not _is_readable(part.casefold(), least, greatest, words):
                return f'"{part}" is not a {name}: * or {least} to {greatest}, as in 1,15 or 2-4 or */5'
    return None


def _is_readable(part: str, least: int, greatest: int, words: tuple[str, ...]) -> bool:
    span, slash, step = part.partition("/")
    if slash and not (step.isascii() and step.isdigit() and int(step) > 0):
        return False
    match = _PART.fullmatch(span)
    if match is None:
        return False
    if match["all"]:
        return True
    low = _number(match["low"], least, words)
    high = low if match["high"] is None else _number(match["high"], least, words)
    return low is not None and high is not None and least <= low <= high <= greatest


def _number(text: str, least: int, words: tuple[str, ...]) -> int | None:
    if text in words:
        return words.index(text) + least
    return int(text) if text.isdigit() else None
