"""What study.yml may say: every mistake is refused at load with its line and the nearest right name (F64)."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.cron_text import cron_problem
from pipelines.errors import ConfigError
from pipelines.study import Study, load_located_study, load_study
from pipelines.study_errors import allowed_keys
from pipelines.study_source import Source
from pipelines.study_values import DateFormat

GOOD = """\
study: ST-1
title: 'no'
sponsor: 007
schedule: {cron: "0 5 * * 1-5", timezone: Europe/Berlin}
sites:
  - {id: "0101", country: NO, activation_date: 2024-02-29}
  - id: 102
visits:
  - {name: Screening, num: 1}
  - {name: Week 4, num: 1.10, day: 28}
sources:
  AE:
    path: edc/AE.csv
    subject: subjid
    missing: [NA, null]
    dates:
      aest_dt: [YYYY-MM-DD, YYYY]
    columns: {required: [subjid], optional: ["*_nsv"]}
  VS:
    path: edc/VS.csv
    encoding: cp1252
    delimiter: ";"
    subject: {sql: "split_part(subject, '-', 1)"}
map:
  AE:
    - from: AE
      variables:
        AETERM: aeterm
        AESTDTC: aest_dt
        AEENDTC: {year: yy, month: mm, day: dd}
        AESER: {item: aeser, values: {Yes: Y, No: N}}
  VS:
    - from: VS
      where: form = 'VS'
      measurements:
        - testcd: SYSBP
          test: Systolic
          result: sysbp
          unit: {value: mmHg}
parameters:
  E-01: {max_lag_days: 10}
