"""Turns what a SAS dataset stores into text: numbers, days and times by their formats, and why a value is missing."""

from __future__ import annotations

import codecs
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.ingest.readers.number_text import number_text, number_texts
from pipelines.ingest.readers.reader import Remark
from pipelines.ingest.refusal import Refusal

Kind = Literal["number", "date", "datetime", "time"]

# SAS counts days and seconds from 1960-01-01; it knows the days of 1582 to 9999.
_FIRST_DAY, _LAST_DAY = -138_061, 2_936_549
_TO_UNIX_DAYS = -3_653
_DAY_SECONDS = 86_400
# SAS's own formats that show a day, a moment, a time of day; those of the ISO 8601 family under both of their names.
_FORMATS: dict[Kind, str] = {
    "date": """
        DATE DAY DDMMYY DDMMYYB DDMMYYC DDMMYYD DDMMYYN DDMMYYP DDMMYYS DOWNAME JULDAY JULIAN MMDDYY MMDDYYB MMDDYYC
        MMDDYYD MMDDYYN MMDDYYP MMDDYYS MMYY MMYYC MMYYD MMYYN MMYYP MMYYS MONNAME MONTH MONYY QTR QTRR WEEKDATE
        WEEKDATX WEEKDAY WEEKU WEEKV WEEKW WORDDATE WORDDATX YEAR YYMM YYMMC YYMMD YYMMN YYMMP YYMMS YYMMDD YYMMDDB
        YYMMDDC YYMMDDD YYMMDDN YYMMDDP YYMMDDS YYMON YYQ YYQC YYQD YYQN YYQP YYQS YYQR YYQRC YYQRD YYQRN YYQRP YYQRS
        YYWEEKU YYWEEKV YYWEEKW B8601DA E8601DA IS8601DA ND8601DA HDATE HEBDATE JDATEMD JDATEYM JDATEYMD JNENGO MINGUO
        NENGO
    """,
    "datetime": """
        DATETIME DATEAMPM DTDATE DTMONYY DTWKDATX DTYEAR DTYYQC MDYAMPM B8601DN B8601DT B8601DZ E8601DN E8601DT E8601DZ
        IS8601DN IS8601DT IS8601DZ B8601DJ B8601DX B8601LX E8601DX E8601LX
    """,
    "time": """
        TIME TIMEAMPM TOD HHMM HOUR MMSS B8601TM B8601LZ B8601TX B8601TZ E8601TM E8601LZ E8601TX E8601TZ IS8601TM
        IS8601LZ IS8601TZ NLTIME NLTIMAP
    """,
}
# Those that come in families: by the session's language, and in a European language each.
_FAMILIES: dict[Kind, re.Pattern[str]] = {
    "date": re.compile("NLDATE[A-Z]*|[A-Z]{3}DF(DD|DE|DN|DWN|MN|MY|WDX|WKX)"),
    "datetime": re.compile("NLDATM[A-Z]*|[A-Z]{3}DFDT"),
}
_KINDS: dict[str, Kind] = {name: kind for kind, names in _FORMATS.items() for name in names.split()}
# In these encodings plain ASCII is itself, so that only other text needs decoding.
_ASCII_BASED = tuple(
    "utf-8 ascii cp125 cp874 cp932 cp949 cp950 iso8859 latin euc shift_jis gb18030 gbk gb2312 big5 koi8 mac-".split()  # noqa: SIM905
)


@dataclass(frozen=True)
class Texts:
    """A column as text, and the places of values that their format cannot show, which stay numbers."""

    texts: pa.Array
    out_of_range: np.ndarray


def kind_of(form: str) -> Kind:
    """Return what a SAS format shows; its width and decimals may stand behind the name."""
    name = form.upper().partition(".")[0]
    plain = name.rstrip("0123456789")
    for known in (name, plain):
        if known in _KINDS:
            return _KINDS[known]
    return next((kind for kind, names in _FAMILIES.items() if names.fullmatch(plain)), "number")


