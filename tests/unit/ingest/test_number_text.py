"""A binary number lands as the shortest decimal that is the same double, alone or in a column, without an exponent."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipelines.ingest.readers.number_text import number_text, number_texts

WRITTEN = [
    (7.0, "7"),
    (-0.0, "-0"),
    (0.1, "0.1"),
    (0.0001, "0.0001"),
    (0.00005, "0.00005"),
    (-8.84e-05, "-0.0000884"),
    (5.551115123125783e-17, "0.00000000000000005551115123125783"),
    (412795992222.89996, "412795992222.89996"),
    (123456789012345.6, "123456789012345.6"),
    (2.0**53, "9007199254740992"),
    (1234567890123456.0, "1234567890123456"),
    (9999999999999998.0, "9999999999999998"),
    # What is beyond has digits that nobody wrote.
    (1e16, "1e+16"),
    (1e-21, "1e-21"),
]


@pytest.mark.parametrize(("number", "text"), WRITTEN)
def test_a_number_is_written_in_full_as_long_as_its_digits_mean_something(number: float, text: str) -> None:
    assert number_text(number) == text
    assert number_texts(pa.array([number, None, 0.5])).to_pylist() == [text, "", "0.5"]


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False)))
@example([412795992222.89996, 99999999999999.5, 1e9 - 0.5, 9.999e-05])
def test_a_column_is_written_as_its_numbers_are(numbers: list[float]) -> None:
    texts = number_texts(pa.array(numbers, pa.float64())).to_pylist()
    assert texts == [number_text(number) for number in numbers]
    assert [float(text) for text in texts] == numbers
