"""The text of a binary number: the shortest decimal that reads back as the same double."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

# Every whole number up to here is a double of its own, so it is written with all its digits.
_LARGEST_PLAIN = 2.0**53


def number_text(number: float) -> str:
    """Return a finite number's text: `7`, `0.1`, `-0`, `1e+16`."""
    return f"{number:.0f}" if number.is_integer() and abs(number) < _LARGEST_PLAIN else repr(number)


def number_texts(numbers: pa.Array) -> pa.Array:
    """Return the texts of float64 numbers, blank where there is none; each as `number_text` gives it."""
    values = numbers.to_numpy(zero_copy_only=False)
    size = np.abs(values)
    is_whole = (np.trunc(values) == values) & (size < _LARGEST_PLAIN) & ~((values == 0) & np.signbit(values))
    # In this range Arrow writes what Python writes, and many times faster.
    is_plain = ~is_whole & (size >= 1e-4) & (size < 1e15)
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
