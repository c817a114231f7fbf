"""The life of one made-up subject in a study, in dates and facts, without anything wrong; no files, no columns."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Literal

from pipelines.working_days import is_working_day

Outcome = Literal["screen_failure", "completed", "discontinued", "died", "ongoing"]

# Exports are dated by this day, never by the clock, so that the same arguments write the same bytes for ever.
CUTOFF = date(2026, 3, 2)


@dataclass(frozen=True)
class PlannedVisit:
    """A visit of the protocol; `day` counts from the first dose, `before` and `after` are the days of its window."""

    name: str
    num: int
    day: int
    before: int = 3
    after: int = 3


SCHEDULE = (
    PlannedVisit("Screening", 1, -14, 7, 10),
    PlannedVisit("Baseline", 2, 1, 0, 0),
    PlannedVisit("Week 2", 3, 15),
    PlannedVisit("Week 4", 4, 29),
    PlannedVisit("Week 8", 5, 57),
    PlannedVisit("Week 12", 6, 85),
    PlannedVisit("Week 24", 7, 169),
)


@dataclass(frozen=True)
class Visit:
    """A visit that took place; `num` is None for an unscheduled one."""

    name: str
    num: int | None
    day: date


@dataclass(frozen=True)
class Consent:
    """The main consent: who signed, and when."""

    signed: date
    consenter_signed: date
    mode: str
    by_representative: bool
    lacks_capacity: bool
    cannot_read: bool


@dataclass(frozen=True)
class Course:
    """One subject from consent to the end of participation, or to the cut-off."""

    subject: str
    outcome: Outcome
    birth: date
    age: int
    sex: str
    weight: float
    height: int
    placebo: bool
    consent: Consent
    visits: tuple[Visit, ...]
    last_dose: date | None
    ended: date | None
    stopped_by_event: bool
    opens_study: bool = False

    @property
    def enrolled(self) -> bool:
        """Whether the subject was randomised."""
        return self.outcome != "screen_failure"

    @property
    def planned_visits(self) -> tuple[Visit, ...]:
        """The visits of the schedule that took place, in order."""
        return tuple(visit for visit in self.visits if visit.num is not None)

    @property
    def death(self) -> date | None:
        """The date of death."""
        return self.ended if self.outcome == "died" else None

    @property
    def screening(self) -> date:
        """The date of the first procedure."""
        return self.visits[0].day

    @property
    def first_dose(self) -> date:
        """The date of the baseline visit, for enrolled subjects."""
        return self.visits[1].day

    @property
    def last_day(self) -> date:
        """The last day of which the site has data."""
        return self.ended or self.visits[-1].day


def number_width(subjects: int) -> int:
    """Return how many digits a subject's number within the site has."""
    return max(3, len(str(subjects)))


def plan_outcomes(rng: Random, subjects: int, *, closed: bool = False) -> list[Outcome]:
    """Return what becomes of each subject of a site: always somebody who completes, and screen failures from three on.

    At a closed site nobody is left in the study.
    """
    failures = max(1, round(subjects * 0.15)) if subjects >= 3 else 0
    deaths = max(1, round(subjects * 0.04)) if subjects >= 5 else 0
    enrolled = subjects - failures - deaths
    discontinued = round(enrolled * 0.22)
    ongoing = 0 if closed else round(enrolled * 0.25)
    counts: dict[Outcome, int] = {
        "screen_failure": failures,
        "died": deaths,
        "discontinued": discontinued,
        "ongoing": ongoing,
        "completed": enrolled - discontinued - ongoing,
    }
    outcomes = [outcome for outcome, count in counts.items() for _ in range(count)]
    rng.shuffle(outcomes)
    return outcomes


