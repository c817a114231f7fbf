"""Date formats are proposed by counts over all values; where the values leave it open, nothing is written for them."""

from __future__ import annotations

import re
from datetime import date

import duckdb
import pytest
from date_texts import FORTY, READINGS, SAMPLES
from hypothesis import given, settings
from hypothesis import strategies as st
from landed_exports import loaded, put, written

from pipelines.date_formats import DATE_FORMATS
from pipelines.date_functions import read_date_sql
from pipelines.errors import ConfigError
from pipelines.onboarding.date_fits import DateCounts, formats_that_fit, guess_formats
from pipelines.settings import Home
from pipelines.study_source import Expression


def counts(*values: str, site: str = "101") -> DateCounts:
    dates = DateCounts()
    for value in values:
        dates.add(formats_that_fit(value), 1, site)
    return dates


# One column of true or false a format.
READABLE = ", ".join(f"{read_date_sql('raw', [name])} IS NOT NULL" for name in DATE_FORMATS)

SEPARATED = re.compile("[0-9]{1,4}[-/. ][0-9A-Za-z]{1,3}[-/. ][0-9]{2,4}", re.ASCII)
OF_AN_ERA = re.compile("(令和|平成|昭和|大正|明治|[RHSTM])([0-9]{1,2}|元)[.年][0-9]{1,2}[.月][0-9]{1,2}日?")
OF_THE_REPUBLIC = re.compile("(民國)?[0-9]{1,3}[-/.年]?[0-9]{1,2}[-/.月]?[0-9]{1,2}日?( [0-9]{1,2}:[0-9]{2})?")
WRITTEN = st.one_of(
    st.dates(min_value=date(1795, 1, 1), max_value=date(2205, 1, 1)).flatmap(
        lambda day: st.sampled_from(
            [
                "%Y-%m-%d",
                "%d/%m/%Y",
                "%m/%d/%Y",
                "%d-%b-%Y",
                "%d.%m.%Y",
                "%Y%m%d",
                "%b-%Y",
                "%Y",
                "%Y-%m-%dT%H:%M",
                "%d%b%Y",
                "%B %d, %Y",
                "%d %B %Y %I:%M %p",
                "%d/%m/%Y %H:%M:%S",
                "%Y年%m月%d日",
                "UN-%b-%Y",
                "%m/UK/%Y 24:00",
                "%Y-UN-UN",
            ]
        ).map(day.strftime)
    ),
    *(st.from_regex(pattern, fullmatch=True) for pattern in (SEPARATED, OF_AN_ERA, OF_THE_REPUBLIC)),
)


def assert_fits_are_readings(functions: duckdb.DuckDBPyConnection, texts: list[str]) -> None:
    query = f"SELECT raw, [{READABLE}] FROM (SELECT unnest(?::VARCHAR[]) AS raw)"
    for raw, fits in functions.execute(query, [texts]).fetchall():
        assert set(formats_that_fit(raw)) == {name for name, fit in zip(DATE_FORMATS, fits, strict=True) if fit}, raw


# Many texts a query: what takes long is its plan, with all formats in it.
@settings(deadline=None, max_examples=6)
@given(texts=st.lists(WRITTEN, min_size=40, max_size=60))
def test_a_text_fits_the_formats_in_which_the_warehouse_reads_it(
    functions: duckdb.DuckDBPyConnection, texts: list[str]
) -> None:
    assert_fits_are_readings(functions, texts)


def test_every_known_way_of_writing_fits_as_it_is_read(functions: duckdb.DuckDBPyConnection) -> None:
    assert_fits_are_readings(functions, [*SAMPLES, *(raw for raw, *_ in (*FORTY, *READINGS))])


