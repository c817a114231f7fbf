"""The user's own SQL: one scalar expression over columns, or a mistake that is told with its line in study.yml."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.errors import ConfigError, UserError
from pipelines.settings import Home
from pipelines.sql_text import columns_in
from pipelines.standardize.expression_check import check_expressions
from pipelines.standardize.raw_views import lay_raw_views
from pipelines.study import load_located_study, load_study


@pytest.mark.parametrize(
    ("expression", "columns"),
    [
        ("aeterm", {"aeterm"}),
        ("upper(\"IT.AETERM\") || '-' || other", {"IT.AETERM", "other"}),
        ("CASE WHEN a = 'b' THEN c ELSE d::INTEGER END", {"a", "c", "d"}),
        ("a -- and a word about it", {"a"}),
        ("a /* b */", {"a"}),
        ("'a; b'", set()),
        ("'--' || a", {"a"}),
        ("(a) OR (b)", {"a", "b"}),
        ("a IN ('x', 'y')", {"a"}),
        ("list_transform(split(a, ','), part -> trim(part))[1]", {"a"}),
        ("'('", set()),
        ('"we""ird"', {'we"ird'}),
        ("a\n  || b\n", {"a", "b"}),
    ],
)
def test_the_columns_of_an_expression(expression: str, columns: set[str]) -> None:
    assert columns_in(expression) == columns


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "  ",
        "-- nothing but a comment",
        "a b c",
        "upper(a",
        "a)",
        "a /* open",
        "a, b",
        "a AS b",
        "a; b",
        "a; DROP TABLE t",
        "SELECT 1",
        "DROP TABLE t",
        "FROM t",
        "(SELECT max(a) FROM t)",
        "a IN (SELECT b FROM t)",
        "EXISTS (SELECT 1)",
        "a FROM t",
        "a) FROM t WHERE (true",
        "a) OR (b",
        "a) LIMIT (1",
        "a) ORDER BY (b",
        "a) GROUP BY (b",
        "a), (b",
        "1) UNION ALL SELECT (2",
        "a) AS VARCHAR), getenv('HOME'), CAST((b",
        "a) --",
        "a)::INTEGER; DROP TABLE t; SELECT (1",
        "*",
        "t.*",
        "COLUMNS('a.*')",
        "row_number() OVER ()",
        "lag(a) OVER (ORDER BY b)",
        "$1",
        "?",
    ],
)
def test_what_is_not_one_scalar_expression_is_refused(expression: str) -> None:
    with pytest.raises(UserError, match="expression"):
        columns_in(expression)


STUDY = """\
study: ST-1
title: t
sponsor: s
sources:
  AE:
    path: edc/AE.csv
    subject: {sql: "split_part(name, '-', 1)"}
  VS: {path: edc/VS.csv}
map:
  AE:
    - from: AE
      where: form = 'AE'
      variables:
        AETERM: aeterm
        AEDECOD: {sql: upper(aeterm)}
        AEOUT:
          sql: >-
            CASE WHEN aeout <> '' THEN aeout
            ELSE other END
  VS:
    - from: VS
      measurements:
        - testcd: TEMP
          test: t
          result: temp
          unit: {sql: upper(unit)}
          variables:
            VSPOS: {sql: lower(pos)}
"""

# What stands in the study, what is written instead, what the message says, and the place that it names.
MISTAKES = [
    ("split_part(name, '-', 1)", "splt_part(name)", 'Did you mean "split_part"?', "    subject", "sources.AE.subject"),
    ("upper(aeterm)", "upper(aeterm", "not an SQL expression", "        AEDECOD", "map.AE.0.variables.AEDECOD.sql"),
    ("upper(aeterm)", "uper(aeterm)", 'Did you mean "upper"?', "        AEDECOD", "map.AE.0.variables.AEDECOD.sql"),
    ("upper(aeterm)", "aeterm + 1 day", "not an SQL expression", "        AEDECOD", "map.AE.0"),
    ("upper(aeterm)", "upper(aeterm || form + 1)", "No function matches", "        AEDECOD", "map.AE.0"),
    ("upper(aeterm)", "aeterm::INTERGER", "INTERGER", "        AEDECOD", "map.AE.0"),
    ("upper(aeterm)", "max(aeterm)", "GROUP BY", "        AEDECOD", "map.AE.0"),
    ("upper(aeterm)", "other.aeterm", "not usable as SQL", "        AEDECOD", "map.AE.0"),
    ("upper(aeterm)", "__site", "names that begin with __ are Siteproof's own", "        AEDECOD", "map.AE.0"),
    ("ELSE other END", "ELSE (SELECT 1) END", "a subquery is not allowed", "          sql", "map.AE.0"),
    ("form = 'AE'", "form = 'AE", "not an SQL expression", "      where", "map.AE.0.where"),
    ("form = 'AE'", "form", "this gives VARCHAR", "      where", "map.AE.0.where"),
    ("form = 'AE'", "count(*) > 1", "aggregates", "      where", "map.AE.0.where"),
    ("form = 'AE'", "form = '有害事象１'", 'write "有害事象1"', "      where", "map.AE.0.where"),
    ("upper(aeterm)", "aeterm || 'Ｎ'", 'write "N"', "        AEDECOD", "map.AE.0.variables.AEDECOD.sql"),
    ("upper(unit)", "uppr(unit)", 'Did you mean "upper"?', "          unit", "map.VS.0.measurements.0.unit.sql"),
    ("lower(pos)", "lowr(pos)", 'Did you mean "lower"?', "            VSPOS", "map.VS.0.measurements.0.variables"),
]  # fmt: skip


@pytest.fixture
def home_with(home: Home) -> Home:
    home.study_file("ST-1").parent.mkdir(parents=True)
    return home


@pytest.mark.parametrize(("good", "bad", "message", "begins", "place"), MISTAKES, ids=[m[1] for m in MISTAKES])
def test_a_mistake_in_an_expression_is_told_with_its_line(
    home_with: Home, good: str, bad: str, message: str, begins: str, place: str
) -> None:
    text = STUDY.replace(good, bad, 1)
    path = home_with.study_file("ST-1")
    path.write_text(text, encoding="utf-8")
    study, document = load_located_study(path)
    with pytest.raises(ConfigError) as caught:
        check_expressions(study, document)
    assert message in caught.value.message
    assert caught.value.message.startswith(place)
    assert "\n" not in caught.value.message
    assert caught.value.line is not None
    assert text.splitlines()[caught.value.line - 1].startswith(begins)


def test_good_expressions_and_columns_that_nobody_delivers_pass(home_with: Home) -> None:
    path = home_with.study_file("ST-1")
    path.write_text(STUDY.replace("upper(aeterm)", "aeterm || AETERM || never_delivered"), encoding="utf-8")
    check_expressions(*load_located_study(path))


def test_laying_the_views_tells_a_mistake_before_it_writes(home_with: Home) -> None:
    path = home_with.study_file("ST-1")
    path.write_text(STUDY.replace("upper(aeterm)", "uper(aeterm)"), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"study\.yml:15: map\.AE\.0\.variables\.AEDECOD\.sql"):
        lay_raw_views(home_with, load_study(path), {})
    assert not home_with.warehouse_file("ST-1").exists()


def test_a_warehouse_that_cannot_be_opened_is_a_users_error(home_with: Home) -> None:
    path = home_with.study_file("ST-1")
    path.write_text(STUDY, encoding="utf-8")
    warehouse: Path = home_with.warehouse_file("ST-1")
    warehouse.mkdir(parents=True)
    with pytest.raises(UserError, match="cannot be opened for writing"):
        lay_raw_views(home_with, load_study(path), {})
