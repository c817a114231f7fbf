"""Writes a subject's adverse events: some ongoing, some serious, some with partial dates; a death has its event."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from pipelines.simulate.exports import SERIOUSNESS
from pipelines.simulate.site_records import Row, SiteRecords
from pipelines.simulate.subject_course import CUTOFF, Course, Visit

# What events are coded with, and its version.
DICTIONARY = "MedDRA 27.0"
# Text as sites type it: with delimiters, quotes and letters outside ASCII. A subject has each preferred term once.
_EVENTS = (
    ("Nervous system disorders", "Headache", ("Headache", 'Headache; left-sided, "dull"')),
    ("Gastrointestinal disorders", "Nausea", ("Nausea", "Übelkeit, leicht")),
    ("Skin and subcutaneous tissue disorders", "Pruritus", ("Itchy skin", "Prurit généralisé")),
    ("Infections and infestations", "Nasopharyngitis", ("Common cold",)),
    ("General disorders and administration site conditions", "Fatigue", ("Fatigue",)),
    ("Musculoskeletal and connective tissue disorders", "Back pain", ("Back pain", "Back pain, left-sided")),
)
_HIGH_GLUCOSE = (
    ("Metabolism and nutrition disorders", "Hyperglycaemia", ("High blood sugar",)),
    ("Metabolism and nutrition disorders", "Thirst", ("Thirst",)),
)
_WITHDRAWAL = ("Skin and subcutaneous tissue disorders", "Rash", ("Rash on both arms",))
_SERIOUS = ("Infections and infestations", "Pneumonia", ("Pneumonia", "Pneumonie, rechts"))
_DEATH = ("Cardiac disorders", "Myocardial infarction", ("Myocardial infarction",))
# Other actions taken, as the form has them.
_MEDICATION = "CONCOMITANT MEDICATION"
_OTHER_ACTIONS = (
    ("NONE", "", ""),
    ("NONE", "", ""),
    (_MEDICATION, "", ""),
    ("MULTIPLE", _MEDICATION, "NON-DRUG TREATMENT"),
)
_GRADES = {"MILD": 1, "MODERATE": 2, "SEVERE": 5}

Event = tuple[str, str, tuple[str, ...]]


def record_events(site: SiteRecords, course: Course, rng: Random, significant: Visit | None) -> None:
    """Append an enrolled subject's events; the laboratory result of the visit `significant` has two beside it."""
    count = rng.choice((1, 1, 2, 2, 3))
    for number, event in enumerate(rng.sample(_EVENTS, count)):
        _event(site, course, rng, event, plain=number == 0)
    if significant is not None:
        for event in _HIGH_GLUCOSE:  # two, so that a fault in one of them does not leave the result without an event
            row = _add(site, course, event, rng, significant.day)
            _end(row, significant.day + timedelta(days=rng.randint(3, 5)))
    if course.stopped_by_event and course.last_dose is not None:
        row = _add(site, course, _WITHDRAWAL, rng, course.last_dose - timedelta(days=1))
        row.update(aerel="Y", aerel1="Y", aerel2="N")
        _withdraw(row)
        _end(row, course.last_dose + timedelta(days=4))
    if course.death is not None:
        add_fatal_event(site, course, rng, course.death)


def significant_visit(course: Course, rng: Random) -> Visit | None:
    """Return a visit whose laboratory result is to be of clinical significance, for some of the enrolled subjects."""
    within = course.planned_visits[1:-1]
    return rng.choice(within) if course.enrolled and within and rng.random() < 0.2 else None


