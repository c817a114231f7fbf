"""A made-up portfolio: studies, sites and subjects, and an answer key of the faults that were planted in them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path

from pipelines.errors import UserError
from pipelines.settings import Home
from pipelines.simulate.amendments import versions_at
from pipelines.simulate.answer_key import KeyRow, WrittenSites, write_key
from pipelines.simulate.audit_records import record_dictionary, spread_changes
from pipelines.simulate.chance import chance
from pipelines.simulate.clinical_records import record_clinical, record_randomisation
from pipelines.simulate.consent_records import record_consent_versions
from pipelines.simulate.equipment_records import record_equipment
from pipelines.simulate.faults import Fault
from pipelines.simulate.habits import HABITS
from pipelines.simulate.hospitals import hospital
from pipelines.simulate.irb_records import record_irb
from pipelines.simulate.laboratory_document_records import record_laboratory_documents
from pipelines.simulate.layouts import ExportLayout, layout_named
from pipelines.simulate.medication_records import record_medication
from pipelines.simulate.monitoring_records import record_monitoring
from pipelines.simulate.operational_records import record_operational, record_site
from pipelines.simulate.pharmacy_records import record_pharmacy
from pipelines.simulate.planting import Wish, plan_faults, plant_faults
from pipelines.simulate.safety_records import record_safety
from pipelines.simulate.site_file_records import record_site_file
from pipelines.simulate.site_files import write_bytes
from pipelines.simulate.site_records import SiteRecords
from pipelines.simulate.staff_records import record_staff
from pipelines.simulate.study_config import write_study_config
from pipelines.simulate.style import STYLES, Style
from pipelines.simulate.subject_course import CUTOFF, live_course, number_width, plan_outcomes

# A study of three sites or more has one, the last, that is closed already.
_SITES_OF_WHICH_ONE_IS_CLOSED = 3
# What no site took is offered again to so many, each of which is made anew; the next ones would not differ.
_SITES_ASKED_AGAIN = 20
# The first site starts well before the others, so that no fault in a consent elsewhere precedes the study's first.
_FIRST_ACTIVATION = CUTOFF - timedelta(days=650)


def simulate_portfolio(
    home: Home,
    *,
    studies: int = 3,
    sites: int = 4,
    subjects: int = 10,
    seed: int = 1,
    clean: bool = False,
    layout: str = "csv",
    on_site: Callable[[str, str], None] = lambda _study, _site: None,
) -> Path:
    """Write a made-up portfolio into a home: the same arguments write the same bytes.

    Every check's fault is planted at least once a study where a study has some 30 subjects or more; in a smaller
    one as many as its subjects allow. One site at a time is held in memory.

    Args:
        home: where `studies/`, `landing/` and `answer_key.csv` are written.
        studies: number of studies.
        sites: number of sites of each study.
        subjects: number of subjects of each site.
        seed: what chance starts from.
        clean: plant no faults.
        layout: how the exports of the EDC are written, a name of `LAYOUTS`; the records are the same in each.
        on_site: told the study and the site after each site that is written for the first time.

    Returns:
        The path of the answer key: one row for every finding that must be raised.

    Raises:
        UserError: a number is below one, there is no such layout, or the home holds made-up sites that this portfolio
            would not replace.
    """
    for name, number in {"studies": studies, "sites": sites, "subjects": subjects}.items():
        if number < 1:
            raise UserError(f"--{name} is {number}; give a number of 1 or more")
    export_layout = layout_named(layout)
    study_ids = [f"SIM-{number:03d}" for number in range(1, studies + 1)]
    for index, study in enumerate(study_ids):
        _refuse_leftovers(home, study, set(_site_ids(index, sites)))
    key: list[KeyRow] = []
    for index, study in enumerate(study_ids):
        style = STYLES[index % len(STYLES)]
        # Half of a study's hospitals take part in the next one too.
        first_hospital = index * max(1, sites // 2)
        shape = Shape(study, style, tuple(_site_ids(index, sites)), subjects, seed, first_hospital)
        wishes: list[list[Wish]] = [[] for _ in range(sites)] if clean else plan_faults(sites, subjects, index)
        key += _write_sites(home, shape, export_layout, wishes, on_site)
        write_study(home, shape, export_layout)
    return write_key(home, key)


def write_study(home: Home, shape: Shape, layout: ExportLayout) -> None:
    """Write a study's study.yml, and what a layout needs beside it."""
    path = home.study_file(shape.study)
    config = write_study_config(shape.study, shape.style, shape.subjects, shape.study_start, layout)
    write_bytes(path, config.encode())
    for name, content in layout.beside_study().items():
        write_bytes(path.with_name(name), content)


