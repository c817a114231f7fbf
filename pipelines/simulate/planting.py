"""Decides which fault goes to which site and subject, so that no fault hides another."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from pipelines.simulate.faults import FAULTS, Fault, Planter, Spot
from pipelines.simulate.safety_records import record_safety
from pipelines.simulate.site_records import SiteRecords

# A study gets each fault once, and once more for every so many subjects.
SUBJECTS_PER_ROUND = len(FAULTS)


@dataclass(frozen=True)
class Wish:
    """A fault that is still to be planted; `variant` counts the repetitions, so that they differ."""

    check_id: str
    variant: int


def plan_faults(sites: int, subjects: int, study_index: int) -> list[list[Wish]]:
    """Return the wishes of each site of a study: each check at most once a site, spread over the sites."""
    plan: list[list[Wish]] = [[] for _ in range(sites)]
    rounds = min(sites, max(1, sites * subjects // SUBJECTS_PER_ROUND))
    for number, (check_id, planter) in enumerate(FAULTS.items()):
        if planter.once:
            plan[0].append(Wish(check_id, study_index))
            continue
        for repetition in range(rounds):
            site = (number + study_index + repetition * (sites // rounds)) % sites
            plan[site].append(Wish(check_id, study_index + repetition))
    return plan


def plant_faults(site: SiteRecords, wishes: list[Wish], rng: Random) -> tuple[list[Fault], list[Wish]]:
    """Plant what is wished into a clean site.

    Returns:
        The findings that must follow, and the wishes that this site's subjects do not allow: for the next site.
    """
    touched: dict[str, set[str]] = {course.subject: set() for course in site.courses}
    if site.traveller is not None:
        touched[site.traveller.subject] = {"DM", "VISITS"}
    touched_at_site: set[str] = set()
    faults: list[Fault] = []
    left: list[Wish] = []
    done: set[str] = set()

    # Faults of a whole file come first: they may take rows away that others would have used. Then the faults that suit
    # the fewest subjects, before these are taken.
    def order(wish: Wish) -> tuple[bool, int]:
        planter = FAULTS[wish.check_id]
        return bool(planter.touches), sum(planter.suits(course) for course in site.courses)

    for wish in sorted(wishes, key=order):
        planter = FAULTS[wish.check_id]
        is_free = wish.check_id not in done and not planter.at_site & touched_at_site
        planted = _plant(site, planter, wish.variant, touched, rng) if is_free else []
        if planted:
            done.add(wish.check_id)
            touched_at_site |= planter.at_site
            faults += planted
        else:
            left.append(wish)
    for course in site.courses:  # so that a fault in an event is none between it and the safety log
        record_safety(site, course)
    return faults, left


def _plant(site: SiteRecords, planter: Planter, variant: int, touched: dict[str, set[str]], rng: Random) -> list[Fault]:
    courses = list(site.courses)
    rng.shuffle(courses)
    for course in sorted(courses, key=lambda course: len(touched[course.subject])):
        if planter.suits(course) and not planter.touches & touched[course.subject]:
            planted = planter.plant(Spot(site, course, rng, variant))
            if planted:
                touched[course.subject] |= planter.touches
                return planted
    return []