def _event(site: SiteRecords, course: Course, rng: Random, event: Event, *, plain: bool) -> None:
    """Append a non-fatal event; a plain one is not serious, has resolved, and its dates are complete."""
    last = min(course.last_day, CUTOFF - timedelta(days=2))
    start = course.first_dose + timedelta(days=rng.randint(0, max(0, (last - course.first_dose).days - 8)))
    resolved = plain or rng.random() < 0.65
    partial = 0 if plain else rng.choice(site.habit.date_gaps)
    row = _add(site, course, event, rng, start)
    if partial:
        row.update(aestdat_dd_nsv="", aestdat_mm_nsv=str(start.month) if partial < 2 else "")
    if resolved:
        _end(row, start + timedelta(days=rng.randint(1, 6)))
        if not plain and rng.random() < 0.3:
            row["aeout"] = "RECOVERED/RESOLVED WITH SEQUELAE"
    else:
        row.update(aeout=rng.choice(("NOT RECOVERED/NOT RESOLVED", "RECOVERING/RESOLVING", "UNKNOWN")))
        row.update(aeongo="X", aeenrf="AFTER")
    if not plain and rng.random() < 0.12:
        row.update(aeser="Y", aeshosp="Y")


def add_fatal_event(site: SiteRecords, course: Course, rng: Random, death: date) -> None:
    """Append the event that a subject died of, two days after its start."""
    row = _add(site, course, _DEATH, rng, death - timedelta(days=2))
    row.update(aesev="SEVERE", aetoxgr=str(_GRADES["SEVERE"]), aeser="Y", aesdth="Y", aedthdt=death.isoformat())
    row.update(aerel="N", aerel1="N", aerel2="N")
    _withdraw(row)
    _end(row, death)
    row["aeout"] = "FATAL"


def add_serious_event(site: SiteRecords, course: Course, rng: Random, start: date, end: date | None) -> Row:
    """Append an event for which the subject was in hospital, not related to treatment; without an end it goes on."""
    row = _add(site, course, _SERIOUS, rng, start)
    row.update(aeser="Y", aeshosp="Y", aerel="N", aerel1="N", aerel2="N", aeacnoth="NONE", aeacnot1="", aeacnot2="")
    if end is None:
        row.update(aeout="NOT RECOVERED/NOT RESOLVED", aeongo="X", aeenrf="AFTER")
    else:
        _end(row, end)
    return row


def _add(site: SiteRecords, course: Course, event: Event, rng: Random, start: date) -> Row:
    """Append an event that is not serious and has no end yet."""
    organ_class, decode, terms = event
    term, severity = rng.choice(terms), rng.choice(("MILD", "MODERATE"))
    related = rng.choice((("Y", "Y", "N"), ("Y", "Y", "NA"), ("N", "N", "N"), ("N", "N", "NA")))
    other, first_other, second_other = rng.choice(_OTHER_ACTIONS)
    return site.add_page(
        "AE", course, "Adverse Event", "Adverse Events", None,
        aeterm=term, mdrpt_nsv=decode, mdrsoc_nsv=organ_class, meddraver_nsv=DICTIONARY,
        aelat="LEFT" if "left-sided" in term else "", aesev=severity, aetoxgr=_GRADES[severity], aeser="N",
        aerel=related[0], aerel1=related[1], aerel2=related[2], aeacn="DOSE NOT CHANGED", aeacn1="DOSE NOT CHANGED",
        aeacn2="NOT APPLICABLE", aeacnoth=other, aeacnot1=first_other, aeacnot2=second_other, aetrtem="Y",
        aecontrt="Y" if _MEDICATION in (other, first_other, second_other) else "N",
        aestdat_yy_nsv=start.year, aestdat_mm_nsv=start.month, aestdat_dd_nsv=start.day,
        **dict.fromkeys(SERIOUSNESS, "N"),
    )  # fmt: skip


def _end(row: Row, end: date) -> None:
    row.update(aeendat_yy_nsv=str(end.year), aeendat_mm_nsv=str(end.month), aeendat_dd_nsv=str(end.day))
    row["aeout"] = "RECOVERED/RESOLVED"


def _withdraw(row: Row) -> None:
    row.update(aeacn="DRUG WITHDRAWN", aeacn1="DRUG WITHDRAWN")
    row.update(aeacnoth="SUBJECT DISCONTINUED FROM STUDY", aeacnot1="", aeacnot2="", aecontrt="N")
