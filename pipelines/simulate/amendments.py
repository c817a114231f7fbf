"""Versions of the protocol and of the consent form at one made-up site, with the days on which they came into force."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from pipelines.simulate.subject_course import CUTOFF, Course

# The sponsor's amendment: protocol A3 with consent form 3.0. Sites follow as their IRB approves it.
_AMENDED = CUTOFF - timedelta(days=240)
_FIRST_USE, _LAST_USE = _AMENDED + timedelta(days=23), _AMENDED + timedelta(days=74)


@dataclass(frozen=True)
class StudyVersion:
    """A version of the protocol with its consent form; `effective` is the first day on which the site uses them."""

    protocol: str
    consent_form: str
    dated: date
    submitted: date
    approved: date
    effective: date
    reconsent_required: bool


def versions_at(activation: date, rng: Random) -> tuple[StudyVersion, ...]:
    """Return the versions of a site, the earliest first: one from its activation on, and the amended one."""
    approved = activation - timedelta(days=rng.randint(30, 45))
    submitted = approved - timedelta(days=rng.randint(14, 30))
    first = StudyVersion(
        "A2", "2.0", CUTOFF - timedelta(days=800), submitted, approved, approved, reconsent_required=False
    )
    submitted = _AMENDED + timedelta(days=rng.randint(5, 20))
    approved = submitted + timedelta(days=rng.randint(15, 40))
    effective = approved + timedelta(days=rng.randint(3, 14))
    amended = StudyVersion("A3", "3.0", _AMENDED, submitted, approved, effective, reconsent_required=True)
    return first, amended


def version_on(versions: tuple[StudyVersion, ...], day: date) -> StudyVersion:
    """Return the version in force on a day; the first one before all."""
    return next((version for version in reversed(versions) if version.effective <= day), versions[0])


def is_seen_under_amendment(course: Course) -> bool:
    """Whether an enrolled subject may have had a visit at which the site used the amended version."""
    return course.enrolled and course.visits[-1].day >= _FIRST_USE


def may_sign_amendment(course: Course) -> bool:
    """Whether a subject may have consented before the amended version and have had a visit under it."""
    return is_seen_under_amendment(course) and course.consent.signed < _LAST_USE
