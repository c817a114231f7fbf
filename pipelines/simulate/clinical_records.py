"""Turns a subject's course into the rows of the EDC forms; nothing it writes breaks a check."""

from __future__ import annotations

import hashlib
from datetime import datetime, time, timedelta
from random import Random

from pipelines.simulate.consent_records import record_consents
from pipelines.simulate.disposition_records import record_contacts, record_disposition
from pipelines.simulate.equipment_records import device_of
from pipelines.simulate.event_records import record_events, significant_visit
from pipelines.simulate.laboratory_records import record_laboratory
from pipelines.simulate.site_records import SiteRecords
from pipelines.simulate.style import write_time
from pipelines.simulate.subject_course import CUTOFF, Course

# The version of the protocol that these criteria are of.
CRITERIA_VERSION = "A2"
CRITERIA = (
    ("INCL", "INCL01", "Age inside the limits of the protocol"),
    ("INCL", "INCL02", "Diagnosis confirmed for six months or longer"),
    ("INCL", "INCL03", "Able to follow the visit schedule"),
    ("EXCL", "EXCL01", "Participation in another study within 30 days"),
    ("EXCL", "EXCL02", "ALT above five times the upper limit"),
    ("EXCL", "EXCL03", "Known hypersensitivity to the study drug"),
)


def record_clinical(site: SiteRecords, course: Course, rng: Random) -> None:
    """Append one subject's rows of all clinical forms; EX, AE and SURVIVAL when enrolled."""
    _demographics(site, course, rng)
    record_consents(site, course, rng)
    _criteria(site, course, rng)
    for visit in course.visits:
        site.add_page(
            "VISDT", course, "Visit Date", visit.name, visit.num,
            visit_dt=visit.day, visitdat_yy_nsv=visit.day.year, peperf="Y",
            svupdes="" if visit.num else "Subject asked for advice", protver=site.version_on(visit.day).protocol,
            visitby=site.who_does("PHYSICAL EXAM", visit.day),
        )  # fmt: skip
    _vital_signs(site, course, rng)
    significant = significant_visit(course, rng)
    record_laboratory(site, course, rng, significant)
    record_disposition(site, course)
    if course.enrolled:
        _doses(site, course, rng)
        record_events(site, course, rng, significant)
        record_contacts(site, course, rng)


def _demographics(site: SiteRecords, course: Course, rng: Random) -> None:
    arm, code = ("Placebo", "PBO") if course.placebo else ("Active 100 mg", "ACT")
    if not course.enrolled:
        arm, code = "Screen Failure", "SCRNFAIL"
    site.add_page(
        "DM", course, "Demographics", "Screening", 1,
        record_dt=course.screening, brthdat=course.birth, brthdat_yy_nsv=course.birth.year, age=course.age,
        sex=course.sex, sex_std_nsv=course.sex, country=site.country, subjlang=site.hospital.language,
        personkey=person_key(site.study, course.subject), personkeyof="BIRTH DATE, SEX, INITIALS",
        ethnic=rng.choice(("NOT HISPANIC OR LATINO", "NOT HISPANIC OR LATINO", site.style.unknown)),
        race=rng.choice(("WHITE", "WHITE", "ASIAN", "BLACK OR AFRICAN AMERICAN")),
        arm=arm, armcd=code, actarm=arm, actarmcd=code, armnrs="" if course.enrolled else "SCREEN FAILURE",
        dthfl="Y" if course.death else "", dthdt=course.death,
        firstdosedate=course.first_dose if course.enrolled else None,
        lastparticipantdate=course.ended, rficdat=course.consent.signed,
    )  # fmt: skip


def person_key(study: str, subject: str) -> str:
    """Return the pseudonymous key of a made-up person; nobody is in two studies."""
    return hashlib.sha256(f"{study}/{subject}".encode()).hexdigest()[:24]


def _criteria(site: SiteRecords, course: Course, rng: Random) -> None:
    unmet = -1 if course.enrolled else rng.randrange(len(CRITERIA))
    for index, (category, code, text) in enumerate(CRITERIA):
        good = "Y" if category == "INCL" else "N"
        bad = "N" if category == "INCL" else "Y"
        site.add(
            "IE",
            subjid=course.subject, iecat=category, ietestcd=code, ietest=text, ie_dt=course.screening,
            tiver=CRITERIA_VERSION, ieorres=bad if index == unmet else good,
        )  # fmt: skip


def _vital_signs(site: SiteRecords, course: Course, rng: Random) -> None:
    """Append a row a planned visit, its values about levels of the subject's own; a few were not done."""
    diastolic, gap, pulse, temperature = rng.randint(62, 84), rng.randint(34, 46), rng.randint(61, 93), 36.7
    for visit in course.planned_visits:
        row = site.add_page(
            "VS", course, "Vital Signs", visit.name, visit.num,
            vs_dt=visit.day, vspos="SITTING", vsperf="Y", vsby=site.who_does("VITAL SIGNS", visit.day),
            vsdevice=device_of(site.hospital, "VS"),
            sysbp=diastolic + gap + rng.randint(-5, 5), diabp=diastolic + rng.randint(-4, 4),
            pulse="" if rng.random() < 0.02 else pulse + rng.randint(-5, 5),
            temp=f"{temperature + rng.uniform(-0.3, 0.3):.1f}",
            weight=f"{course.weight * rng.uniform(0.985, 1.015):.1f}", height=course.height if visit.num == 1 else "",
        )  # fmt: skip
        if visit.num is not None and visit.num > 2 and rng.random() < 0.03:
            row.update(dict.fromkeys(("vspos", "sysbp", "diabp", "pulse", "temp", "weight", "vsdevice"), ""))
            row.update(vsperf="N", vsreasnd="Device out of order")


def _doses(site: SiteRecords, course: Course, rng: Random) -> None:
    visits = course.planned_visits[1:]
    days = [visit.day for visit in visits]
    ends = [day - timedelta(days=1) for day in days[1:]] + [course.last_dose]
    for index, (start, end) in enumerate(zip(days, ends, strict=True)):
        if end is not None and end < start:  # a completed subject gets no drug at the last visit
            continue
        missed = 0 < index < len(days) - 2 and rng.random() < 0.05
        site.add_page(
            "EX", course, "Study Drug Administration", visits[index].name, visits[index].num,
            extrt="PLACEBO" if course.placebo else "SIM-1234", exdosu="mg", exdosfrm="TABLET", exdosfrq="QD",
            exdose="0" if missed or course.placebo else "100", exroute="ORAL", experf="N" if missed else "Y",
            exst_dt=start, exen_dt=end, exby=site.who_does("DOSING", start),
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
            stratum1="UNDER 40" if course.age < 40 else "40 AND OVER", stratum2=course.sex,
        )  # fmt: skip
