"""What a planter is, and the list of all of them; a new check costs one function with `@plants` in a module here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from pipelines.simulate.exports import SOURCES
from pipelines.simulate.site_records import Row, SiteRecords
from pipelines.simulate.subject_course import Course


@dataclass(frozen=True)
class Fault:
    """A finding that Siteproof must raise; `row` is None where the finding is about the file.

    A fault may be told at another site too: `elsewhere` is that site, where it lies in the subject's demographics.
    """

    check_id: str
    subject: str
    source: str
    row: Row | None
    detail: str
    elsewhere: SiteRecords | None = None

    @property
    def dataset(self) -> str:
        """The dataset that the source feeds."""
        return SOURCES[self.source].dataset


@dataclass(frozen=True)
class Spot:
    """Where to plant: a subject of a site (any subject, for faults of a whole file), and which variant of the fault."""

    site: SiteRecords
    course: Course
    rng: Random
    variant: int

    def rows(self, source: str) -> list[Row]:
        """Return the subject's rows of a source, in file order."""
        return self.site.rows_of(source, self.course.subject)

    def fault(self, check_id: str, source: str, row: Row | None, detail: str) -> Fault:
        """Return a fault of this spot's subject."""
        return Fault(check_id, self.course.subject, source, row, detail)

    def choose(self, variants: list[Row]) -> Row | None:
        """Return one of the rows, or None if there is none."""
        return self.rng.choice(variants) if variants else None


Plant = Callable[[Spot], list[Fault]]
Suits = Callable[[Course], bool]


def anybody(course: Course) -> bool:
    """Whether a fault can be planted in the subject: in everybody."""
    return bool(course.subject)


def completed(course: Course) -> bool:
    """Whether the subject had all visits of the schedule."""
    return course.outcome == "completed"


def enrolled(course: Course) -> bool:
    """Whether the subject was randomised."""
    return course.enrolled


def consented_alone(course: Course) -> bool:
    """Whether the subject is an adult, also some weeks earlier, who consented in person without a representative.

    The study's first subject is left out: the study starts with that consent.
    """
    alone = not course.consent.by_representative and course.consent.mode == "ONSITE"
    return course.age >= 19 and alone and not course.opens_study


@dataclass(frozen=True)
class Planter:
    """Plants one check's fault.

    `plant` changes the site's records in one place and returns every finding that must follow, the check's own
    first; it returns an empty list, and changes nothing, where the subject's records do not allow the fault.
    `touches` names what it changes of a subject: two planters that touch the same never meet in one subject.
    `at_site` names what it changes of the site's own documents: two that change the same never meet at one site. `once`
    tells that it can be planted once a study, at its first site.
    """

    check_id: str
    touches: frozenset[str]
    suits: Suits
    plant: Plant
    at_site: frozenset[str] = frozenset()
    once: bool = False


FAULTS: dict[str, Planter] = {}


def plants(
    check_id: str, *touches: str, suits: Suits = anybody, at_site: tuple[str, ...] = (), once: bool = False
) -> Callable[[Plant], Plant]:
    """Register a planter; without `touches`, the fault is about the site or a file and takes no subject."""

    def register(plant: Plant) -> Plant:
        FAULTS[check_id] = Planter(check_id, frozenset(touches), suits, plant, frozenset(at_site), once)
        return plant

    return register
