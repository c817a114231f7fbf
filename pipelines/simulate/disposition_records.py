"""Writes what a subject's participation came to: milestones, the ends of treatment and study, later contacts."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from pipelines.simulate.site_records import Row, SiteRecords
from pipelines.simulate.subject_course import CUTOFF, Course

_CAUSE_OF_DEATH = "DEATH DUE TO MYOCARDIAL INFARCTION"


def record_disposition(site: SiteRecords, course: Course) -> None:
    """Append the subject's rows of DS."""
    _add(site, course, course.consent.signed, "PROTOCOL MILESTONE", "", "INFORMED CONSENT OBTAINED")
    if course.outcome == "screen_failure":
        _add(site, course, course.ended, "DISPOSITION EVENT", "SCREENING", "SCREEN FAILURE")
        return
    _add(site, course, course.first_dose, "PROTOCOL MILESTONE", "", "RANDOMIZED")
    if course.outcome == "ongoing":
        return
    stop = "TREATMENT DISCONTINUATION", "STUDY DISCONTINUATION"
    if course.outcome == "completed":
        stop = "TREATMENT COMPLETION/EARLY DISCONTINUATION", "STUDY COMPLETION/EARLY DISCONTINUATION"
        reason, end = "COMPLETED", "COMPLETED"
    elif course.outcome == "died":
        reason, end = "ADVERSE EVENT", "DEATH"
    else:
        reason = end = "ADVERSE EVENT" if course.stopped_by_event else "WITHDRAWAL BY SUBJECT"
    treatment = _add(site, course, course.last_dose, "DISPOSITION EVENT", stop[0], reason)
    treatment.update(datapagename="Treatment Discontinuation", recordid=f"DISCTX-{treatment['recordid']}")
    last = _add(site, course, course.ended, "DISPOSITION EVENT", stop[1], end)
    if end == "DEATH":
        last["dsterm"] = _CAUSE_OF_DEATH


def record_contacts(site: SiteRecords, course: Course, rng: Random) -> None:
    """Append the contacts that follow an enrolled subject's end of participation; one of some could not be made."""
    if course.ended is None or not course.enrolled:
        return
    if course.death is not None:
        _add_death_contact(site, course, rng, course.death)
        return
    _add_contact(site, course, "Survival Follow-up 1", ss_dt=course.ended + timedelta(days=30), ssorres="ALIVE")
    if rng.random() < 0.2:
        _add_contact(
            site, course, "Survival Follow-up 2", ss_dt=course.ended + timedelta(days=33), ssstat="NOT DONE"
        )  # fmt: skip


def end_by_death(site: SiteRecords, course: Course, rng: Random) -> None:
    """Make a death of the end of a subject who had left the study otherwise, in DS and as the one contact after it."""
    if course.ended is None:
        return
    for row in site.rows_of("DS", course.subject):
        if row["dscat"] == "DISPOSITION EVENT":
            is_treatment = row["dsscat"].startswith("TREATMENT")
            row["dsscat"] = f"{'TREATMENT' if is_treatment else 'STUDY'} DISCONTINUATION"
            row["dsdecod"] = "ADVERSE EVENT" if is_treatment else "DEATH"
            row["dsterm"] = "ADVERSE EVENT" if is_treatment else _CAUSE_OF_DEATH
    _add_death_contact(site, course, rng, course.ended)


def _add_death_contact(site: SiteRecords, course: Course, rng: Random, death: date) -> None:
    day = min(death + timedelta(days=rng.randint(0, 5)), CUTOFF)
    _add_contact(site, course, "Survival Follow-up 1", ss_dt=day, ssorres="DEAD")


def _add(site: SiteRecords, course: Course, day: date | None, category: str, subcategory: str, term: str) -> Row:
    return site.add_page(
        "DS", course, "Disposition", "Study Completion", None,
        dscat=category, dsscat=subcategory, dsterm=term, dsdecod=term, dsst_dt=day, record_dt=day,
    )  # fmt: skip


def _add_contact(site: SiteRecords, course: Course, visit: str, **values: object) -> None:
    site.add_page("SURVIVAL", course, "Survival Follow-up", visit, None, **values)
