"""Which record of one delivery is which of another, among those that are not wholly the same. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

# Up to so many records of one key on both sides, each is paired with the one that it resembles most.
_MOST_ALIKE = 100


@dataclass(frozen=True)
class Found:
    """A record that the other delivery does not have as it is.

    `record` is its key, None where it has none; `undated` the key without its dates, None where nothing is left.
    """

    subject: str
    record: str | None
    undated: str | None
    source_file: str
    source_row: int
    values: tuple[str | None, ...]


# A record before and now; None where there is none.
Paired = tuple[Found | None, Found | None]


def pair_records(gone: Sequence[Found], come: Sequence[Found], dates: Collection[int]) -> list[Paired]:
    """Pair the records by subject and key; then those of which nothing but dates of the key differ; the rest are alone.

    Records without a key are never paired. `dates` are the places of those dates among the values.
    """
    pairs: list[Paired] = []
    before, now = _by_key(gone), _by_key(come)
    left_before, left_now = [one for one in gone if one.record is None], [one for one in come if one.record is None]
    for key in dict.fromkeys([*before, *now]):
        together, alone_before, alone_now = _pair_alike(before.get(key, []), now.get(key, []))
        pairs += together
        left_before += alone_before
        left_now += alone_now
    corrected = _corrected_dates(left_before, left_now, dates)
    pairs += corrected
    paired = {id(one) for pair in corrected for one in pair}
    pairs += [(one, None) for one in left_before if id(one) not in paired]
    pairs += [(None, one) for one in left_now if id(one) not in paired]
    return pairs


def _by_key(records: Iterable[Found]) -> dict[tuple[str, str], list[Found]]:
    found: dict[tuple[str, str], list[Found]] = defaultdict(list)
    for one in records:
        if one.record is not None:
            found[one.subject, one.record].append(one)
    return found


def _pair_alike(before: list[Found], now: list[Found]) -> tuple[list[Paired], list[Found], list[Found]]:
    """Pair the records of one key, those first that differ least."""
    count = 0
    while (len(before) - count) * (len(now) - count) > _MOST_ALIKE**2:
        count += 1
    pairs: list[Paired] = list(zip(before[:count], now[:count], strict=True))
    before, now = before[count:], now[count:]
    ranked = sorted(
        (_distance(old, new), place, other) for place, old in enumerate(before) for other, new in enumerate(now)
    )
    left, left_now = dict(enumerate(before)), dict(enumerate(now))
    for _, place, other in ranked:
        if place in left and other in left_now:
            pairs.append((left.pop(place), left_now.pop(other)))
    return pairs, list(left.values()), list(left_now.values())


def _corrected_dates(before: Sequence[Found], now: Sequence[Found], dates: Collection[int]) -> list[Paired]:
    """Pair records that agree in all but the dates of their key, where it is clear which is which."""
    by_rest: dict[tuple[object, ...], tuple[list[Found], list[Found]]] = defaultdict(lambda: ([], []))
    for side, records in enumerate((before, now)):
        for one in records:
            if one.record is not None and one.undated is not None:
                rest = tuple(value for place, value in enumerate(one.values) if place not in dates)
                by_rest[one.subject, one.undated, rest][side].append(one)
    return [(old[0], new[0]) for old, new in by_rest.values() if len(old) == len(new) == 1]


def _distance(old: Found, new: Found) -> int:
    return sum(was != is_now for was, is_now in zip(old.values, new.values, strict=True))
