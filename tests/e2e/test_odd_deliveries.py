"""Files that can be read and yet are odd, one way at each site: taken in, told, and compared as what they mean."""

from __future__ import annotations

import csv
import html
import io
import unicodedata
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
import yaml
from rooms import StudyRun, run_through_the_rooms

from pipelines.ingest import ingest_study, read_deliveries
from pipelines.settings import Home
from pipelines.simulate import simulate_portfolio
from pipelines.study import load_study

pytestmark = pytest.mark.slow

STUDY = "SIM-001"
REPEATS, KEYS, DRIFT, CONTROL, FORMS, JINJA, REFUSED, CLEAN = range(8)

LONG, PLACE = 25_010, 25_000
CONTROLS = ["a\x00b", "a\x1b[2Jb", "a\u202eb"]
# What the export writes, and the text that it stands for.
FORMS_OF = {
    "first": lambda text: "".join(chr(ord(digit) + 0xFEE0) for digit in text),  # full width
    "second": lambda text: f"\u00a0{text}",
    "third": lambda text: f"{text[:3]}\u200b{text[3:]}",
}
# Source -> what differs between two records of one key.
CHANGED = {
    "DM": ("race", "OTHER"),
    "VISDT": ("visit_dt", "2025-12-30"),
    "AE": ("aeacn", "DRUG INTERRUPTED"),
    "EX": ("exdosfrq", "BID"),
    "LB": ("orres", "1"),
}
TEMPLATES = [
    "{{ 7 * 7 }}",
    "{% for x in range(9) %}x{% endfor %}",
    "{{ run_query('drop schema marts cascade') }}",
    "{% do adapter.drop_schema('marts') %}",
    "{# gone #}{{ env_var('HOME') }}",
]

Rows = list[list[str]]


def latest_file(site: Path, pattern: str) -> Path:
    """Return the file of a source that a site delivered last."""
    return max(site.glob(pattern), key=lambda path: path.stat().st_mtime_ns)


class Landing:
    """The landing folder of a simulated study, whose files are rewritten row by row."""

    def __init__(self, home: Home) -> None:
        self.sources = load_study(home.study_file(STUDY)).sources
        self.sites = sorted((home.landing / STUDY).iterdir())

    def change(self, site: int, source: str, change: Callable[[list[str], Rows], Rows]) -> None:
        """Replace a file's rows; `change` gets the header, which it may extend, and the rows."""
        path = latest_file(self.sites[site], self.sources[source].path)
        encoding = self.sources[source].encoding
        header, *rows = csv.reader(io.StringIO(path.read_bytes().decode(encoding), newline=""))
        text = io.StringIO(newline="")
        rows = change(header, rows)
        csv.writer(text).writerows([header, *rows])
        path.write_bytes(text.getvalue().encode(encoding))


def with_value(rows: Rows, header: list[str], column: str, values: list[str]) -> Rows:
    """Return rows whose first ones hold the given values in a column."""
    at = header.index(column)
    return [
        [*row[:at], values[index], *row[at + 1 :]] if index < len(values) else row for index, row in enumerate(rows)
    ]


def with_changed_copies(column: str, value: str, header: list[str], rows: Rows) -> Rows:
    """Return rows and, behind them, the first two again with another value in a column."""
    return [*rows, *with_value(rows[:2], header, column, [value] * 2)]


def long_file(header: list[str], rows: Rows) -> Rows:
    """Repeat the first row until the file is long, each time with another visit; row 25,000 is of other types."""
    place = {name: header.index(name) for name in ("visnum", "siresn", "orres", "lb_dt")}
    long = []
    for number in range(1, LONG + 1):
        row = list(rows[0])
        row[place["visnum"]] = str(number)
        row[place["siresn"]], row[place["orres"]] = ("1.5", "007") if number == PLACE else ("1", "1")
        if number == PLACE:
            row[place["lb_dt"]] = "soon"
        elif number == PLACE + 1:
            row[place["siresn"]] = "1,5"
        long.append(row)
    return long


