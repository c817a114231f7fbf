"""What each planter of the simulator does to a site: its own finding comes first, and no other comes unsaid."""

from __future__ import annotations

from datetime import timedelta
from itertools import product

import pytest

from pipelines.simulate.answer_key import key_rows
from pipelines.simulate.chance import chance
from pipelines.simulate.faults import FAULTS
from pipelines.simulate.faults.registry import Spot
from pipelines.simulate.faults.subject import main_consents
from pipelines.simulate.faults.visits import redate_visit
from pipelines.simulate.layouts import LAYOUTS
from pipelines.simulate.planting import Wish, plant_faults
from pipelines.simulate.portfolio import Shape, clean_site
from pipelines.simulate.site_records import SiteRecords, date_of
from pipelines.simulate.style import STYLES


def made_site(number: int) -> SiteRecords:
    """One of ten sites of twelve subjects, before anything is planted."""
    return clean_site(
        Shape("SIM-003", STYLES[2], tuple(f"300{index}" for index in range(10)), 12, number), f"300{number}"
    )


@pytest.mark.parametrize("check_id", sorted(FAULTS))
def test_a_planter_says_first_what_its_own_check_finds(check_id: str) -> None:
    """In some site of ten each planter finds a place; its own finding leads, and every row it names is in a file."""
    for number in range(10):
        site = made_site(number)
        faults, left = plant_faults(site, [Wish(check_id, number)], chance("planter", number))
        if not left:
            break
    assert faults[0].check_id == check_id
    assert all(any(row is fault.row for row in site.tables[fault.source].rows) for fault in faults if fault.row)
    assert check_id in [row[3] for row in key_rows(site, faults, LAYOUTS["csv"])]


def test_a_visit_is_never_moved_between_an_amendment_and_its_signature() -> None:
    """Such a visit would be held without the re-consent that is due (ICF-02), which no key tells of."""
    moves = 0
    for number in range(10):
        site = made_site(number)
        for course in site.courses:
            spot = Spot(site, course, chance("visit", number), 0)
            for again in main_consents(spot)[1:]:
                signed = date_of(again, "consdt")
                at = [row for row in spot.rows("VISDT") if date_of(row, "visit_dt") == signed]
                unsigned = [site.versions[-1].effective + timedelta(days=1), signed - timedelta(days=1)]
                for row, day in product(at, (day for day in unsigned if day < signed)):
                    moves += 1
                    assert not redate_visit(spot, row, day)
                    assert date_of(row, "visit_dt") == signed
    assert moves