def value_texts(numbers: pa.Array, kind: Kind) -> Texts:
    """Return float64 numbers as text: days and moments in ISO 8601, blank where there is none."""
    texts = number_texts(numbers)
    if kind == "number":
        return Texts(texts, np.empty(0, dtype=np.int64))
    values = numbers.to_numpy(zero_copy_only=False)
    is_present = ~np.isnan(values)
    is_whole = np.trunc(values) == values
    days = values if kind == "date" else np.floor(values / _DAY_SECONDS)
    in_range = (days >= 0) & (days < 1) if kind == "time" else (days >= _FIRST_DAY) & (days <= _LAST_DAY)
    fits = is_present & in_range & (is_whole | (kind != "date"))
    whole = fits & is_whole
    shown = _SHOW[kind](pa.array(np.where(whole, values, 0).astype(np.int64)))
    texts = pc.if_else(pa.array(whole), shown, texts)
    split = fits & ~is_whole
    if split.any():
        parts = pa.array([_with_fraction(value, kind) for value in values[split].tolist()], pa.string())
        texts = pc.replace_with_mask(texts, pa.array(split), parts)
    return Texts(texts, np.flatnonzero(is_present & ~fits))


def _dates(days: pa.Array) -> pa.Array:
    return pc.add(days, pa.scalar(_TO_UNIX_DAYS)).cast(pa.int32()).cast(pa.date32()).cast(pa.string())


def _datetimes(seconds: pa.Array) -> pa.Array:
    stamps = pc.add(seconds, pa.scalar(_TO_UNIX_DAYS * _DAY_SECONDS)).cast(pa.timestamp("s"))
    return pc.replace_substring(stamps.cast(pa.string()), " ", "T")


def _times(seconds: pa.Array) -> pa.Array:
    return seconds.cast(pa.int32()).cast(pa.time32("s")).cast(pa.string())


_SHOW: dict[Kind, Callable[[pa.Array], pa.Array]] = {"date": _dates, "datetime": _datetimes, "time": _times}


def _with_fraction(seconds: float, kind: Kind) -> str:
    """Return a moment between two seconds; the fraction has the digits of the number's own shortest text."""
    whole = math.floor(seconds)
    fraction = f"{Decimal(number_text(seconds)) - whole:f}".removeprefix("0").rstrip("0")
    shown: str = _SHOW[kind](pa.array([whole]))[0].as_py()
    return shown + fraction


def decoded(texts: pa.Array, encoding: str, first_row: int, column: int) -> pa.Array:
    """Return text whose bytes came as Latin-1 characters, decoded as declared.

    Raises:
        Refusal: a value is not in that encoding.
    """
    codec = codecs.lookup(encoding).name
    if codec.startswith(_ASCII_BASED) and pc.all(pc.string_is_ascii(texts)).as_py() is not False:
        return texts
    values = texts.dictionary_encode()
    words = []
    for place, value in enumerate(values.dictionary.to_pylist()):
        try:
            words.append(decoded_word(value, encoding))
        except (UnicodeError, LookupError) as error:
            row = first_row + values.indices.to_pylist().index(place)
            offset = error.start if isinstance(error, UnicodeDecodeError) else 0
            place_of_value = f"row {row}, column {column}: byte {offset} of the value"
            raise Refusal("undecodable", f"{place_of_value} (counted from 0) is not {encoding}") from error
    return pa.array(words, pa.string()).take(values.indices)


def decoded_word(value: str, encoding: str) -> str:
    """Return one text whose bytes came as Latin-1 characters."""
    return value.encode("latin-1").decode(encoding)


def decoded_names(names: list[str], encoding: str) -> tuple[str, ...]:
    """Return the names of the columns, whose bytes came as Latin-1 characters.

    Raises:
        Refusal: a name is not in that encoding.
    """
    try:
        return tuple(decoded_word(name, encoding) for name in names)
    except (UnicodeError, LookupError) as error:
        raise Refusal("undecodable", f"the name of a column or dataset is not {encoding}") from error


def odd_values(
    table: str, header: tuple[str, ...], out_of_range: dict[int, list[int]], special: int
) -> Iterator[Remark]:
    """Yield what is odd about the values of a SAS dataset: its rows by column, and how many are specially missing."""
    for place, found in sorted(out_of_range.items()):
        text = f"column {header[place]}: {len(found)} values are beyond what their date or time format can show"
        yield Remark("unreadable_date", f"{text}; they land as the numbers that they are", table, found[0])
    if special:
        text = f"{special} special missing values (.A to .Z, ._) land as such; `missing` in study.yml makes them blank"
        yield Remark("special_missing", text, table)