def write_templates(home: Home) -> None:
    """Write templates wherever study.yml takes a word: title, visit, constant, column, value map, parameter."""
    path = home.study_file(STUDY)
    study: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    study["title"], study["sponsor"] = TEMPLATES[0], TEMPLATES[4]
    study["visits"] += [{"name": template} for template in TEMPLATES]
    study["map"]["VS"][0]["variables"]["VSPOS"] = {"value": TEMPLATES[2]}
    study["map"]["DV"][0]["variables"]["DVCAT"] = {"item": TEMPLATES[0], "values": {TEMPLATES[1]: TEMPLATES[3]}}
    study["sources"]["DEVIATIONS"]["aliases"] = {"companycategory": TEMPLATES[0]}
    columns = study["sources"]["DEVIATIONS"]["columns"]["required"]
    columns[columns.index("companycategory")] = TEMPLATES[0]
    study.setdefault("parameters", {})["IC-02"] = {"pre_consent_allowed": TEMPLATES}
    path.write_text(yaml.safe_dump(study, allow_unicode=True, sort_keys=False), encoding="utf-8")


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> StudyRun:
    """A clean study in which each site but the last delivers something odd, run."""
    home = Home(tmp_path_factory.mktemp("odd"))
    simulate_portfolio(home, studies=1, sites=8, subjects=6, seed=5, clean=True)
    write_templates(home)
    landing = Landing(home)
    for source, (column, value) in CHANGED.items():
        landing.change(REPEATS, source, lambda _, rows: [*rows, *rows[:2]])
        landing.change(KEYS, source, partial(with_changed_copies, column, value))
    landing.change(DRIFT, "LB", long_file)
    landing.change(DRIFT, "AE", lambda header, rows: with_value(rows, header, "aeser", ["Oui", "1"]))
    landing.change(CONTROL, "AE", lambda header, rows: with_value(rows, header, "aeterm", CONTROLS))
    landing.change(FORMS, "AE", in_other_forms)
    landing.change(JINJA, "AE", full_of_templates)
    landing.change(JINJA, "DEVIATIONS", lambda header, rows: [*rows, deviation(header)])
    ingest_study(home, load_study(home.study_file(STUDY)))
    landing.change(REFUSED, "AE", without_subject)
    landing.change(REFUSED, "LB", lambda _, rows: [*rows, [*rows[0], "one field more"]])
    return run_through_the_rooms(home, STUDY)


def in_other_forms(header: list[str], rows: Rows) -> Rows:
    """Write the subjects and terms of the first rows in other forms."""
    subjects = [write(row[header.index("subjid")]) for write, row in zip(FORMS_OF.values(), rows, strict=False)]
    terms = [unicodedata.normalize("NFD", "Übelkeit"), "\ufeffMigraine", "Back\u3000pain"]
    return with_value(with_value(rows, header, "subjid", subjects), header, "aeterm", terms)


def full_of_templates(header: list[str], rows: Rows) -> Rows:
    rows = with_value(rows, header, "aeterm", TEMPLATES)
    header += TEMPLATES
    return [[*row, *TEMPLATES] for row in rows]


def deviation(header: list[str]) -> list[str]:
    """Return a deviation of the category that study.yml maps."""
    return [TEMPLATES[1] if name == "companycategory" else "" for name in header]


def without_subject(header: list[str], rows: Rows) -> Rows:
    header[header.index("subjid")] = "patient"
    return rows


def site_of(run: StudyRun, site: int) -> str:
    return str(sorted(run.sites["site"])[site])


def details(run: StudyRun, site: int, check_id: str = "X-09") -> list[dict[str, Any]]:
    own = run.findings.filter((pl.col("check_id") == check_id) & (pl.col("site") == site_of(run, site)))
    return own.sort("record").to_dicts()


def query(run: StudyRun, sql: str, *arguments: object) -> list[tuple[Any, ...]]:
    with duckdb.connect(run.home.warehouse_file(STUDY), read_only=True) as connection:
        return connection.execute(sql, list(arguments)).fetchall()


def test_every_row_that_is_sent_twice_is_counted(odd: StudyRun) -> None:
    """F26: of all files of 8 sites, five hold two rows twice."""
    told = read_deliveries(odd.home, STUDY).filter(pl.col("repeated_rows") > 0)
    assert sorted(told.select("site", "file", "repeated_rows").iter_rows()) == [
        (site_of(odd, REPEATS), name, 2) for name in ("AE.csv", "DM.csv", "EX.csv", "LB.csv", "VISDT.csv")
    ]


@pytest.mark.parametrize("site", [REPEATS, KEYS])
@pytest.mark.parametrize(
    ("check_id", "table", "findings"),
    # Each second row is a finding; of events that are entered twice, both are.
    [("DM-01", "dm", 2), ("SV-04", "sv", 2), ("AE-07", "ae", 4), ("EX-03", "ex", 2), ("LB-09", "lb", 2)],
)
def test_rows_that_share_a_key_are_found_and_told_apart(
    odd: StudyRun, site: int, check_id: str, table: str, findings: int
) -> None:
    """F26: whether a row comes twice as it is or changed, its two records are told apart and found."""
    found = details(odd, site, check_id)
    assert len({finding["record"] for finding in found}) == len(found) == findings
    assert all("#" in finding["record"] for finding in found)
    of_site = f"FROM marts.{table} WHERE site = ? AND contains(record, ' #')"
    assert query(odd, f"SELECT count(DISTINCT (subject, record)) {of_site}", site_of(odd, site)) == [(4,)]


