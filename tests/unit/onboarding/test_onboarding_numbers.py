"""A decimal comma is proposed where the numbers of an export have no other mark."""

from __future__ import annotations

import pytest
from landed_exports import loaded, put, written

from pipelines.settings import Home


@pytest.mark.parametrize(
    ("weights", "decimal"),
    [
        (["70,5", "81,0", "64"], ","),
        (["70.5", "81.0", "64"], "."),
        # Both marks: a human has to ask.
        (["70,5", "81,0", "64.5"], "."),
        (["70", "81", "64"], "."),
        # Most values are something else.
        (["70,5", "low", "high"], "."),
    ],
)
def test_the_comma_is_proposed_where_it_is_the_only_mark(home: Home, weights: list[str], decimal: str) -> None:
    rows = "".join(f"{number};V1;{weight}\n" for number, weight in enumerate(weights, start=1))
    put(home, "101/edc/VS.csv", "subjid;visit;weight\n" + rows)
    assert loaded(home).sources["VS"].decimal == decimal


def test_the_proposal_says_how_many_numbers_speak_for_it(home: Home) -> None:
    put(home, "101/edc/VS.csv", "subjid;visit;weight\n1;V1;70,5\n2;V1;81,0\n")
    assert 'decimal: ","  # CONFIRM: 2 numbers have a comma and none a point' in written(home)
