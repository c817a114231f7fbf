"""The text of a binary number: the shortest decimal that reads back as the same double, with an exponent if need be."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

# Every whole number up to here is a double of its own, so it is written with all its digits.
_LARGEST_PLAIN = 2.0**53


# Between these a number is written without an exponent, which no column of numbers is read with downstream. What is
# smaller has more digits than anybody writes; what is larger has digits that a double does not hold.
_SMALLEST_POSITIONAL, _LARGEST_POSITIONAL = 1e-20, 1e16


def number_text(number: float) -> str:
    """Return a finite number's text: `7`, `0.1`, `0.00005`, `-0`, `1e+16`."""
    if number.is_integer() and abs(number) < _LARGEST_POSITIONAL:
        return f"{number:.0f}"
    text = repr(number)
    return f"{Decimal(text):f}" if "e-" in text and abs(number) >= _SMALLEST_POSITIONAL else text


def number_texts(numbers: pa.Array) -> pa.Array:
    """Return the texts of float64 numbers, blank where there is none; each as `number_text` gives it."""
    values = numbers.to_numpy(zero_copy_only=False)
    size = np.abs(values)
    is_whole = (np.trunc(values) == values) & (size < _LARGEST_PLAIN) & ~((values == 0) & np.signbit(values))
    # In this range Arrow writes what Python writes, and many times faster.
    is_plain = ~is_whole & (size >= 1e-4) & (size < 1e9)
    whole = pa.array(np.where(is_whole, values, 0).astype(np.int64)).cast(pa.string())
    if is_whole.all():
        return whole
    plain = pa.array(np.where(is_plain, values, 0.5)).cast(pa.string())
    texts = pc.if_else(pa.array(is_whole), whole, plain)
    rest = ~(is_whole | is_plain)
    if rest.any():
        texts = pc.replace_with_mask(texts, pa.array(rest), pa.array(_texts_one_by_one(values[rest]), pa.string()))
    return texts


def _texts_one_by_one(values: np.ndarray) -> list[str]:
    return ["" if value != value else number_text(value) for value in values.tolist()]