def test_a_type_that_drifts_is_told_with_variable_and_row_and_nothing_is_rounded(odd: StudyRun) -> None:
    """F30: row 25,000 holds 007, 1.5 and a date that is none, row 25,001 a number with a comma; AE words for yes."""
    told = {finding["source_row"]: finding["message"] for finding in details(odd, DRIFT)}
    assert set(told) == {1, PLACE, PLACE + 1}
    assert '2 values of AESER cannot be read as yes or no, the first in row 1: "Oui", "1"' in told[1]
    assert f"1 values of LBDTC cannot be read as date, the first in row {PLACE}" in told[PLACE]
    assert f"1 values of LBSTRESN cannot be read as number, the first in row {PLACE + 1}" in told[PLACE + 1]
    columns = "LBORRES, LBSTRESN, LBSTRESN_raw, LBDTC, LBDTC_raw"
    rows = query(
        odd,
        f"SELECT {columns} FROM marts.lb WHERE site = ? AND source_row IN (?, ?) ORDER BY source_row",
        site_of(odd, DRIFT), PLACE, PLACE + 1,
    )  # fmt: skip
    assert [row[:3] for row in rows] == [("007", 1.5, "1.5"), ("1", None, "1,5")]
    assert rows[0][3:] == (None, "soon")
    assert query(odd, "SELECT count(*) FROM marts.lb WHERE site = ?", site_of(odd, DRIFT)) == [(LONG,)]


def test_control_characters_are_told_and_shown_escaped(odd: StudyRun) -> None:
    """F34: NUL, escape and a bidi override stay in the data, and nowhere on the page."""
    (finding,) = details(odd, CONTROL)
    assert "3 values of aeterm with control characters" in finding["message"]
    assert (finding["severity"], finding["source_row"]) == ("major", 1)
    kept = query(odd, "SELECT AETERM FROM marts.ae WHERE site = ? ORDER BY source_row LIMIT 3", site_of(odd, CONTROL))
    assert [row[0] for row in kept] == CONTROLS
    page = (odd.home.reports / STUDY / "index.html").read_bytes().decode()
    assert not {"\x00", "\x1b", "\u202e"} & set(page)


def test_text_in_other_forms_is_compared_as_what_it_means(odd: StudyRun) -> None:
    """F35: the subjects are known, the text as it came is in the store, and two findings say so."""
    site = site_of(odd, FORMS)
    for column, finding in zip(("aeterm", "subjid"), details(odd, FORMS), strict=True):
        assert (finding["dataset"], finding["severity"], finding["source_row"]) == ("AE", "minor", 1)
        assert f"3 values of {column} with no-break or zero-width spaces" in finding["message"]
    others = odd.findings.filter((pl.col("site") == site) & (pl.col("check_id") != "X-09"))
    assert others.is_empty()
    terms = query(odd, "SELECT AETERM FROM marts.ae WHERE site = ? ORDER BY source_row LIMIT 3", site)
    assert terms == [("Übelkeit",), ("Migraine",), ("Back pain",)]


def test_templates_in_data_and_labels_are_text(odd: StudyRun) -> None:
    """F49: five templates as values, headers and in study.yml are neither run nor lost."""
    site = site_of(odd, JINJA)
    terms = query(odd, "SELECT AETERM FROM marts.ae WHERE site = ? ORDER BY source_row", site)
    assert [term for (term,) in terms[:5]] == TEMPLATES
    assert query(odd, "SELECT DISTINCT VSPOS FROM marts.vs WHERE site = ? AND VSPOS IS NOT NULL", site) == [
        (TEMPLATES[2],)
    ]
    mapped = query(odd, "SELECT DVCAT FROM marts.dv WHERE site = ? ORDER BY source_row DESC LIMIT 1", site)
    assert mapped == [(TEMPLATES[3],)]
    visits = query(odd, "SELECT visit FROM settings.visit WHERE visitnum IS NULL ORDER BY rowid")
    assert [visit for (visit,) in visits] == TEMPLATES
    allowed = "SELECT value FROM settings.parameter WHERE name = 'pre_consent_allowed' ORDER BY position"
    assert [value for (value,) in query(odd, allowed)] == TEMPLATES
    new = [finding["message"] for finding in details(odd, JINJA)]
    assert [template for template in TEMPLATES if any(template in message for message in new)] == TEMPLATES
    page = (odd.home.reports / STUDY / "index.html").read_text(encoding="utf-8")
    assert html.escape(TEMPLATES[0]) in page
    assert "error" not in set(odd.verdicts["status"])


def test_a_refused_file_is_told_and_the_last_good_one_stays(odd: StudyRun) -> None:
    """A file without its subjects is another layout (X-09); a broken row is no question of layout."""
    (finding,) = details(odd, REFUSED)
    assert "the file received last was refused: the file has no column subjid" in finding["message"]
    own = odd.verdicts.filter((pl.col("site") == site_of(odd, REFUSED)) & (pl.col("check_id") == "AE-01"))
    assert own["status"].to_list() == ["pass"]


def test_the_last_site_is_untouched_by_the_others(odd: StudyRun) -> None:
    own = odd.findings.filter(pl.col("site") == site_of(odd, CLEAN))
    assert own.is_empty()
