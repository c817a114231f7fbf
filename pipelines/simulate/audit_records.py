"""Writes what the EDC keeps about the data: data points with their values, the audit trail, locks and signatures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random

from pipelines.simulate.site_records import Row, SiteRecords, date_of
from pipelines.simulate.style import write_time
from pipelines.simulate.subject_course import CUTOFF, Course, Visit

# Pages are entered ten days after the last visit at the latest, and their values corrected some days later.
_DAYS_TO_LOCK = 16
_DAYS_TO_SIGNATURE = 3
# A correction may move by some days, out of the way of a monitoring visit.
_DAYS_BEFORE_LOCK = 4
_DAYS_BEFORE_MONITORING = 2
_REASONS = ("Transcription error", "Corrected as in the source", "Query answered", "Data entry error")
# The EDC's code for a value that was not obtained.
_NOT_ASKED = "NASK"


@dataclass(frozen=True)
class Item:
    """An item of a form, as the data dictionary has it."""

    label: str
    field_type: str = "text"
    choices: str = ""
    branching_logic: str = ""


_YES_NO = "0, No | 1, Yes"
FORMS: dict[str, dict[str, Item]] = {
    "Visit Date": {
        "VISITDAT": Item("Date of visit"),
        "PEPERF": Item("Was a physical examination done?", "radio", _YES_NO),
    },
    "Vital Signs": {
        "SYSBP": Item("Systolic blood pressure"),
        "DIABP": Item("Diastolic blood pressure"),
        "WEIGHT": Item("Weight"),
    },
    "Laboratory": {"LBDAT": Item("Date of sample"), "LBPERF": Item("Was a sample taken?", "radio", _YES_NO)},
    "Demographics": {
        "BRTHDAT": Item("Date of birth"),
        "SEX": Item("Sex", "radio", "F, Female | M, Male"),
        "CHILDPOT": Item("Of childbearing potential?", "radio", _YES_NO, "[SEX] = 'F'"),
    },
    "Consents": {
        "CONSDAT": Item("Date of consent"),
        "CONSCAT": Item("Consent", "dropdown", "MAINCONSENT, Main consent | PGX, Pharmacogenetics"),
    },
    "Eligibility": {"IEYN": Item("Were all criteria met?", "radio", "N, No | Y, Yes")},
}


def record_dictionary(site: SiteRecords) -> None:
    """Append the data dictionary of the study, which all sites deliver alike."""
    for form, items in FORMS.items():
        for field, item in items.items():
            site.add(
                "DATA_DICTIONARY",
                form=form, field=field, label=item.label, is_required="Y", branching_logic=item.branching_logic,
                choices=item.choices, field_type=item.field_type,
            )  # fmt: skip


def record_data_points(site: SiteRecords, course: Course, visit: Visit, page: Row, rng: Random) -> None:
    """Append the data points of a page and their audit trail."""
    measured = _measured(site, course, visit) if page["formoid"] == "Vital Signs" else {}
    for field in FORMS[page["formoid"]]:
        value = _value(field, course, visit, measured)
        is_first = not site.tables["AUDIT_TRAIL"].rows  # so that no site's trail is empty
        changes = 1 if is_first else rng.choice((0,) * 9 + (1, 2)) if value else 0
        point = site.add(
            "DATA_POINTS",
            protocolname=site.study, subjectname=page["subjectname"], visit=visit.name, visit_date=visit.day,
            formoid=page["formoid"], fieldoid=field, log_number=1, datapointid=site.next_record(),
            n_changes=changes, isrequired=1, datapageid=page["datapageid"], currentvalue=value,
        )  # fmt: skip
        day = date_of(page, "min_entereddate")
        lock = lock_day(course)
        latest = CUTOFF if lock is None else lock - timedelta(days=_DAYS_BEFORE_LOCK)
        for number in range(changes):
            day = min(day + timedelta(days=rng.randint(0, 2)), latest)
            moment = datetime.combine(day, time(8 + 5 * number + rng.randint(0, 4), rng.randint(0, 59)))
            add_change(site, point, moment, rng)


def add_change(site: SiteRecords, point: Row, moment: datetime, rng: Random) -> Row:
    """Append a change of a data point, by who enters data on that day; the value stays the current one."""
    same = {name: point[name] for name in ("subjectname", "visit", "formoid", "fieldoid", "log_number", "datapointid")}
    return site.add(
        "AUDIT_TRAIL",
        protocolname=site.study, **same, datapageid=point["datapageid"], auditid=site.next_record(),
        auditaction="change", audittime=write_time(moment), audituser=data_entry_user(site, moment.date()),
        oldvalue=f"{point['currentvalue']}?", newvalue=point["currentvalue"], changereason=rng.choice(_REASONS),
    )  # fmt: skip


def data_entry_user(site: SiteRecords, day: date) -> str:
    """Return the account of who enters data on a day."""
    return site.hospital.person_for("DATA ENTRY", day).user_name


def lock_day(course: Course) -> date | None:
    """Return the day on which the pages of a subject who is no longer in the study were locked."""
    if course.ended is None or course.ended + timedelta(days=_DAYS_TO_LOCK) > CUTOFF:
        return None
    return course.ended + timedelta(days=_DAYS_TO_LOCK)


def record_lock(site: SiteRecords, course: Course) -> None:
    """Lock the subject's pages, and have the investigator sign the casebook some days later."""
    day = lock_day(course)
    if day is None:
        return
    for page in site.rows_of("DATA_PAGES", course.subject):
        page["locked"] = write_time(datetime.combine(day, time(10)))
    signed = day + timedelta(days=_DAYS_TO_SIGNATURE)
    if signed <= CUTOFF:
        site.add(
            "SIGNATURE",
            subject=course.subject, signature_id=f"S-{site.next_record()}",
            signed_by=site.hospital.investigator.person_id, signed_at=write_time(datetime.combine(signed, time(16))),
            meaning="Casebook is complete and correct",
        )  # fmt: skip