def live_course(
    rng: Random,
    subject: str,
    outcome: Outcome,
    activation: date,
    ages: tuple[int, int],
    country: str,
    *,
    opens_study: bool = False,
) -> Course:
    """Return a subject's course: consent after activation, then visits in order, all before CUTOFF.

    The subject who opens the study consents before all others of the site.
    """
    screening = activation + timedelta(days=8) if opens_study else _screening_day(rng, outcome, activation)
    screening = working_day_from(screening, country)
    visits = _visits(rng, outcome, screening, country)
    planned_age = rng.randint(*ages)
    birth = _birth(rng, screening, planned_age)
    consent = _consent(rng, screening, birth)
    age = age_on(birth, screening)
    grown = age >= 18
    height = rng.randint(152, 192) if grown else rng.randint(142, 176)
    weight = round(rng.uniform(52, 104) if grown else rng.uniform(40, 68), 1)
    last_visit = visits[-1].day
    last_dose, ended = None, None
    if outcome == "completed":
        last_dose = last_visit - timedelta(days=1)
        ended = last_visit + timedelta(days=rng.randint(2, 4))
    elif outcome == "discontinued":
        last_dose = last_visit + timedelta(days=rng.randint(0, 3))
        ended = last_dose + timedelta(days=rng.randint(2, 6))
    elif outcome == "died":
        last_dose = last_visit + timedelta(days=rng.randint(0, 4))
        ended = last_dose + timedelta(days=rng.randint(3, 8))
    elif outcome == "screen_failure":
        ended = screening + timedelta(days=rng.randint(1, 8))
    sex = rng.choice("FM")
    placebo = rng.random() < 0.4
    stopped_by_event = outcome == "discontinued" and rng.random() < 0.4
    return Course(
        subject,
        outcome,
        birth,
        age,
        sex,
        weight,
        height,
        placebo,
        consent,
        visits,
        last_dose,
        ended,
        stopped_by_event,
        opens_study,
    )


def age_on(birth: date, day: date) -> int:
    """Return the age in completed years."""
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))


def _screening_day(rng: Random, outcome: Outcome, activation: date) -> date:
    earliest = activation + timedelta(days=20)
    if outcome == "ongoing":
        return CUTOFF - timedelta(days=rng.randint(62, 170))
    latest = CUTOFF - timedelta(days=30 if outcome == "screen_failure" else 250)
    # Enrolment begins slowly, and slows down towards its end.
    return earliest + timedelta(days=round(rng.betavariate(1.5, 1.5) * (latest - earliest).days))


def _visits(rng: Random, outcome: Outcome, screening: date, country: str) -> tuple[Visit, ...]:
    visits = [Visit(SCHEDULE[0].name, SCHEDULE[0].num, screening)]
    if outcome == "screen_failure":
        return tuple(visits)
    baseline = working_day_from(screening + timedelta(days=rng.randint(10, 14)), country)
    count = rng.randint(3, 6) if outcome in ("discontinued", "died") else len(SCHEDULE)
    for planned in SCHEDULE[1:count]:
        planned_day = baseline + timedelta(days=planned.day - 1)
        day = planned_day if planned.num == 2 else _working_day_near(rng, planned_day, country)
        if planned_day + timedelta(days=planned.after) < CUTOFF:  # what is due has taken place, and is in the export
            visits.append(Visit(planned.name, planned.num, day))
    if rng.random() < 0.12:
        day = working_day_from(baseline + timedelta(days=rng.randint(3, 6)), country)
        visits.insert(2, Visit("Unscheduled 1", None, day))
    return tuple(visits)


def working_day_from(day: date, country: str, step: int = 1) -> date:
    """Return a day if people work on it in the country, else the next one; with `step` -1 the one before."""
    while not is_working_day(country, day):
        day += timedelta(days=step)
    return day


def _working_day_near(rng: Random, planned: date, country: str) -> date:
    """Return a working day at most two days from the planned one, three where holidays leave none."""
    for reach in (2, 3):
        near = [planned + timedelta(days=days) for days in range(-reach, reach + 1)]
        working = [day for day in near if is_working_day(country, day)]
        if working:
            return rng.choice(working)
    return planned


def _birth(rng: Random, screening: date, age: int) -> date:
    year = screening.year - age
    birthday = date(year, screening.month, min(screening.day, 28))
    return birthday - timedelta(days=rng.randint(20, 340))


def _consent(rng: Random, screening: date, birth: date) -> Consent:
    signed = screening - timedelta(days=rng.choice((0, 0, 0, 1, 3, 5)))
    minor = age_on(birth, signed) < 18
    lacks_capacity = not minor and rng.random() < 0.04
    represented = minor or lacks_capacity
    remote = not represented and signed < screening and rng.random() < 0.3
    consenter_signed = signed + timedelta(days=1) if remote else signed
    cannot_read = not remote and rng.random() < 0.04
    mode = "REMOTE" if remote else "ONSITE"
    return Consent(signed, consenter_signed, mode, represented, lacks_capacity, cannot_read)
