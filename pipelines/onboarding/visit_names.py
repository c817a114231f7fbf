"""The visits that the exports name, in their likely order; which of them are planned is for a human to say."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.onboarding.column_profiles import ExportProfile
from pipelines.onboarding.mapping_guesses import Guess, MappingGuess
from pipelines.study_source import Expression

# Names of visits that are on no schedule.
_UNPLANNED = re.compile(r"unsch|unplanned|adverse|concomitant|medication|log\b|\(\d+\)$", re.IGNORECASE)
# What an order of the names follows: before, at and after treatment.
_STAGES = (
    r"screen|pre-?treat|run-?in",
    r"base|random|day 1\b",
    r"week|month|day|cycle|visit|ambul",
    r"early|end|discon",
    r"follow|retriev|survival",
)


@dataclass(frozen=True)
class VisitGuess:
    """A name that may be a visit of the schedule, in how many records it stands, and how else it is spelt."""

    name: str
    records: int
    also: tuple[str, ...] = ()


def guess_visits(profiles: Sequence[ExportProfile], mappings: Sequence[MappingGuess]) -> list[VisitGuess]:
    """Return the visits of the visit form, or else of the forms that name visits, in the likely order."""
    by_name = {profile.export.name: profile for profile in profiles}
    naming = [mapping for mapping in mappings if "VISIT" in mapping.variables]
    of_visits = [mapping for mapping in naming if mapping.dataset == "SV"] or naming
    records: Counter[str] = Counter()
    for mapping in of_visits:
        item = mapping.variables["VISIT"].value.item
        codes = by_name[mapping.source].columns[item].codes if item is not None else None
        records.update({name: count for name, count in (codes or {}).items() if not _UNPLANNED.search(name)})
    spellings: dict[str, list[str]] = {}
    for name, _ in records.most_common():
        spellings.setdefault(name.casefold(), []).append(name)
    return [
        VisitGuess(name, records[name], tuple(also))
        for name, *also in sorted(spellings.values(), key=lambda s: _place(s[0]))
    ]


def spell_visits_alike(
    profiles: Sequence[ExportProfile], mappings: Sequence[MappingGuess], visits: Sequence[VisitGuess]
) -> None:
    """Map the other spellings of a visit, where a form has them, to the one that most records have."""
    by_name = {profile.export.name: profile for profile in profiles}
    spelt = {other: visit.name for visit in visits for other in visit.also}
    for mapping in mappings:
        guess = mapping.variables.get("VISIT")
        if guess is None or guess.value.item is None:
            continue
        codes = by_name[mapping.source].columns[guess.value.item].codes or Counter[str]()
        values = {name: spelt[name] for name in sorted(codes) if name in spelt}
        if values:
            expression = Expression(item=guess.value.item, values=values)
            mapping.variables["VISIT"] = Guess(expression, f"{guess.why}; most records spell it so")


def _place(name: str) -> tuple[int, float, str]:
    """Sort by stage, then by the number in the name, and Screening 2 behind Screening 1."""
    low = name.lower()
    # Follow-up Week 4 is of the follow-up, and Day 1 is no later day.
    last = len(_STAGES) - 1
    stage = last if re.search(_STAGES[last], low) else next((i for i, s in enumerate(_STAGES) if re.search(s, low)), 2)
    number = re.search(r"\d+(?:[.]\d+)?", name)
    return stage, float(number.group()) if number else 0.0, low
