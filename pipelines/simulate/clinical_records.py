"""Turns a subject's course into the rows of the EDC forms; nothing it writes breaks a check."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from random import Random

from pipelines.simulate.layout import SERIOUSNESS, write_time
from pipelines.simulate.site_records import SiteRecords
from pipelines.simulate.subject_course import CUTOFF, Course, Visit


@dataclass(frozen=True)
class LabTest:
    """A laboratory test with its standard unit and reference range."""

    code: str
    name: str
    unit: str
    low: float
    high: float
    digits: int = 0
    panel: str = "CHEMISTRY"


LAB_TESTS = (
    LabTest("ALT", "Alanine Aminotransferase", "U/L", 7, 56),
    LabTest("AST", "Aspartate Aminotransferase", "U/L", 10, 40),
    LabTest("CREAT", "Creatinine", "umol/L", 53, 115),
    LabTest("GLUC", "Glucose", "mmol/L", 3.9, 6.1, 1),
    LabTest("K", "Potassium", "mmol/L", 3.5, 5.1, 1),
    LabTest("SODIUM", "Sodium", "mmol/L", 136, 145),
    LabTest("HGB", "Hemoglobin", "g/L", 120, 175, 0, "HEMATOLOGY"),
    LabTest("WBC", "Leukocytes", "10^9/L", 4, 11, 1, "HEMATOLOGY"),
    LabTest("PLAT", "Platelets", "10^9/L", 150, 400, 0, "HEMATOLOGY"),
    LabTest("PH", "pH", "", 5, 8, 1, "URINALYSIS"),
)

_CRITERIA = (
    ("INCL", "INCL01", "Age inside the limits of the protocol"),
    ("INCL", "INCL02", "Diagnosis confirmed for six months or longer"),
    ("INCL", "INCL03", "Able to follow the visit schedule"),
    ("EXCL", "EXCL01", "Participation in another study within 30 days"),
    ("EXCL", "EXCL02", "ALT above five times the upper limit"),
    ("EXCL", "EXCL03", "Known hypersensitivity to the study drug"),
)

# Text as sites type it: with delimiters, quotes and letters outside ASCII.
_EVENTS = (
    ("Headache", "Headache", "Nervous system disorders"),
    ('Headache; left-sided, "dull"', "Headache", "Nervous system disorders"),
    ("Nausea", "Nausea", "Gastrointestinal disorders"),
    ("Übelkeit, leicht", "Nausea", "Gastrointestinal disorders"),
    ("Itchy skin", "Pruritus", "Skin and subcutaneous tissue disorders"),
    ("Prurit généralisé", "Pruritus", "Skin and subcutaneous tissue disorders"),
    ("Common cold", "Nasopharyngitis", "Infections and infestations"),
    ("Fatigue", "Fatigue", "General disorders and administration site conditions"),
    ("Back pain", "Back pain", "Musculoskeletal and connective tissue disorders"),
)


def record_clinical(site: SiteRecords, course: Course, rng: Random) -> None:
    """Append one subject's rows to DM, VISDT, VS, LB, IE, CONSENT, DS and, when enrolled, EX and AE."""
    _demographics(site, course, rng)
    _consent(site, course, rng)
    _criteria(site, course, rng)
    for visit in course.visits:
        site.add_page(
            "VISDT", course, "Visit Date", visit.name, visit.num,
            visit_dt=visit.day, visitdat_yy_nsv=visit.day.year, peperf="Y",
            svupdes="" if visit.num else "Subject asked for advice",
        )  # fmt: skip
        if visit.num:
            _vital_signs(site, course, visit, rng)
            _laboratory(site, course, visit, rng)
    _disposition(site, course)
    if course.enrolled:
        _doses(site, course, rng)
        for number in range(rng.choice((1, 1, 2, 2, 3))):
            _adverse_event(site, course, rng, plain=number == 0)
        if course.death:
            _fatal_event(site, course)


def _demographics(site: SiteRecords, course: Course, rng: Random) -> None:
    arm, code = ("Placebo", "PBO") if course.placebo else ("Active 100 mg", "ACT")
    if not course.enrolled:
        arm, code = "Screen Failure", "SCRNFAIL"
    site.add_page(
        "DM", course, "Demographics", "Screening", 1,
        record_dt=course.screening, brthdat=course.birth, brthdat_yy_nsv=course.birth.year, age=course.age,
        sex=course.sex, sex_std_nsv=course.sex, country=site.country,
        ethnic=rng.choice(("NOT HISPANIC OR LATINO", "NOT HISPANIC OR LATINO", site.style.unknown)),
        race=rng.choice(("WHITE", "WHITE", "ASIAN", "BLACK OR AFRICAN AMERICAN")),
        arm=arm, armcd=code, actarm=arm, actarmcd=code, armnrs="" if course.enrolled else "SCREEN FAILURE",
        dthfl="Y" if course.death else "", dthdt=course.death,
        firstdosedate=course.first_dose if course.enrolled else None,
        lastparticipantdate=course.ended,
    )  # fmt: skip


