"""F39: how dates are read that exports write in other ways: declared formats alone, what they leave open, other calendars, times."""

from __future__ import annotations

from itertools import combinations

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.date_formats import DATE_FORMATS, day_of_format, find_ambiguous, opposite_of
from pipelines.standardize.date_functions import read_date_sql

Functions = duckdb.DuckDBPyConnection
UNREADABLE = None


def read(connection: Functions, raw: str, formats: str) -> object:
    row = connection.execute(
        f"SELECT {read_date_sql('raw', formats.split('|'))} FROM (SELECT ?::VARCHAR AS raw)", [raw]
    ).fetchone()
    assert row is not None
    return row[0]


# The forty of F39: text as delivered, the formats that the study declares, what is read.
FORTY = [
    # Days that are not.
    ("31/02/2024", "DD/MM/YYYY", UNREADABLE),
    ("29/02/2023", "DD/MM/YYYY", UNREADABLE),
    ("00/06/2024", "DD/MM/YYYY", UNREADABLE),
    ("12/00/2024", "DD/MM/YYYY", UNREADABLE),
    ("2024-06-00", "ISO8601|YYYY-MM-DD", UNREADABLE),
    ("00/00/0000", "DD/MM/YYYY", UNREADABLE),
    ("0000-00-00", "ISO8601", UNREADABLE),
    # Years of two digits.
    ("12/06/24", "DD/MM/YYYY", UNREADABLE),
    ("12-JUN-24", "DD-MMM-YYYY", UNREADABLE),
    ("24/06/12", "YYYY/MM/DD|ROC YYY/MM/DD", "1935-06-12"),
    # Day and month are where the format says.
    ("03/04/2024", "DD/MM/YYYY", "2024-04-03"),
    ("03/04/2024", "MM/DD/YYYY", "2024-03-04"),
    ("13/04/2024", "MM/DD/YYYY", UNREADABLE),
    ("03.04.2024", "DD.MM.YYYY", "2024-04-03"),
    ("03/04/2024", "ISO8601|YYYY-MM-DD", UNREADABLE),
    # Dates that end early, or leave parts open.
    ("2024-06", "ISO8601", "2024-06"),
    ("2024-06--", "YYYY-MM-DD", "2024-06"),
    ("2024---", "YYYY-MM-DD", "2024"),
    ("2024--01", "YYYY-MM-DD|ISO8601", UNREADABLE),
    ("UN/UNK/2024", "DD/MMM/YYYY", "2024"),
    ("UN/JUN/2024", "DD/MMM/YYYY", "2024-06"),
    ("12/UNK/2024", "DD/MMM/YYYY", UNREADABLE),
    ("UN-UNK-UNK", "DD-MMM-YYYY", UNREADABLE),
    # Serial numbers of spreadsheets are numbers.
    ("45455", "ISO8601|DD/MM/YYYY|YYYYMMDD", UNREADABLE),
    ("45455.4375", "ISO8601|DD/MM/YYYY|YYYY", UNREADABLE),
    ("2024", "DD/MM/YYYY|YYYYMMDD", UNREADABLE),
    # Times and zones.
    ("2024-06-12T10:30:15", "ISO8601", "2024-06-12T10:30"),
    ("2024-06-12T24:00", "ISO8601", "2024-06-13T00:00"),
    ("31/12/2024 24:00", "DD/MM/YYYY HH:MM", "2025-01-01T00:00"),
    ("2024-06-12T10:30+09:00", "ISO8601", UNREADABLE),
    ("2024-06-12T10:30+09:00", "ISO8601+ZONE", "2024-06-12T10:30"),
    ("2024-06-12T23:30Z", "ISO8601+ZONE", "2024-06-12T23:30"),
    ("6/12/2024 12:30 AM", "MM/DD/YYYY HH:MM AM", "2024-06-12T00:30"),
    # Hours that clocks skip or show twice: what was written stays.
    ("2024-03-31T02:30", "ISO8601", "2024-03-31T02:30"),
    ("2024-10-27T02:30+01:00", "ISO8601+ZONE", "2024-10-27T02:30"),
    # Other calendars.
    ("令和6年6月12日", "ERA YY年MM月DD日", "2024-06-12"),
    ("平成31年5月1日", "ERA YY年MM月DD日", UNREADABLE),
    ("民國113年6月12日", "ROC YYY年MM月DD日", "2024-06-12"),
    ("113/06/12", "ROC YYY/MM/DD", "2024-06-12"),
    ("113/06/12", "YYYY/MM/DD", UNREADABLE),
]


