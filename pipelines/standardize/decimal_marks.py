"""Numbers of a source that writes a decimal comma, as they read with a decimal point."""

from __future__ import annotations

# A number, alone or behind a comparator, with a comma or a point somewhere; text that is none is left alone.
_MARKED_NUMBER = "[<>]?=? *[+-]?[0-9.,]*[.,][0-9.,]*"


def decimal_point_sql(expression: str) -> str:
    """Return the SQL that gives a text with a decimal point for one with a decimal comma: 1,5 is 1.5, <0,5 is <0.5.

    Comma and point change places, so that a text with a point stays unreadable: where the comma is the decimal mark,
    1.500 may be fifteen hundred. NULL for a text that has neither, or is no number.
    """
    return f"CASE WHEN regexp_full_match({expression}, '{_MARKED_NUMBER}') THEN translate({expression}, ',.', '.,') END"
