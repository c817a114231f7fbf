"""Writes what a subject takes beside study treatment, what it had before, and its electrocardiograms."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from pipelines.simulate.operational_records import add_deviation
from pipelines.simulate.site_records import Row, SiteRecords
from pipelines.simulate.subject_course import Course

# What medications are coded with, and its version.
MEDICATION_DICTIONARY = "WHODrug Global B3 2024-03"
# What the protocol prohibits: standardised names, and the beginning of class codes (N03AF: carbamazepine and its like).
PROHIBITED = ("KETOCONAZOLE", "RIFAMPICIN", "N03AF")
CATEGORY = "CONCOMITANT MEDICATIONS"

# As the site wrote it, standardised name, class code, indication.
Medication = tuple[str, str, str, str]
_LASTING: tuple[Medication, ...] = (
    ("Vitamin D3 1000 IU", "COLECALCIFEROL", "A11CC05", "Vitamin D deficiency"),
    ("L-Thyroxin; 50 µg", "LEVOTHYROXINE SODIUM", "H03AA01", "Hypothyroidism"),
    ("Cetirizine", "CETIRIZINE HYDROCHLORIDE", "R06AE07", "Seasonal allergy"),
)
_PREVENTIVE: Medication = ("Influenza vaccine", "INFLUENZA VACCINE", "J07BB", "Influenza prophylaxis")
_AGAINST_EVENTS: tuple[Medication, ...] = (
    ("Paracetamol 500", "PARACETAMOL", "N02BE01", ""),
    ("Ibuprofène", "IBUPROFEN", "M01AE01", ""),
    ("Metoclopramide", "METOCLOPRAMIDE", "A03FA01", ""),
)
KETOCONAZOLE: Medication = ("Nizoral", "KETOCONAZOLE", "J02AB02", "Fungal infection of the skin")
CARBAMAZEPINE: Medication = ("Tegretol", "CARBAMAZEPINE", "N03AF01", "Neuralgia")

_CONDITIONS = (
    ("Seasonal allergy", "Seasonal allergy"),
    ('Migraine, "rare"', "Migraine"),
    ("Entfernung der Gaumenmandeln", "Tonsillectomy"),
    ("Hypothyroidism", "Hypothyroidism"),
    ("Fracture of left arm", "Upper limb fracture"),
)
_ECG_VISITS = ("Screening", "Baseline", "Week 4", "Week 12", "Week 24")


def record_medication(site: SiteRecords, course: Course, rng: Random) -> None:
    """Append a subject's medications, medical history and electrocardiograms; its adverse events are there already."""
    _history(site, course, rng)
    _electrocardiograms(site, course, rng)
    if rng.random() < 0.6:
        start = course.consent.signed - timedelta(days=rng.randint(200, 1200))
        add_medication(site, course, rng.choice(_LASTING), start.isoformat()[: rng.choice((7, 10))], None)
    if rng.random() < 0.15:  # washed out before the study
        start = course.consent.signed - timedelta(days=rng.randint(150, 180))
        add_medication(site, course, KETOCONAZOLE, start, start + timedelta(days=7))
    if rng.random() < 0.2:  # of before the study, and so not coded
        start = course.consent.signed - timedelta(days=rng.randint(60, 100))
        row = add_medication(site, course, rng.choice(_AGAINST_EVENTS), start, start + timedelta(days=3))
        row.update(cmcat="PRIOR MEDICATIONS", cmdecod_nsv="", atccode_nsv="", cmindc="Common cold")
    if course.enrolled:
        _during_study(site, course, rng)


def add_medication(
    site: SiteRecords, course: Course, medication: Medication, start: date | str, end: date | str | None
) -> Row:
    """Append a concomitant medication; it goes on where `end` is None."""
    name, decode, class_code, indication = medication
    return site.add_page(
        "CM", course, "Concomitant Medications", "Concomitant Medications", None,
        cmtrt=name, cmdecod_nsv=decode, atccode_nsv=class_code, cmcat=CATEGORY, cmindc=indication, cmproph="N",
        cmst_dt=start, cmen_dt=end, cmongo="" if end else "X", whodrugver_nsv=MEDICATION_DICTIONARY,
    )  # fmt: skip