@pytest.mark.parametrize(("raw", "formats", "iso"), FORTY)
def test_the_forty_texts_of_f39(raw: str, formats: str, iso: str | None, functions: Functions) -> None:
    assert read(functions, raw, formats) == iso


def test_they_are_forty() -> None:
    assert len({(raw, formats) for raw, formats, _ in FORTY}) == 40


@pytest.mark.parametrize(
    ("raw", "name", "iso"),
    [
        # Unknown parts, in whatever words.
        ("UN-UNK-2024", "DD-MMM-YYYY", "2024"),
        ("UNK-JUN-2024", "DD-MMM-YYYY", "2024-06"),
        ("un jun 2024", "DD MMM YYYY", "2024-06"),
        ("UNJUN2024", "DDMMMYYYY", "2024-06"),
        ("UNUNK2024", "DDMMMYYYY", "2024"),
        ("UK/06/2024", "DD/MM/YYYY", "2024-06"),
        ("06/UK/2024", "MM/DD/YYYY", "2024-06"),
        ("06/UK/2024", "DD/MM/YYYY", UNREADABLE),
        ("--/--/2024", "DD/MM/YYYY", "2024"),
        ("--.06.2024", "DD.MM.YYYY", "2024-06"),
        ("2024-UN-UN", "YYYY-MM-DD", "2024"),
        ("2024-06-UK", "YYYY-MM-DD", "2024-06"),
        ("2024-UN-12", "YYYY-MM-DD", UNREADABLE),
        ("2024----", "YYYY-MM-DD", "2024"),
        ("2024-", "YYYY-MM-DD", UNREADABLE),
        ("2024---12", "YYYY-MM-DD", UNREADABLE),
        ("202406UN", "YYYYMMDD", "2024-06"),
        ("2024UNUN", "YYYYMMDD", "2024"),
        ("UNK-2024", "MMM-YYYY", "2024"),
        ("UN/2024", "MM/YYYY", "2024"),
        ("2024-UN", "YYYY-MM", "2024"),
        ("Jun UN, 2024", "MMM DD YYYY", "2024-06"),
        ("UN/13/2024", "DD/MM/YYYY", UNREADABLE),
        ("UN/XYZ/2024", "DD/MMM/YYYY", UNREADABLE),
        ("UN/UN/24", "DD/MM/YYYY", UNREADABLE),
        ("00/JUN/2024", "DD/MMM/YYYY", UNREADABLE),
        ("2024-UN-UN", "ISO8601", UNREADABLE),
        ("UN", "DD/MM/YYYY", UNREADABLE),
        # Months in words.
        ("June 22 2021", "MMMM DD YYYY", "2021-06-22"),
        ("JUNE 22, 2021", "MMMM DD YYYY", "2021-06-22"),
        ("Jun 22 2021", "MMMM DD YYYY", UNREADABLE),
        ("June 31 2021", "MMMM DD YYYY", UNREADABLE),
        ("Jun 2, 2021", "MMM DD YYYY", "2021-06-02"),
        ("22 June 2021", "DD MMMM YYYY", "2021-06-22"),
        ("Junius 22 2021", "MMMM DD YYYY", UNREADABLE),
        ("22 Juni 2021", "DD MMMM YYYY", UNREADABLE),
        ("June 2021", "MMMM YYYY", "2021-06"),
        ("JUN/2021", "MMM/YYYY", "2021-06"),
        ("06.2021", "MM.YYYY", "2021-06"),
        ("2021/6", "YYYY/MM", "2021-06"),
        # China, Japan, Korea.
        ("2024年6月12日", "YYYY年MM月DD日", "2024-06-12"),
        ("2024年 06月 12日", "YYYY年MM月DD日", "2024-06-12"),
        ("2024年6月31日", "YYYY年MM月DD日", UNREADABLE),
        ("2024年06月UN日", "YYYY年MM月DD日", "2024-06"),
        ("2024年06月", "YYYY年MM月", "2024-06"),
        ("2024年13月", "YYYY年MM月", UNREADABLE),
        ("2024年", "YYYY年", "2024"),
        ("24年6月12日", "YYYY年MM月DD日", UNREADABLE),
        ("2024년 6월 12일", "YYYY년 MM월 DD일", "2024-06-12"),
        ("2024년6월12일", "YYYY년 MM월 DD일", "2024-06-12"),
        ("2024년 6월", "YYYY년 MM월", "2024-06"),
        ("2024년", "YYYY년", "2024"),
        ("2024. 6. 12.", "YYYY.MM.DD", "2024-06-12"),
        ("2024.06.12", "YYYY.MM.DD", "2024-06-12"),
        # Eras: the first and the last day of each, and the days around them.
        ("令和元年5月1日", "ERA YY年MM月DD日", "2019-05-01"),
        ("令和1年4月30日", "ERA YY年MM月DD日", UNREADABLE),
        ("平成31年4月30日", "ERA YY年MM月DD日", "2019-04-30"),
        ("平成元年1月8日", "ERA YY年MM月DD日", "1989-01-08"),
        ("平成元年1月7日", "ERA YY年MM月DD日", UNREADABLE),
        ("昭和64年1月7日", "ERA YY年MM月DD日", "1989-01-07"),
        ("昭和64年1月8日", "ERA YY年MM月DD日", UNREADABLE),
        ("昭和元年12月25日", "ERA YY年MM月DD日", "1926-12-25"),
        ("大正15年12月24日", "ERA YY年MM月DD日", "1926-12-24"),
        ("大正15年12月25日", "ERA YY年MM月DD日", UNREADABLE),
        ("大正元年7月30日", "ERA YY年MM月DD日", "1912-07-30"),
        ("明治45年7月29日", "ERA YY年MM月DD日", "1912-07-29"),
        ("明治45年7月30日", "ERA YY年MM月DD日", UNREADABLE),
        ("明治6年1月1日", "ERA YY年MM月DD日", "1873-01-01"),
        ("明治5年12月2日", "ERA YY年MM月DD日", UNREADABLE),
        ("R6.6.12", "ERA YY.MM.DD", "2024-06-12"),
        ("R06/06/12", "ERA YY/MM/DD", "2024-06-12"),
        ("H31-04-30", "ERA YY-MM-DD", "2019-04-30"),
        ("S64.1.8", "ERA YY.MM.DD", UNREADABLE),
        ("T1.7.30", "ERA YY.MM.DD", "1912-07-30"),
        ("M45.7.29", "ERA YY.MM.DD", "1912-07-29"),
        ("X6.6.12", "ERA YY.MM.DD", UNREADABLE),
        ("6.6.12", "ERA YY.MM.DD", UNREADABLE),
        ("R0.6.12", "ERA YY.MM.DD", UNREADABLE),
        ("R6.2.30", "ERA YY.MM.DD", UNREADABLE),
        ("令和6年6月", "ERA YY年MM月", "2024-06"),
        ("令和元年4月", "ERA YY年MM月", UNREADABLE),
        ("平成31年4月", "ERA YY年MM月", "2019-04"),
        ("令和元年", "ERA YY年", "2019"),
        ("平成31年", "ERA YY年", "2019"),
        ("平成32年", "ERA YY年", UNREADABLE),
        # Years of the Republic of China.
        ("中華民國113年06月12日", "ROC YYY年MM月DD日", "2024-06-12"),
        ("113年6月12日", "ROC YYY年MM月DD日", "2024-06-12"),
        ("2024年6月12日", "ROC YYY年MM月DD日", UNREADABLE),
        ("民國113年6月", "ROC YYY年MM月", "2024-06"),
        ("民國113年", "ROC YYY年", "2024"),
        ("113.6.12", "ROC YYY.MM.DD", "2024-06-12"),
        ("113-06-12", "ROC YYY-MM-DD", "2024-06-12"),
        ("89/06/12", "ROC YYY/MM/DD", "2000-06-12"),
        ("113/02/29", "ROC YYY/MM/DD", "2024-02-29"),
        ("112/02/29", "ROC YYY/MM/DD", UNREADABLE),
        ("5/06/12", "ROC YYY/MM/DD", UNREADABLE),
        ("1130612", "ROC YYYMMDD", "2024-06-12"),
        ("0890612", "ROC YYYMMDD", "2000-06-12"),
        ("20240612", "ROC YYYMMDD", UNREADABLE),
        ("113/06", "ROC YYY/MM", "2024-06"),
        # Times.
        ("2024-06-12 10:30", "YYYY-MM-DD HH:MM", "2024-06-12T10:30"),
        ("2024-06-12 10:30:59.9", "YYYY-MM-DD HH:MM", "2024-06-12T10:30"),
        ("2024-06-12", "YYYY-MM-DD HH:MM", UNREADABLE),
        ("2024-06-12T10:30", "YYYY-MM-DD HH:MM", UNREADABLE),
        ("2024-06-12 10:30", "YYYY-MM-DD", UNREADABLE),
        ("2024-06-12 10", "YYYY-MM-DD HH:MM", UNREADABLE),
        ("12/06/2024 9:05", "DD/MM/YYYY HH:MM", "2024-06-12T09:05"),
        ("12/06/2024  9:05", "DD/MM/YYYY HH:MM", UNREADABLE),
        ("31/02/2024 10:30", "DD/MM/YYYY HH:MM", UNREADABLE),
        ("12/06/2024 25:00", "DD/MM/YYYY HH:MM", UNREADABLE),
        ("12/06/2024 10:60", "DD/MM/YYYY HH:MM", UNREADABLE),
        ("12/06/2024 10:30 PM", "DD/MM/YYYY HH:MM", UNREADABLE),
        ("12/06/2024 UN:UN", "DD/MM/YYYY HH:MM", "2024-06-12"),
        ("12/06/2024 --:--", "DD/MM/YYYY HH:MM", "2024-06-12"),
        ("UN/JUN/2024 UN:UN", "DD/MMM/YYYY HH:MM", "2024-06"),
        ("UN/UNK/2024 10:30", "DD/MMM/YYYY HH:MM", "2024"),
        ("UNK", "DD/MM/YYYY HH:MM", UNREADABLE),
        ("31/02/2024 UN:UN", "DD/MM/YYYY HH:MM", UNREADABLE),
        ("令和6年6月12日 10:30", "ERA YY年MM月DD日 HH:MM", "2024-06-12T10:30"),
        ("113/06/12 10:30", "ROC YYY/MM/DD HH:MM", "2024-06-12T10:30"),
        ("12JUN2024:10:30:00.000", "DDMMMYYYY:HH:MM", "2024-06-12T10:30"),
        ("12JUN2024:24:00:00", "DDMMMYYYY:HH:MM", "2024-06-13T00:00"),
        ("12JUN2024 10:30", "DDMMMYYYY:HH:MM", UNREADABLE),
        # The moment between two days.
        ("2024-06-12T24:00:00.000", "ISO8601", "2024-06-13T00:00"),
        ("2024-02-28 24:00", "YYYY-MM-DD HH:MM", "2024-02-29T00:00"),
        ("2024-06-12T24:01", "ISO8601", UNREADABLE),
        ("2024-02-30T24:00", "ISO8601", UNREADABLE),
        ("2199-12-31T24:00", "ISO8601", UNREADABLE),
        # Clocks of twelve hours.
        ("06/12/2024 12:30 PM", "MM/DD/YYYY HH:MM AM", "2024-06-12T12:30"),
        ("06/12/2024 1:05:09 pm", "MM/DD/YYYY HH:MM AM", "2024-06-12T13:05"),
        ("06/12/2024 01:05PM", "MM/DD/YYYY HH:MM AM", "2024-06-12T13:05"),
        ("06/12/2024 13:05 PM", "MM/DD/YYYY HH:MM AM", UNREADABLE),
        ("06/12/2024 0:05 AM", "MM/DD/YYYY HH:MM AM", UNREADABLE),
        ("06/12/2024 1:05", "MM/DD/YYYY HH:MM AM", UNREADABLE),
        ("06/12/2024 UN:UN", "MM/DD/YYYY HH:MM AM", "2024-06-12"),
        ("2024年6月12日 1:05 PM", "YYYY年MM月DD日 HH:MM AM", "2024-06-12T13:05"),
        # Zones: the wall clock stays, whatever the zone.
        ("2024-06-12T10:30:15.5-05:00", "ISO8601+ZONE", "2024-06-12T10:30"),
        ("2024-06-12T10:30+0530", "ISO8601+ZONE", "2024-06-12T10:30"),
        ("2024-06-12T10:30+09", "ISO8601+ZONE", "2024-06-12T10:30"),
        ("2024-06-12T10:30", "ISO8601+ZONE", "2024-06-12T10:30"),
        ("2024-06", "ISO8601+ZONE", "2024-06"),
        ("2024-06-12T10:30+15:00", "ISO8601+ZONE", UNREADABLE),
        ("2024-06-12T10:30 CET", "ISO8601+ZONE", UNREADABLE),
        ("2024-06-12Z", "ISO8601+ZONE", UNREADABLE),
        ("2024-06-12T24:00Z", "ISO8601+ZONE", "2024-06-13T00:00"),
        ("2024-06-12 10:30:00 UTC", "YYYY-MM-DD HH:MM+ZONE", "2024-06-12T10:30"),
        ("2024-06-12 10:30:00+09", "YYYY-MM-DD HH:MM+ZONE", "2024-06-12T10:30"),
        ("2024-06-12 10:30:00+09", "YYYY-MM-DD HH:MM", UNREADABLE),
    ],
)  # fmt: skip
def test_a_format_reads_what_it_names_and_nothing_else(
    raw: str, name: str, iso: str | None, functions: Functions
) -> None:
    assert read(functions, raw, name) == iso