def monitoring_days(site: SiteRecords) -> set[date]:
    """Return the first days of the site's monitoring visits."""
    return {
        date_of(row, "visit_start_date")
        for row in site.tables["MONITORING"].rows
        if row["record_type"] == "VISIT" and row["visit_start_date"]
    }


def precedes_monitoring(day: date, visits: set[date]) -> bool:
    """Whether a monitoring visit begins on one of the two days after this one."""
    return any(day + timedelta(days=days) in visits for days in range(1, _DAYS_BEFORE_MONITORING + 1))


def spread_changes(site: SiteRecords) -> None:
    """Move corrections from the days before a monitoring visit to its first day."""
    visits = monitoring_days(site)
    for row in site.tables["AUDIT_TRAIL"].rows if visits else ():
        moment = datetime.fromisoformat(row["audittime"])
        moved = moment
        while precedes_monitoring(moved.date(), visits) and moved.date() < CUTOFF:
            moved += timedelta(days=1)
        if moved != moment:
            row.update(audittime=write_time(moved), audituser=data_entry_user(site, moved.date()))


def _measured(site: SiteRecords, course: Course, visit: Visit) -> Row:
    rows = site.rows_of("VS", course.subject)
    return next((row for row in rows if row["instancename"] == visit.name), {})


def _value(field: str, course: Course, visit: Visit, measured: Row) -> str:
    if field in ("SYSBP", "DIABP", "WEIGHT"):
        return measured.get(field.lower(), "") or _NOT_ASKED
    if field == "CHILDPOT":
        return ("1" if course.age < 50 else "0") if course.sex == "F" else ""
    values: dict[str, object] = {
        "VISITDAT": visit.day, "PEPERF": 1, "LBDAT": visit.day, "LBPERF": 1, "BRTHDAT": course.birth,
        "SEX": course.sex, "CONSDAT": course.consent.signed, "CONSCAT": "MAINCONSENT",
        "IEYN": "Y" if course.enrolled else "N",
    }  # fmt: skip
    return str(values[field])