def _consent(site: SiteRecords, course: Course, rng: Random) -> None:
    consent = course.consent
    consenter = f"Dr. {site.investigator}"
    represented = consent.by_representative
    site.add(
        "CONSENT",
        subjid=course.subject, conscat="MAINCONSENT", icfver="2.0", consdt=consent.signed, consenter=consenter,
        consenterdt=consent.consenter_signed, consmode=consent.mode, consyn="Y",
        lackscap="Y" if consent.lacks_capacity else "N",
        lar_name="M. Répondant" if represented else "", lar_dt=consent.signed if represented else None,
        lar_role=("LEGAL GUARDIAN" if consent.lacks_capacity else "PARENT") if represented else "",
    )  # fmt: skip
    if course.enrolled and not represented and rng.random() < 0.2:
        site.add(
            "CONSENT",
            subjid=course.subject, conscat="GENETICS", icfver="1.0", consdt=course.first_dose, consenter=consenter,
            consenterdt=course.first_dose, consmode="ONSITE", consyn="Y", lackscap="N",
        )  # fmt: skip


def _criteria(site: SiteRecords, course: Course, rng: Random) -> None:
    unmet = -1 if course.enrolled else rng.randrange(len(_CRITERIA))
    for index, (category, code, text) in enumerate(_CRITERIA):
        good = "Y" if category == "INCL" else "N"
        bad = "N" if category == "INCL" else "Y"
        site.add(
            "IE",
            subjid=course.subject, iecat=category, ietestcd=code, ietest=text, ie_dt=course.screening, tiver="A2",
            ieorres=bad if index == unmet else good,
        )  # fmt: skip


def _vital_signs(site: SiteRecords, course: Course, visit: Visit, rng: Random) -> None:
    diastolic = rng.randint(58, 88)
    site.add_page(
        "VS", course, "Vital Signs", visit.name, visit.num,
        vs_dt=visit.day, vspos="SITTING", sysbp=diastolic + rng.randint(28, 52), diabp=diastolic,
        pulse="" if rng.random() < 0.02 else rng.randint(56, 98), temp=f"{rng.uniform(36.1, 37.4):.1f}",
        weight=f"{course.weight * rng.uniform(0.985, 1.015):.1f}", height=course.height if visit.num == 1 else "",
    )  # fmt: skip


def _laboratory(site: SiteRecords, course: Course, visit: Visit, rng: Random) -> None:
    at = {"subjid": course.subject, "visnam": visit.name, "visnum": visit.num, "lb_dt": visit.day}
    for test in LAB_TESTS:
        span = test.high - test.low
        value = rng.uniform(test.low - 0.05 * span, test.high + 0.1 * span)
        number = f"{value:.{test.digits}f}"
        indicator = "LOW" if value < test.low else "HIGH" if value > test.high else "NORMAL"
        limits = {"sinrlo": f"{test.low:g}", "sinrhi": f"{test.high:g}"}
        named = {"battrnam": test.panel, "lbtstcd": test.code, "lbtstnam": test.name, "lbmeth": "AUTOMATED"}
        if test.code == "WBC" and rng.random() < 0.02:
            site.add("LB", **at, **named, lbstat="NOT DONE")
        elif test.code == "ALT" and rng.random() < 0.03:
            site.add("LB", **at, **named, **limits, orres="<7", orresu=test.unit, siresu=test.unit)
        else:
            site.add(
                "LB", **at, **named, **limits, orres=number, orresu=test.unit, siresn=number, siresu=test.unit,
                lbnrind_nsv=indicator,
            )  # fmt: skip
    site.add(
        "LB", **at, battrnam="URINALYSIS", lbtstcd="PROT", lbtstnam="Protein", lbmeth="QUALITATIVE DIPSTICK",
        orres="NEGATIVE",
    )  # fmt: skip


def _disposition(site: SiteRecords, course: Course) -> None:
    def event(day: object, category: str, subcategory: str, term: str) -> None:
        site.add_page(
            "DS", course, "Disposition", "Study Completion", None,
            dscat=category, dsscat=subcategory, dsterm=term, dsdecod=term, dsst_dt=day, record_dt=day,
        )  # fmt: skip

    event(course.consent.signed, "PROTOCOL MILESTONE", "", "INFORMED CONSENT OBTAINED")
    if course.outcome == "screen_failure":
        event(course.ended, "DISPOSITION EVENT", "SCREENING", "SCREEN FAILURE")
        return
    event(course.first_dose, "PROTOCOL MILESTONE", "", "RANDOMIZED")
    term = {"completed": "COMPLETED", "discontinued": "WITHDRAWAL BY SUBJECT", "died": "DEATH"}.get(course.outcome)
    if term:
        event(course.ended, "DISPOSITION EVENT", "STUDY COMPLETION/EARLY DISCONTINUATION", term)