# One text or more of every format of a day or of a part of a date.
SAMPLES = [
    "2024-03-04", "2024-03", "2024", "2024/3/4", "2024/03/04", "2024.03.04", "2024. 3. 4.", "20240304", "03/04/2024",
    "3/4/2024", "03-04-2024", "03.04.2024", "04-MAR-2024", "04/Mar/2024", "4 Mar 2024", "04MAR2024", "04 March 2024",
    "Mar 4, 2024", "March 4 2024", "May 4 2024", "4 May 2024", "May 2024", "03/2024", "03.2024", "2024/03", "Mar-2024",
    "Mar/2024", "Mar 2024", "March 2024", "2024年3月4日", "2024年3月", "2024年", "2024년 3월 4일", "2024년 3월", "2024년",
    "令和6年3月4日", "令和6年3月", "令和6年", "R6.3.4", "R06/03/04", "R6-3-4", "民國113年3月4日", "民國113年3月", "113年",
    "113/03/04", "113.3.4", "113-03-04", "1130304", "113/03", "10/03/04", "12/03/04", "10.03.04", "10-03-04", "99/12/11",
    "UN/UN/2024", "UN/03/2024", "03/UN/2024", "UN-MAR-2024", "UN-UNK-2024", "2024-UN-UN", "2024---", "2024--", "----2024",
    "UNK-2024", "--/--/2024", "01--2024", "01---2024", "2024-03--", "2024--03", "01-UNK-2024", "UNUNK2024", "2024UNUN",
    "1231200", "0991231", "0120304", "2024-03-04T10:30", "2024-03-04T10:30Z",
]  # fmt: skip


