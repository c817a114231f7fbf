"""Turns a subject's course into what EDC and CTMS keep about the data: pages, data points, queries, deviations."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from pipelines.simulate.audit_records import FORMS, record_data_points, record_lock
from pipelines.simulate.irb_records import report_deviation
from pipelines.simulate.site_records import SiteRecords
from pipelines.simulate.subject_course import CUTOFF, Course, Visit

_VISIT_FORMS = ("Visit Date", "Vital Signs", "Laboratory")
_SCREENING_FORMS = ("Demographics", "Consents", "Eligibility")

# In cp1252 the first has a byte of 0x80-0x9F, which ISO 8859-1 reads as a control character.
_DEVIATIONS = (
    ("Visit outside the window – subject on holiday", "VISIT SCHEDULE"),
    ("Prélèvement sanguin oublié; envoyé à J+2", "PROCEDURE"),
    ('Diary "lost" by subject', "SUBJECT COMPLIANCE"),
    ("Kühlkette unterbrochen\nStudienmedikation gesperrt", "STUDY DRUG"),
)


def record_site(site: SiteRecords) -> None:
    """Append the site's row of the CTMS; at every third hospital another investigator had prepared the study."""
    investigator = site.hospital.investigator
    is_second = site.hospital.number % 3 == 1
    site.add(
        "SITE",
        protocol=site.study, pi_number=investigator.person_id, pi_last_name=investigator.name,
        site_status="Closed" if site.closure else "Active", account=site.hospital.name, site_active_dt=site.activation,
        site_closed_dt=site.closure, retention_end_dt=retention_end(site.closure) if site.closure else None,
        archive="Basement archive" if site.closure else "", city=site.hospital.city, country=site.country,
        pi_start_dt=site.activation - timedelta(days=20) if is_second else None,
        previous_pi_number=site.hospital.previous_investigator if is_second else None,
    )  # fmt: skip


def retention_end(closure: date) -> date:
    """Return the end of the 25 years for which a site keeps its records."""
    return closure.replace(year=closure.year + 25, day=min(closure.day, 28))


def record_operational(site: SiteRecords, course: Course, rng: Random) -> None:
    """Append one subject's pages with data points, queries and deviations; nothing is late, nothing undated."""
    for visit in course.visits:
        forms = _VISIT_FORMS if visit.num else _VISIT_FORMS[:1]
        for form in (*forms, *(_SCREENING_FORMS if visit.num == 1 else ())):
            _page(site, course, visit, form, rng)
    record_lock(site, course)
    for _ in range(rng.choice(site.habit.query_counts) if course.enrolled else 0):
        add_query(site, course, rng, *_query_dates(course, rng))
    if course.subject == site.courses[0].subject:  # so that no site's list is empty
        add_query(
            site,
            course,
            rng,
            "Closed",
            course.screening + timedelta(days=3),
            None,
            course.screening + timedelta(days=9),
        )
    if course.enrolled and rng.random() < 0.2:
        visit = rng.choice(course.visits)
        add_deviation(site, course, rng, visit.day)["visit"] = visit.name


def add_page(site: SiteRecords, subject: str, visit: Visit, form: str, lag: int) -> dict[str, str]:
    """Append a page that was first entered `lag` days after the visit."""
    return site.add(
        "DATA_PAGES",
        protocolname=site.study, subjectname=f"{subject}-XXX", datapageid=site.next_record(), visit=visit.name,
        formoid=form, visit_date=visit.day, min_entereddate=visit.day + timedelta(days=lag), data_entry_lag=lag,
    )  # fmt: skip


def add_query(
    site: SiteRecords,
    course: Course,
    rng: Random,
    status: str,
    opened: date,
    answered: date | None,
    closed: date | None,
    *,
    subject: str | None = None,
) -> dict[str, str]:
    """Append a query to one of the subject's data points."""
    page = rng.choice(site.rows_of("DATA_PAGES", course.subject))
    form, manual = page["formoid"], rng.random() < 0.6
    return site.add(
        "QUERIES",
        protocolname=site.study, subjectname=f"{subject or course.subject}-XXX", visit=page["visit"], formoid=form,
        fieldoid=rng.choice(list(FORMS[form])), log_number=1, datapointid=site.next_record(), querystatus=status,
        created=opened, answered=answered, resolved=closed, dataextractiondate=CUTOFF,
        queryage=((closed or CUTOFF) - opened).days,
        markinggroup=rng.choice(("CRA to Site Manual Query", "DM to Site")) if manual else "System Query",
        querytype="manual" if manual else "system",
        answertext="Corrected as in the source" if status in ("Answered", "Closed") else "",
    )  # fmt: skip


def add_deviation(site: SiteRecords, course: Course, rng: Random, day: date | None) -> dict[str, str]:
    """Append a protocol deviation, undated when `day` is None; an important one is reported to the IRB in time."""
    text, category = rng.choice(_DEVIATIONS)
    row = site.add(
        "DEVIATIONS",
        subjectenrollmentnumber=course.subject, deviationid=f"DEV-{site.next_record()}", deviation=text,
        deviationdate=day, companycategory=category, deemedimportant=rng.choice("YN"),
        discovereddate=min(day + timedelta(days=2), CUTOFF) if day else None,
    )  # fmt: skip
    if day and row["deemedimportant"] == "Y":
        report_deviation(site, row, 5)
    return row


def _page(site: SiteRecords, course: Course, visit: Visit, form: str, rng: Random) -> None:
    lag = min(rng.choice(site.habit.entry_lags), (CUTOFF - visit.day).days)
    page = add_page(site, course.subject, visit, form, lag)
    page["page_status"] = "COMPLETE"
    record_data_points(site, course, visit, page, rng)


def _query_dates(course: Course, rng: Random) -> tuple[str, date, date | None, date | None]:
    """Return status and dates of a query that is on time at the cut-off."""
    kind = rng.random()
    if kind < 0.12:
        return "Open", CUTOFF - timedelta(days=rng.randint(2, 28)), None, None
    if kind < 0.2:
        answered = CUTOFF - timedelta(days=rng.randint(1, 14))
        return "Answered", answered - timedelta(days=rng.randint(0, 14)), answered, None
    opened = min(rng.choice(course.visits).day + timedelta(days=rng.randint(1, 20)), CUTOFF - timedelta(days=10))
    if kind < 0.25:
        return "Cancelled", opened, None, opened + timedelta(days=1)
    answered = opened + timedelta(days=rng.randint(0, 6))
    return "Closed", opened, answered, min(answered + timedelta(days=rng.randint(0, 9)), CUTOFF)
