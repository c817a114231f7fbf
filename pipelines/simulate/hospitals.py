"""The hospitals of a made-up portfolio, each with its staff; studies of several sponsors run at the same ones."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Literal

from pipelines.simulate.chance import chance
from pipelines.simulate.subject_course import CUTOFF

Role = Literal["PI", "SUB-I", "CRC", "NURSE", "PHARMACIST"]

# What a delegation log may delegate, and to whom it is delegated here.
TASKS: dict[Role, tuple[str, ...]] = {
    "PI": ("INFORMED CONSENT", "MEDICAL DECISION", "PHYSICAL EXAM", "SIGNATURE"),
    "SUB-I": ("INFORMED CONSENT", "MEDICAL DECISION", "PHYSICAL EXAM", "EFFICACY ASSESSMENT", "SIGNATURE"),
    "CRC": ("DATA ENTRY", "VITAL SIGNS", "ECG"),
    "NURSE": ("SAMPLE COLLECTION", "DOSING", "VITAL SIGNS"),
    "PHARMACIST": ("UNBLINDED PHARMACY",),
}

_PLACES = (
    ("Riverside Medical Center", "Columbus", "USA", "en"),
    ("Hôpital Saint-Étienne", "Lyon", "FRA", "fr"),
    ("Universitätsklinikum", "Köln", "DEU", "de"),
    ("St. Brigid's Hospital", "Cork", "IRL", "en"),
    ("Clínica del Niño", "Sevilla", "ESP", "es"),
    ("Northgate Infirmary", "Leeds", "GBR", "en"),
)
_FAMILY_NAMES = (
    "Lindqvist", "Brüggemann", "O'Connor", "Desprès", "Nakamura", "Castellanos", "Ferrari", "Jørgensen", "Okafor",
    "Novák", "Haddad", "van der Meer", "Ivanova", "Silva", "Andersson", "Mbeki", "Kowalska", "Tremblay", "Bianchi",
)  # fmt: skip


@dataclass(frozen=True)
class Person:
    """One of the staff; `left` is the last day at the hospital."""

    person_id: str
    name: str
    role: Role
    came: date
    left: date | None = None

    @property
    def user_name(self) -> str:
        """The name of the person's account in the EDC."""
        return f"u{self.person_id.replace('-', '').lower()}"

    def works_on(self, day: date) -> bool:
        """Whether the person is at the hospital on that day."""
        return self.came <= day and (self.left is None or day <= self.left)


@dataclass(frozen=True)
class Hospital:
    """A hospital; whoever works there works for each study that runs there."""

    number: int
    name: str
    city: str
    country: str
    language: str
    staff: tuple[Person, ...]

    @property
    def investigator(self) -> Person:
        """The principal investigator."""
        return next(person for person in self.staff if person.role == "PI")

    @property
    def previous_investigator(self) -> str:
        """The id of the predecessor, who left before the portfolio's studies began and is on no list of staff."""
        return f"H{self.number:04d}-0"

    def person_for(self, task: str, day: date) -> Person:
        """Return who does a task on a day; somebody always does."""
        return next(person for person in self.staff if task in TASKS[person.role] and person.works_on(day))


def hospital(number: int, seed: int) -> Hospital:
    """Return the hospital of that number; it is the same for every study of a portfolio."""
    rng = chance(seed, "hospital", number)
    name, city, country, language = _PLACES[number % len(_PLACES)]
    district = number // len(_PLACES)
    return Hospital(
        number, f"{name} {district + 1}" if district else name, city, country, language, _staff(number, rng)
    )


def _staff(number: int, rng: Random) -> tuple[Person, ...]:
    """Return the staff, one of whom left after the first subjects, with a successor from some days before on."""
    came, handover = CUTOFF - timedelta(days=900), CUTOFF - timedelta(days=rng.randint(250, 350))
    roles: tuple[tuple[Role, date, date | None], ...] = (
        ("PI", came, None),
        ("SUB-I", came, None),
        ("CRC", came, handover),
        ("CRC", handover - timedelta(days=14), None),
        ("NURSE", came, None),
        ("PHARMACIST", came, None),
    )
    names = rng.sample(_FAMILY_NAMES, len(roles))
    return tuple(
        Person(f"H{number:04d}-{index}", _title(name, role), role, start, end)
        for index, (name, (role, start, end)) in enumerate(zip(names, roles, strict=True), start=1)
    )


def _title(name: str, role: Role) -> str:
    return f"Dr. {name}" if role in ("PI", "SUB-I") else name
