"""Text from outside: the form in which it is compared, and the characters that nobody sees or that move what is seen.

Two texts that look alike are one: a letter and its accent in one character or in two, digits of full width, spaces that
do not break, marks without width. A control character or a change of the direction of writing stays what it is.
"""

from __future__ import annotations

import re
import unicodedata

from pipelines.sql_text import quote_text

_FULL_WIDTH = "".join(map(chr, range(0xFF01, 0xFF5F)))
_SPACES = "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
_WITHOUT_WIDTH = "\u00ad\u200b\u200c\u200d\u2060\ufeff"

_FROM = _FULL_WIDTH + _SPACES + _WITHOUT_WIDTH
# Characters of _FROM beyond the end of _TO are dropped, in SQL's translate and here.
_TO = "".join(chr(ord(character) - 0xFEE0) for character in _FULL_WIDTH) + " " * len(_SPACES)
_TRANSLATION = str.maketrans(_FROM[: len(_TO)], _TO, _WITHOUT_WIDTH)

# Tab and line ends are plain text. The rest of C0 and C1, and what sets or overrides the direction of writing, are not.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def normal_form(text: str) -> str:
    """Return the form in which a text is compared: Unicode's NFC, ASCII for full width, spaces plain, no zero width."""
    return unicodedata.normalize("NFC", text.translate(_TRANSLATION))


def normal_form_sql(expression: str) -> str:
    """Return the SQL that gives the same for an SQL expression."""
    return f"nfc_normalize(translate({expression}, {quote_text(_FROM)}, {quote_text(_TO)}))"


def has_control_characters(text: str) -> bool:
    """Return whether a text holds a character that is obeyed and not shown."""
    return _CONTROL.search(text) is not None
