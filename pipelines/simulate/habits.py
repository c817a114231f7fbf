"""How the people of a made-up site work: in time or late, exact or sloppy with dates, with few queries or many."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Habit:
    """What a site's data look like beside what happened; from each tuple chance takes one, so that it holds weights.

    `entry_lags` are days from a visit to its entry, `date_gaps` how much of a date is missing (0 nothing, 1 the day, 2
    the month too), `query_counts` the queries on a subject. All within what the checks allow.
    """

    name: str
    entry_lags: tuple[int, ...] = (0, 0, 1, 1, 2, 3, 5)
    date_gaps: tuple[int, ...] = (0, 0, 0, 0, 1, 2)
    query_counts: tuple[int, ...] = (0, 1, 2, 3)


# Most sites are of the first kind.
HABITS = (
    Habit("steady"),
    Habit("steady"),
    Habit("late", entry_lags=(3, 5, 6, 7, 8, 8, 9, 10)),
    Habit("sloppy", date_gaps=(0, 0, 1, 1, 2)),
    Habit("queried", query_counts=(2, 3, 4, 5, 6)),
)