"""


def write_study(folder: Path, text: str | bytes, name: str = "ST-1") -> Path:
    path = folder / name / "study.yml"
    path.parent.mkdir(parents=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def refusal(path: Path) -> tuple[int | None, str]:
    with pytest.raises(ConfigError) as caught:
        load_study(path)
    assert str(caught.value).startswith(str(path))
    return caught.value.line, caught.value.message


def line_of(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


def test_scalars_stay_the_text_that_is_written(tmp_path: Path) -> None:
    study = load_study(write_study(tmp_path, GOOD))
    assert (study.title, study.sponsor) == ("no", "007")
    assert study.sites[0].id == "0101"
    assert study.sites[0].country == "NO"
    assert study.sites[0].activation_date == "2024-02-29"
    assert study.sites[1].id == "102"
    assert study.sources["AE"].missing == ["NA", "null"]
    assert study.map["AE"][0].variables["AESER"].values == {"Yes": "Y", "No": "N"}
    assert [visit.num for visit in study.visits] == [1.0, 1.1]
    assert study.parameters == {"E-01": {"max_lag_days": "10"}}


def test_each_value_knows_its_line(tmp_path: Path) -> None:
    document = load_located_study(write_study(tmp_path, GOOD))[1]
    assert document.line_of(("map", "AE", 0, "variables", "AESTDTC")) == line_of(GOOD, "AESTDTC")
    assert document.line_of(("sources", "VS", "subject", "sql")) == line_of(GOOD, "split_part")
    assert document.line_of(("sources", "VS", "quote")) == line_of(GOOD, "  VS:")


# What stands in GOOD, what is written instead, what the message says, and what the line that it names begins with.
MISTAKES = [
    # Keys: at each level the nearest of those that are allowed there.
    ("sponsor: 007", "sponsr: 007", 'unknown key "sponsr". Did you mean "sponsor"?', "sponsr"),
    ("timezone: Europe", "timzone: Europe", 'Did you mean "timezone"?', "schedule"),
    ("country: NO", "contry: NO", 'Did you mean "country"?', '  - {id: "0101"'),
    ("day: 28", "dayy: 28", 'Did you mean "day"?', "  - {name: Week 4"),
    ("    path: edc/AE", "    paths: edc/AE", 'Did you mean "path"?', "    paths"),
    ("optional:", "optionl:", 'Did you mean "optional"?', "    columns"),
    ("    - from: AE", "    - form: AE", 'Did you mean "from"?', "    - form"),
    ("      where: form", "      wher: form", 'Did you mean "where"?', "      wher"),
    ("result: sysbp", "resultat: sysbp", 'Did you mean "result"?', "          resultat"),
    ("{value: mmHg}", "{vlaue: mmHg}", 'Did you mean "value"?', "          unit"),
    ("{item: aeser", "{itm: aeser", 'Did you mean "item"?', "        AESER"),
    ("{item: aeser", "{zzz: aeser", "Known here: item, values, value, sql, year, month, day", "        AESER"),
    ("title: 'no'\n", "", '"title" is missing', "study"),
    ("          test: Systolic\n", "", 'map.VS.0.measurements.0: "test" is missing', "        - testcd"),
    # Names.
    ("  AE:\n    - from", "  AES:\n    - from", '"AES" is not a dataset. Did you mean "AE"?', "  AES"),
    ("AETERM: aeterm", "AETRM: aeterm", 'AE has no variable AETRM. Did you mean "AETERM"?', "        AETRM"),
    ("- from: AE", "- from: AEE", '"AEE" is not a source. Did you mean "AE"?', "    - from: AEE"),
    ("  VS:\n    - from", "  DM:\n    - from", "DM holds no measurements", "      measurements"),
    ("study: ST-1", "study: ST-2", 'the folder is "ST-1" but the study is "ST-2"', "study"),
    ("study: ST-1", 'study: "../ST-1"', '"../ST-1" is not a name', "study"),
    ("id: 102", "id: -102", 'sites.1.id: "-102" is not a name', "  - id"),
    ("id: 102", 'id: "102\\n"', "is not a name", "  - id"),
    ("  VS:\n    path", '  "V S":\n    path', '"V S" is not a name', '  "V S"'),
    ("id: 102", 'id: "0101"', 'site "0101" is given twice, first in line 6', "  - id"),
    ("name: Week 4", "name: Screening", 'visit "Screening" is given twice, first in line 9', "  - {name: Screening"),
    ("edc/VS.csv", "edc/AE.csv", 'path "edc/AE.csv" is given twice, first in line 13', "    path"),
    # How files are written.
    ("    encoding: cp1252", "    format: xlxs", 'Did you mean "xlsx"', "    format"),
    ("cp1252", "utf-9", '"utf-9" is not a known encoding', "    encoding"),
    ('";"', '"||"', "delimiter: String should have at most 1 character", "    delimiter"),
    ('";"', "'\"'", "delimiter and quote are the same character", "  VS"),
    ("edc/VS.csv", "../VS.csv", "path is <system>/<file pattern>", "    path"),
    ("edc/VS.csv", "/etc/passwd", "path is <system>/<file pattern>", "    path"),
    ("edc/VS.csv", "VS.csv", "path is <system>/<file pattern>", "    path"),
    # What the format of the source never reads.
    ("AE.csv", "AE.*\n    format: xlsx\n    encoding: cp1252", "encoding means nothing to format: xlsx", "    enc"),
    ("AE.csv", "AE.*\n    format: odm\n    encoding: cp1252", "encoding means nothing to format: odm", "    encoding"),
    ("    encoding: cp1252", "    format: xpt", "delimiter means nothing to format: xpt", "    delimiter"),
    ("    encoding: cp1252", "    header_rows: 2", "header_rows means nothing to format: csv", "    header_rows"),
    ("AE.csv", "AE.*\n    format: xpt\n    decimal: ','", "numbers of format: xpt come with a point", "    decimal"),
    ("AE.csv", "AE.*\n    format: xlsx\n    decimal: ','", "numbers of format: xlsx come with a point", "    decimal"),
    # What siteproof init left open.
    ("subject: subjid", "subject: TODO", "sources.AE.subject: still open: write the column that holds", "    subject"),
    ("subject: subjid", "site: TODO", "sources.AE.site.item: still open: write the column", "    site"),
    ("AETERM: aeterm", "AETERM: TODO", "variables.AETERM.item: still open: write the column", "        AETERM"),
    ("{item: aeser", "{item: TODO", "still open: write the column that is meant", "        AESER"),
    ("month: mm", "month: TODO", "still open: write the column that is meant", "        AEENDTC"),
    ("result: sysbp", "result: TODO", "measurements.0.result: still open: write the column", "          result"),
    # Dates.
    ("[YYYY-MM-DD, YYYY]", "[YYYY-MM-DDD]", 'Did you mean "YYYY-MM-DD"?', "      aest_dt"),
    ("[YYYY-MM-DD, YYYY]", "[yyyy-mm-dd]", 'Did you mean "YYYY-MM-DD"?', "      aest_dt"),
    ("[YYYY-MM-DD, YYYY]", "[YYYY-MM-DD, YYYY-MM, YYYY, YYYYMMDD]", "at most 3 are read", "      aest_dt"),
    ("[YYYY-MM-DD, YYYY]", "[]", "name at least one date format", "      aest_dt"),
    ("[YYYY-MM-DD, YYYY]", "YYYY-MM-DD", "give a list here", "      aest_dt"),
    ("[YYYY-MM-DD, YYYY]", "[DD/MM/YYYY, YYYY, MM/DD/YYYY]", "read the same text as different days", "      aest_dt"),
    ("[YYYY-MM-DD, YYYY]", "[MM/DD/YYYY HH:MM AM, DD/MM/YYYY]", "read the same text as", "      aest_dt"),
    ("[YYYY-MM-DD, YYYY]", "[DD-MMM-YY]", 'not a date format. Did you mean "DD-MMM-YYYY"?', "      aest_dt"),
    ("[YYYY-MM-DD, YYYY]", "[next week]", "docs/study-yml.md lists those that are read", "      aest_dt"),
    ("[YYYY-MM-DD, YYYY]", "[MM-DD-YYYY, DD-MM-YYYY]", "read the same text as different days", "      aest_dt"),
    ("YYYY]\n", "YYYY]\n      AEST_DT: [YYYY]\n", 'column "AEST_DT" is given twice', "    dates"),
    ("      aest_dt:", "      aest_d:", "declare the date format of column aest_dt", "        AESTDTC"),
    (
        "          unit: {value",
        "          variables: {VSDTC: vsdt}\n          unit: {value",
        "declare the date format of column vsdt in sources.VS.dates",
        "          variables",
    ),
    ("2024-02-29", "2023-02-29", '"2023-02-29" is not a day of the calendar', '  - {id: "0101"'),
    ("2024-02-29", "29.02.2024", '"29.02.2024" is not a day, written YYYY-MM-DD', '  - {id: "0101"'),
    ("num: 1.10", "num: third", "visits.1.num: Input should be a valid number", "  - {name: Week 4"),
    # Expressions.
    ("{item: aeser", "{value: Y, item: aeser", "give exactly one of item, value, sql or year", "        AESER"),
    ("{year: yy, month: mm, day: dd}", "{month: mm}", "give exactly one of item", "        AEENDTC"),
    ("{year: yy, month: mm, day: dd}", "{year: yy, day: dd}", "day goes with month", "        AEENDTC"),
    ("{item: aeser", "{value: Y", "values goes with item", "        AESER"),
    ("AETERM: aeterm", "AETERM: [aeterm]", "give names with values here", "        AETERM"),
    # When it runs.
    ("Europe/Berlin", "Europe/Berln", '"Europe/Berln" is not an IANA time zone', "schedule"),
    ("0 5 * * 1-5", "0 5 * *", "has 4 fields, not five", "schedule"),
    ("0 5 * * 1-5", "0 25 * * *", '"25" is not a hour', "schedule"),
    # The file.
    ("sponsor: 007", "sponsor: 007\nsponsor: 008", '"sponsor" is given twice; keep one of them', "sponsor: 008"),
    ("name: Week 4", "name: {Week: 4}", "visits.1.name: give one value here", "  - {name: {"),
    ("sponsor: 007", "sponsor: [007", "not readable as YAML", "schedule"),
    ("sponsor: 007", "sponsor: &x [*x]", "nested too deeply", "sponsor"),
    ("sponsor: 007", "? [a, b]\n: 007", "a key must be a plain word", "? ["),
]  # fmt: skip


@pytest.mark.parametrize(("good", "bad", "message", "begins"), MISTAKES, ids=[f"{m[1][:40]!r}" for m in MISTAKES])
def test_a_mistake_is_told_with_its_line_and_cure(
    tmp_path: Path, good: str, bad: str, message: str, begins: str
) -> None:
    assert GOOD.count(good) >= 1
    text = GOOD.replace(good, bad, 1)
    line, told = refusal(write_study(tmp_path, text))
    assert message in told
    assert line is not None
    assert text.splitlines()[line - 1].startswith(begins)


@pytest.mark.parametrize(
    ("content", "message", "line"),
    [
        (b"", "the file is empty", 1),
        (b"# only a comment\n", "the file is empty", 1),
        (b"- study\n", "give names with values here", 1),
        (b"study\n", "give names with values here", 1),
        (b"study: ST-1\ntitle: M\xfcnchen\n", "byte 20 is not UTF-8", None),
        (b"study: ST-1\ntitle: a\x00b\n", "not readable as YAML: a control character", 2),
        (b"study: ST-1\n---\nstudy: ST-2\n", "not readable as YAML", 2),
    ],
)
def test_a_file_that_is_no_configuration_is_refused(
    tmp_path: Path, content: bytes, message: str, line: int | None
) -> None:
    told = refusal(write_study(tmp_path, content))
    assert (told[0], message in told[1]) == (line, True), told


def test_an_absent_file_and_a_folder_in_its_place_are_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path / "ST-1" / "study.yml") == (None, "there is no such file")
    (tmp_path / "ST-1" / "study.yml").mkdir(parents=True)
    assert "cannot be read" in refusal(tmp_path / "ST-1" / "study.yml")[1]


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    assert load_study(write_study(tmp_path, b"\xef\xbb\xbf" + GOOD.encode())).study == "ST-1"


def test_a_date_from_sql_parts_or_a_constant_needs_no_format(tmp_path: Path) -> None:
    for number, expression in enumerate(["{sql: aest_dt}", "{year: y}", "{value: 2024-01-01}"]):
        text = GOOD.replace("      aest_dt: [YYYY-MM-DD, YYYY]", "      other: [YYYY]")
        text = text.replace("AESTDTC: aest_dt", f"AESTDTC: {expression}")
        assert load_study(write_study(tmp_path / str(number), text)).study == "ST-1"


def test_a_format_counts_for_its_column_in_any_case() -> None:
    formats: list[DateFormat] = ["DD/MM/YYYY"]
    source = Source(path="edc/AE.csv", dates={"AEST_DT": formats})
    assert source.formats_of("aest_dt") == formats
    assert source.formats_of("aeen_dt") == []


def test_formats_that_read_a_text_alike_may_stand_together() -> None:
    assert Source.model_validate({"path": "edc/A.csv", "dates": {"x": ["DD/MM/YYYY", "DD-MM-YYYY", "MM/YYYY"]}})
    assert Source.model_validate({"path": "edc/A.csv", "dates": {"x": ["DD/MM/YYYY", "MM-DD-YYYY"]}})


def test_keys_are_those_of_the_place() -> None:
    assert "cron" in allowed_keys(Study, ("schedule",))
    assert allowed_keys(Study, ("sources", "AE", "columns")) == ["required", "optional"]
    assert "item" in allowed_keys(Study, ("map", "VS", 0, "measurements", 1, "unit"))
    assert "from" in allowed_keys(Study, ("map", "VS", 0))
    assert allowed_keys(Study, ("sources",)) == []
    assert allowed_keys(Study, ("parameters", "E-01")) == []


@pytest.mark.parametrize(
    "cron",
    ["0 5 * * *", "*/15 0-6,22 1,15 * MON-FRI", "59 23 31 dec 7", "0 0 1 1/3 0", "  0   5 * * *  ", "5/9 * * * *"],
)
def test_a_cron_expression_is_read(cron: str) -> None:
    assert cron_problem(cron) is None


@pytest.mark.parametrize(
    ("cron", "problem"),
    [
        ("", "has 0 fields"),
        ("0 5 * * * *", "has 6 fields"),
        ("@daily", "has 1 fields"),
        ("60 5 * * *", '"60" is not a minute'),
        ("0 24 * * *", '"24" is not a hour'),
        ("0 5 0 * *", '"0" is not a day of month'),
        ("0 5 * 13 *", '"13" is not a month'),
        ("0 5 * * 8", '"8" is not a day of week'),
        ("0 5 * * weekdays", '"weekdays" is not a day of week'),
        ("0 5 mon * *", '"mon" is not a day of month'),
        ("0 22-2 * * *", '"22-2" is not a hour'),
        ("*/0 5 * * *", '"*/0" is not a minute'),
        ("*/x 5 * * *", '"*/x" is not a minute'),
        ("*/ 5 * * *", '"*/" is not a minute'),
        ("1, 5 * * *", '"" is not a minute'),
        ("-5 5 * * *", '"-5" is not a minute'),
        ("1-2-3 5 * * *", '"1-2-3" is not a minute'),
        ("٣ 5 * * *", '"٣" is not a minute'),
        ("$(reboot) 5 * * *", '"$(reboot)" is not a minute'),
    ],
)
def test_a_cron_expression_that_cannot_fire_as_meant_is_refused(cron: str, problem: str) -> None:
    assert problem in (cron_problem(cron) or "")
