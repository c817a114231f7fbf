"""Text from outside: the form in which it is compared, and the characters that nobody sees or that move what is seen.

Two texts that look alike are one: a letter and its accent in one character or in two, digits of full width, spaces that
do not break, marks without width. A control character or a change of the direction of writing stays what it is.
"""

from __future__ import annotations

import re
import unicodedata

from pipelines.sql_text import quote_text

_FULL_WIDTH = "".join(map(chr, range(0xFF01, 0xFF5F)))
# Signs that look like one of ASCII or Latin-1: of full width, hyphens, and the two about which tables of Shift_JIS
# disagree: the same byte is a minus sign or a wave dash in one and a sign of full width in the other.
_SIGNS = {
    "\uffe0": "\u00a2",
    "\uffe1": "\u00a3",
    "\uffe2": "\u00ac",
    "\uffe4": "\u00a6",
    "\uffe5": "\u00a5",
    "\uffe6": "\u20a9",
    "\u301c": "~",
    "\u2212": "-",
    "\u2010": "-",
    "\u2011": "-",
}
_SPACES = "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
_VARIATION_SELECTORS = "".join(map(chr, range(0xFE00, 0xFE10)))
_WITHOUT_WIDTH = "\u00ad\u034f\u180e\u200b\u200c\u200d\u2060\ufeff" + _VARIATION_SELECTORS

_FROM = _FULL_WIDTH + "".join(_SIGNS) + _SPACES + _WITHOUT_WIDTH
# Characters of _FROM beyond the end of _TO are dropped, in SQL's translate and here.
_TO = "".join(chr(ord(character) - 0xFEE0) for character in _FULL_WIDTH) + "".join(_SIGNS.values()) + " " * len(_SPACES)
_TRANSLATION = str.maketrans(_FROM[: len(_TO)], _TO, _WITHOUT_WIDTH)

# Tab and line ends are plain text. The rest of C0 and C1 is not, nor what sets or overrides the direction of writing,
# nor what annotates or tags text without being seen.
_CONTROL = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u206f\ufff9-\ufffb"
    "\U000e0001\U000e0020-\U000e007f]"
)


def normal_form(text: str) -> str:
    """Return the form in which a text is compared: Unicode's NFC, ASCII for full width, spaces plain, no zero width."""
    return unicodedata.normalize("NFC", text.translate(_TRANSLATION))


def normal_form_sql(expression: str) -> str:
    """Return the SQL that gives the same for an SQL expression."""
    return f"nfc_normalize(translate({expression}, {quote_text(_FROM)}, {quote_text(_TO)}))"


def has_control_characters(text: str) -> bool:
    """Return whether a text holds a character that is obeyed and not shown."""
    return _CONTROL.search(text) is not None


def with_codes(text: str) -> str:
    """Return a text with the characters that are obeyed and not shown, and byte order marks, written as their code."""
    return _CONTROL.sub(_code, text).replace("\ufeff", "\\ufeff")


def _code(match: re.Match[str]) -> str:
    return f"\\u{ord(match.group()):04x}"