# At so many sites a check is shown well enough.
_ENOUGH_SITES = 3


@dataclass(frozen=True)
class Shape:
    """What a study's records follow from."""

    study: str
    style: Style
    site_ids: tuple[str, ...]
    subjects: int
    seed: int
    # Where this study's hospitals begin among those of the portfolio.
    first_hospital: int = 0

    def hospital_number(self, site_id: str) -> int:
        """Return the number of the hospital that a site is at."""
        return self.first_hospital + self.site_ids.index(site_id)

    def is_first(self, site_id: str) -> bool:
        """Whether the site is the one that included the study's first subject."""
        return site_id in self.site_ids[:1]

    @cached_property
    def study_start(self) -> date | None:
        """The day of the study's first consent; None for a study without sites."""
        sites = [_begin_site(self, site_id) for site_id in self.site_ids[:1]]
        return min((course.consent.signed for site in sites for course in site.courses), default=None)


def _write_sites(
    home: Home,
    shape: Shape,
    layout: ExportLayout,
    wishes: list[list[Wish]],
    on_site: Callable[[str, str], None],
) -> list[KeyRow]:
    """Write a study's sites, one at a time, and return its rows of the answer key.

    What one site cannot take goes to the next; what the last one cannot take is offered to the first sites again,
    together and then one by one, as together it may push out what a site has taken. Of a check that many sites show,
    nothing is offered again: each offer makes sites anew.
    """
    written = WrittenSites(home.landing, layout)
    settled: list[list[Wish]] = []
    left: list[Wish] = []
    for site_id, wished in zip(shape.site_ids, wishes, strict=True):
        asked = [*left, *wished]
        site, faults, left = _faulty_site(shape, site_id, asked)
        written.add(site, faults)
        settled.append([wish for wish in asked if wish not in left])
        on_site(shape.study, site_id)
    for wish in _offer_again(shape, _scarce(left, settled), settled, written):
        _offer_again(shape, [wish], settled, written)
    return written.key()


def _scarce(left: list[Wish], settled: list[list[Wish]]) -> list[Wish]:
    """Return so many of the wishes that are left as would bring their checks to enough sites."""
    sites = Counter(wish.check_id for own in settled for wish in own)
    scarce = []
    for wish in left:
        if sites[wish.check_id] < _ENOUGH_SITES:
            sites[wish.check_id] += 1
            scarce.append(wish)
    return scarce


def _offer_again(shape: Shape, offered: list[Wish], settled: list[list[Wish]], written: WrittenSites) -> list[Wish]:
    """Write anew each site that takes some of what is offered and keeps what it has; return what none took."""
    for number, site_id in enumerate(shape.site_ids[:_SITES_ASKED_AGAIN]):
        if not offered:
            break
        asked = [*settled[number], *offered]
        site, faults, refused = _faulty_site(shape, site_id, asked)
        if len(refused) < len(offered) and set(refused) <= set(offered):
            written.add(site, faults)
            settled[number] = [wish for wish in asked if wish not in refused]
            offered = refused
    return offered