def add_condition(site: SiteRecords, course: Course, condition: tuple[str, str], start: date | str) -> Row:
    """Append a condition of the medical history that goes on."""
    term, decode = condition
    return site.add_page(
        "MH", course, "Medical History", "Screening", 1,
        mhterm=term, mhdecod_nsv=decode, mhcat="GENERAL", mhst_dt=start, mhongo="X",
    )  # fmt: skip


def _during_study(site: SiteRecords, course: Course, rng: Random) -> None:
    if rng.random() < 0.3:
        day = course.first_dose + timedelta(days=rng.randint(1, 20))
        add_prevention(site, course, day)
    # The deviation log tells of it, as it must.
    if course.outcome == "completed" and rng.random() < 0.1:
        day = course.first_dose + timedelta(days=rng.randint(10, 40))
        add_medication(site, course, KETOCONAZOLE, day, day + timedelta(days=5))
        add_deviation(site, course, rng, day).update(
            deviation="Took ketoconazole", companycategory="PROHIBITED MEDICATION"
        )
    for event in site.rows_of("AE", course.subject):
        if event["aecontrt"] == "Y":
            _against_event(site, course, event, rng)


def add_prevention(site: SiteRecords, course: Course, day: date) -> Row:
    """Append a vaccination, which is a prophylaxis and flagged as one."""
    row = add_medication(site, course, _PREVENTIVE, day, day)
    row["cmproph"] = "Y"
    return row


def _against_event(site: SiteRecords, course: Course, event: Row, rng: Random) -> None:
    """Append a medication that refers to an event by its number; its start is as precise as the event's."""
    start = _event_date(event, "aestdat") or course.first_dose.isoformat()[:7]
    end = _event_date(event, "aeendat")
    row = add_medication(site, course, rng.choice(_AGAINST_EVENTS), start, end or None)
    row.update(cmindc=event["aeterm"], cmaeno=event["recordid"])


def _event_date(event: Row, item: str) -> str:
    """Return a date of an event, to the month at least; blank where the event has less."""
    year, month, day = (event[f"{item}_{part}_nsv"] for part in ("yy", "mm", "dd"))
    return "-".join(part.zfill(2) for part in (year, month, day) if part) if month else ""


def _history(site: SiteRecords, course: Course, rng: Random) -> None:
    """Append the condition that the study is in, and up to two others, all of long before the site was activated."""
    indication = site.style.indication
    begun = site.activation - timedelta(days=rng.randint(200, 1200))
    add_condition(site, course, (indication, indication), begun.isoformat()[:7])
    for condition in rng.sample(_CONDITIONS, rng.choice((0, 1, 1, 2))):
        begun = site.activation - timedelta(days=rng.randint(150, 1800))
        row = add_condition(site, course, condition, begun.isoformat()[: rng.choice((7, 10))])
        if rng.random() < 0.5:
            row.update(mhongo="", mhen_dt=(begun + timedelta(days=rng.randint(32, 90))).isoformat())


def _electrocardiograms(site: SiteRecords, course: Course, rng: Random) -> None:
    interval, rate = rng.randint(390, 435), rng.randint(58, 84)
    for visit in course.planned_visits:
        if visit.name not in _ECG_VISITS:
            continue
        row = site.add_page(
            "EG", course, "Electrocardiogram", visit.name, visit.num,
            eg_dt=visit.day, egperf="Y", qtcf=interval + rng.randint(-9, 9), hr=rate + rng.randint(-6, 6),
            egby=site.who_does("ECG", visit.day),
        )  # fmt: skip
        if visit.name == "Week 4" and rng.random() < 0.06:
            row.update(egperf="N", egreasnd="Device out of order", qtcf="", hr="", egby="")