@pytest.mark.parametrize(
    ("values", "formats", "why"),
    [
        (["2024-01-05"], ["YYYY-MM-DD"], "YYYY-MM-DD fits 1 of 1"),
        (["2024-01-05", "2024-01"], ["ISO8601"], "ISO8601 fits 2 of 2"),
        (["2024-01-05T10:00"], ["ISO8601"], "ISO8601 fits 1 of 1"),
        (["05-Jan-2024", "Jan-2024", "2024"], ["DD-MMM-YYYY", "MMM-YYYY", "YYYY"], "fits 1 of 3"),
        (["13/01/2024", "05/06/2024"], ["DD/MM/YYYY"], "fits 2 of 2; MM/DD/YYYY would fit 1; settled at 1 of 1 sites"),
        (["01/13/2024", "05/06/2024"], ["MM/DD/YYYY"], "DD/MM/YYYY would fit 1"),
        # What nobody but the site can know.
        (["05/06/2024", "01/02/2024"], [], "DD/MM/YYYY fits 2 of 2, MM/DD/YYYY 2; write the one that is delivered"),
        (["05-06-2024"], [], "DD-MM-YYYY fits 1 of 1, MM-DD-YYYY 1"),
        (["13/01/2024", "01/13/2024", "05/06/2024"], [], "each reads values that the other does not; ask the sites"),
    ],
)
def test_the_formats_are_those_the_counts_speak_for(values: list[str], formats: list[str], why: str) -> None:
    guess = guess_formats(counts(*values), len(values))
    assert guess is not None
    assert guess.formats == formats
    assert why in guess.why


def test_a_column_of_which_few_values_are_dates_is_no_date() -> None:
    assert guess_formats(counts("2024-01-05", "no", "no"), 3) is None


def test_dates_without_separators_are_taken_where_the_name_says_that_they_are_dates(home: Home) -> None:
    header = "SUBJID,AETERM,AESTDAT,EXTRACTDATE\n"
    put(home, "101/edc/AE.csv", header + "1,a,20240101,20240301\n2,b,20240102,20240301\n")
    study = loaded(home)
    assert study.map["AE"][0].variables["AESTDTC"] == Expression(item="AESTDAT")
    assert study.sources["AE"].dates == {"AESTDAT": ["YYYYMMDD"], "EXTRACTDATE": ["YYYYMMDD"]}
    assert study.sources["AE"].extract_date == Expression(item="EXTRACTDATE")


def test_a_whole_date_without_separators_is_taken_where_its_parts_say_no_more(home: Home) -> None:
    put(home, "101/edc/AE.csv", "SUBJID,AETERM,AESTDAT,AESTDAT_YY,AESTDAT_MM\n1,a,20240105,2024,1\n")
    assert loaded(home).map["AE"][0].variables["AESTDTC"] == Expression(item="AESTDAT")


@pytest.mark.parametrize(("value", "found"), [("20240101", False), ("2024-01-01", True)])
def test_what_may_be_a_number_is_no_date_where_only_a_pattern_finds_the_column(
    home: Home, value: str, found: bool
) -> None:
    put(home, "101/ctms/SITE.csv", f"SITEID,COUNTRY,SITE_ACTIVITY\n101,DE,{value}\n")
    assert ("activation_date" in loaded(home).map["SITE"][0].variables) is found


def test_an_open_format_has_the_study_refused_until_a_human_decides(home: Home) -> None:
    put(home, "101/edc/AE.csv", "subjid,aeterm,aestdat\n1,a,05/06/2024\n2,b,01/02/2024\n")
    assert "aestdat: []  # TODO: DD/MM/YYYY fits 2 of 2, MM/DD/YYYY 2; write the one that is delivered" in written(home)
    with pytest.raises(ConfigError, match="name at least one date format") as refused:
        loaded(home)
    line = refused.value.path.read_text(encoding="utf-8").splitlines()[(refused.value.line or 0) - 1]
    assert "aestdat: []" in line


def test_the_site_that_settles_the_format_decides_for_all_and_is_counted(home: Home) -> None:
    put(home, "101/edc/AE.csv", "subjid,aeterm,aestdat\n1,a,05/06/2024\n")
    put(home, "102/edc/AE.csv", "subjid,aeterm,aestdat\n2,a,25/06/2024\n")
    assert (
        "aestdat: [DD/MM/YYYY]  # CONFIRM: DD/MM/YYYY fits 2 of 2; MM/DD/YYYY would fit 1; settled at 1 of 2"
        in written(home)
    )
    assert loaded(home).sources["AE"].formats_of("aestdat") == ["DD/MM/YYYY"]