def _doses(site: SiteRecords, course: Course, rng: Random) -> None:
    days = [visit.day for visit in course.planned_visits[1:]]
    ends = [day - timedelta(days=1) for day in days[1:]] + [course.last_dose]
    for index, (start, end) in enumerate(zip(days, ends, strict=True)):
        if end is not None and end < start:  # a completed subject gets no drug at the last visit
            continue
        missed = 0 < index < len(days) - 2 and rng.random() < 0.05
        site.add_page(
            "EX", course, "Study Drug Administration", "Study Drug Administration", None,
            extrt="PLACEBO" if course.placebo else "SIM-1234", exdosu="mg", exdosfrm="TABLET", exdosfrq="QD",
            exdose="0" if missed or course.placebo else "100", exroute="ORAL", experf="N" if missed else "Y",
            exst_dt=start, exen_dt=end,
        )  # fmt: skip


def _adverse_event(site: SiteRecords, course: Course, rng: Random, *, plain: bool) -> None:
    """Append a non-fatal event; a plain one is not serious, has resolved, and its dates are complete."""
    last = min(course.last_day, CUTOFF - timedelta(days=2))
    start = course.first_dose + timedelta(days=rng.randint(0, max(0, (last - course.first_dose).days - 8)))
    end = start + timedelta(days=rng.randint(1, 6))
    resolved = plain or rng.random() < 0.65
    serious = not plain and rng.random() < 0.12
    partial = 0 if plain else rng.choice((0, 0, 0, 0, 1, 2))
    outcomes = ("RECOVERED/RESOLVED", "RECOVERED/RESOLVED", "RECOVERED/RESOLVED WITH SEQUELAE")
    if not resolved:
        outcomes = ("NOT RECOVERED/NOT RESOLVED", "RECOVERING/RESOLVING", "UNKNOWN")
    term, decode, organ_class = rng.choice(_EVENTS)
    row = site.add_page(
        "AE", course, "Adverse Event", "Adverse Events", None,
        aeterm=term, mdrpt_nsv=decode, mdrsoc_nsv=organ_class, aesev=rng.choice(("MILD", "MODERATE")),
        aeser="Y" if serious else "N", aerel=rng.choice(("RELATED", "NOT RELATED")), aeacn="DOSE NOT CHANGED",
        aeout="RECOVERED/RESOLVED" if plain else rng.choice(outcomes), aeongo="" if resolved else "X",
        aestdat_yy_nsv=start.year, aestdat_mm_nsv=start.month if partial < 2 else "",
        aestdat_dd_nsv=start.day if partial < 1 else "",
        **dict.fromkeys(SERIOUSNESS, "N"),
    )  # fmt: skip
    if resolved:
        row.update(aeendat_yy_nsv=str(end.year), aeendat_mm_nsv=str(end.month), aeendat_dd_nsv=str(end.day))
    if serious:
        row["aeshosp"] = "Y"


def _fatal_event(site: SiteRecords, course: Course) -> None:
    death = course.ended
    if death is None:
        return
    start = death - timedelta(days=2)
    criteria = {**dict.fromkeys(SERIOUSNESS, "N"), "aesdth": "Y"}
    site.add_page(
        "AE", course, "Adverse Event", "Adverse Events", None,
        aeterm="Myocardial infarction", mdrpt_nsv="Myocardial infarction", mdrsoc_nsv="Cardiac disorders",
        aesev="SEVERE", aeser="Y", aerel="NOT RELATED", aeacn="DRUG WITHDRAWN", aeout="FATAL",
        aestdat_yy_nsv=start.year, aestdat_mm_nsv=start.month, aestdat_dd_nsv=start.day,
        aeendat_yy_nsv=death.year, aeendat_mm_nsv=death.month, aeendat_dd_nsv=death.day,
        aedthdt=death, **criteria,
    )  # fmt: skip


def record_randomisation(site: SiteRecords, course: Course, rng: Random) -> None:
    """Append a subject to the screening log and, when enrolled, to the randomisation list."""
    site.add(
        "ENROLL",
        studyid=site.study, subjid=course.subject, enroll_dt=course.screening, country=site.country, asof_dt=CUTOFF,
        enrollyn="Y" if course.enrolled else "N", sfreas="" if course.enrolled else "Inclusion/Exclusion Criteria",
    )  # fmt: skip
    if course.enrolled:
        moment = datetime.combine(course.first_dose, time(rng.randint(8, 16), rng.randint(0, 59)))
        site.add(
            "IXRSRAND",
            studyid=site.study, subjid=course.subject, randnum=f"R{course.subject}", rand_dt=write_time(moment),
            status="Randomized", trtgrpc="2" if course.placebo else "1",
        )  # fmt: skip