def test_two_formats_that_read_one_text_differently_cannot_be_declared_together(functions: Functions) -> None:
    days = [name for name in DATE_FORMATS if "HH:MM" not in name]
    readings = {
        name: dict(
            functions.execute(
                f"SELECT raw, {read_date_sql('raw', [name])} FROM (SELECT unnest(?::VARCHAR[]) AS raw)", [SAMPLES]
            ).fetchall()
        )
        for name in days
    }
    assert [name for name, read in readings.items() if not any(read.values())] == []
    for one, other in combinations(days, 2):
        differing = [
            raw for raw, iso in readings[one].items()
            if iso is not None and readings[other][raw] is not None and iso != readings[other][raw]
        ]  # fmt: skip
        assert bool(differing) == (find_ambiguous([one, other]) is not None), (one, other, differing)


@pytest.mark.parametrize(
    ("formats", "ambiguous"),
    [
        (["DD/MM/YYYY HH:MM", "YYYY", "MM/DD/YYYY HH:MM AM"], ("DD/MM/YYYY HH:MM", "MM/DD/YYYY HH:MM AM")),
        (["MM-DD-YYYY", "DD-MM-YYYY HH:MM+ZONE"], ("MM-DD-YYYY", "DD-MM-YYYY HH:MM+ZONE")),
        (["DD/MM/YYYY", "DD/MM/YYYY HH:MM"], None),
        (["DD/MM/YYYY", "MM-DD-YYYY"], None),
        ([], None),
    ],
)
def test_a_time_behind_the_day_settles_no_order(formats: list[str], ambiguous: tuple[str, str] | None) -> None:
    assert find_ambiguous(formats) == ambiguous


def test_the_opposite_of_a_format_has_the_same_time() -> None:
    assert opposite_of("DD/MM/YYYY HH:MM AM") == "MM/DD/YYYY HH:MM AM"
    assert opposite_of("MM-DD-YYYY") == "DD-MM-YYYY"
    assert opposite_of("DD.MM.YYYY") is None
    assert day_of_format("YYYY-MM-DD HH:MM+ZONE") == "YYYY-MM-DD"


@settings(deadline=None)
@given(raw=st.text(alphabet="0129UNK年月日令和RMJunFeb.-/ :TZ+AP", max_size=20), name=st.sampled_from(DATE_FORMATS))
def test_no_text_breaks_a_format_or_gives_what_is_no_date(raw: str, name: str, functions: Functions) -> None:
    iso = read(functions, raw, name)
    if iso is not None:
        valid = functions.execute("SELECT iso_calendar_date(?), first_day(?) IS NOT NULL", [iso, iso]).fetchone()
        assert valid == (iso, True)