def _faulty_site(shape: Shape, site_id: str, wishes: list[Wish]) -> tuple[SiteRecords, list[Fault], list[Wish]]:
    site = clean_site(shape, site_id)
    faults, left = plant_faults(site, wishes, chance(shape.seed, shape.study, site_id, "faults"))
    return site, faults, left


def clean_site(shape: Shape, site_id: str) -> SiteRecords:
    """Return the records of one site without a fault."""
    site = _begin_site(shape, site_id)
    site.study_start = shape.study_start
    site.neighbour = _neighbour(shape, site_id)
    seed, study = shape.seed, shape.study
    rng = chance(seed, study, site_id, "site")
    record_site(site)
    record_staff(site)
    record_irb(site)
    record_consent_versions(site)
    record_dictionary(site)
    record_laboratory_documents(site)
    record_equipment(site)
    record_site_file(site)
    for course in site.courses:
        record_clinical(site, course, chance(seed, study, site_id, course.subject, "clinical"))
        record_randomisation(site, course, chance(seed, study, site_id, course.subject, "randomisation"))
        record_operational(site, course, chance(seed, study, site_id, course.subject, "operational"))
        record_medication(site, course, chance(seed, study, site_id, course.subject, "medication"))
        record_safety(site, course)
    record_pharmacy(site, chance(seed, study, site_id, "pharmacy"))
    record_monitoring(site, chance(seed, study, site_id, "monitoring"))
    spread_changes(site)
    site.shuffle_queries(rng)
    return site


def _neighbour(shape: Shape, site_id: str) -> SiteRecords | None:
    before = shape.site_ids[shape.site_ids.index(site_id) - 1]
    return _begin_site(shape, before) if before != site_id else None


def _begin_site(shape: Shape, site_id: str) -> SiteRecords:
    """Return a site with its subjects' courses and no records yet."""
    study, style, subjects, seed = shape.study, shape.style, shape.subjects, shape.seed
    rng = chance(seed, study, site_id)
    activation = _FIRST_ACTIVATION if shape.is_first(site_id) else CUTOFF - timedelta(days=rng.randint(420, 600))
    at = hospital(shape.hospital_number(site_id), seed)
    site = SiteRecords(study, site_id, at, style, activation, versions_at(activation, rng), rng.choice(HABITS))
    closed = len(shape.site_ids) >= _SITES_OF_WHICH_ONE_IS_CLOSED and site_id == shape.site_ids[-1]
    outcomes = plan_outcomes(rng, subjects, closed=closed)
    first = next(n for n, outcome in enumerate(outcomes) if outcome != "ongoing") if shape.is_first(site_id) else None
    width = number_width(subjects)
    for number, outcome in enumerate(outcomes):
        subject = f"{site_id}{number + 1:0{width}d}"
        site.courses.append(
            live_course(
                chance(seed, study, site_id, subject, "course"),
                subject,
                outcome,
                activation,
                (style.youngest, style.oldest),
                at.country,
                opens_study=number == first,
            )
        )
    if closed:
        site.closure = min(max(course.last_day for course in site.courses) + timedelta(days=40), CUTOFF)
    return site


def _site_ids(index: int, sites: int) -> list[str]:
    """Return the sites of a study; ids of one sponsor start with a zero, which no step may lose."""
    prefix = STYLES[index % len(STYLES)].site_prefix
    width = max(3, len(str(sites)))
    return [f"{prefix}{number:0{width}d}" for number in range(1, sites + 1)]


def _refuse_leftovers(home: Home, study: str, written: set[str]) -> None:
    """Refuse a home whose sites of the study would stay beside the new ones: the answer key would not be of them."""
    folder = home.landing / study
    if not folder.is_dir():
        return
    others = sorted(path.name for path in folder.iterdir() if path.name not in written)
    if others:
        raise UserError(
            f'{folder} already holds site "{others[0]}", which this portfolio does not have: simulate into another home'
        )
