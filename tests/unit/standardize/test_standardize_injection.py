"""F48: text that is SQL, through every door by which foreign text comes in: it arrives as text and does nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest
from mapped_rows import Shelf, study_of, study_of_ae

from pipelines.foreign_text import normal_form
from pipelines.settings import Home
from pipelines.sql_text import quote_list, quote_name, quote_text
from pipelines.standardize.raw_views import lay_raw_views
from pipelines.study import load_study

PAYLOADS = [
    "'; DROP TABLE canary; --",
    '"; DROP TABLE canary; --',
    "x'; DELETE FROM canary WHERE 'a'='a",
    "' OR '1'='1",
    "' OR 1=1 --",
    '" OR ""="',
    "') ; DROP TABLE canary; --",
    "a') UNION ALL SELECT 1 --",
    "' UNION SELECT text FROM canary --",
    "\\'; DROP TABLE canary; --",
    "'''; DROP TABLE canary; --",
    "''",
    "'",
    '"',
    '""',
    "`; DROP TABLE canary; `",
    "$$; DROP TABLE canary; $$",
    "$1",
    "?",
    "%s %(x)s :name",
    "/* open comment",
    "*/ close --",
    "-- comment",
    "x;y",
    "x\n; DROP TABLE canary; --",
    "read_csv('/etc/passwd')",
    "(SELECT text FROM canary)",
    "{{ run_query('drop table canary') }}",
    "E'\\x27; DROP TABLE canary; --'",
    "＇; DROP TABLE canary; --",
    "1); ATTACH '/tmp/x.duckdb'; --",
    "NULL",
]


def run_beside_canary(query: str) -> list[dict[str, Any]]:
    """Run a query where a table stands that no payload may touch; one statement, as CREATE VIEW runs it."""
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE canary(text VARCHAR); INSERT INTO canary VALUES ('sings')")
        connection.execute(f"CREATE VIEW laid AS {query}")
        cursor = connection.execute("SELECT * FROM laid ORDER BY source_file, source_row")
        names = [column[0] for column in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        assert connection.execute("SELECT * FROM canary").fetchall() == [("sings",)]
        tables = connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()
        assert tables == [("canary",)]
    return rows


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_payload_through_every_door_arrives_as_text(shelf: Shelf, payload: str) -> None:
    header = f"h {payload}"
    shelf.put("AE", ["subj", header, "coded"], [payload, payload, payload], [payload, "x", "code"], site=payload)
    variables = {
        "AETERM": header,
        "AEDECOD": {"value": payload},
        "AESER": {"item": "coded", "values": {payload: "mapped", "code": payload}},
        "AESTDTC": {"year": header},
    }
    missing = {"missing": [f"code {payload}"]}
    first, second = run_beside_canary(shelf.query(study_of_ae(variables, source=missing), "AE"))
    assert first["site"] == payload
    delivered = normal_form(payload)
    assert first["subject"] == delivered
    assert first["USUBJID"] == f"ST-1-{delivered}"
    assert first["AEDECOD"] == delivered
    assert first["AETERM"] == first["AESTDTC"] == delivered
    assert (first["AESER"], second["AESER"]) == ("mapped", delivered)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_payload_as_missing_code_measurement_and_listed_site_is_text(shelf: Shelf, payload: str) -> None:
    shelf.put("VS", ["subj", payload, "u"], ["001", "120", payload], ["002", payload, "u"])
    mapping = {
        "from": "VS",
        "measurements": [{"testcd": "T", "test": payload, "result": payload, "unit": "u"}],
    }
    sites = [{"id": "101", "name": payload, "country": payload, "investigator": payload}]
    study = study_of(
        {"VS": {"path": "edc/VS.csv", "subject": "subj", "missing": [payload]}}, {"VS": [mapping]}, sites=sites
    )
    (row,) = run_beside_canary(shelf.query(study, "VS"))
    assert (row["VSTEST"], row["VSORRES"], row["VSORRESU"]) == (normal_form(payload), "120", None)
    (site,) = run_beside_canary(shelf.query(study, "SITE"))
    assert site["name"] == site["country"] == site["investigator"] == normal_form(payload)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_quoted_text_reads_back_unaltered(payload: str) -> None:
    query = f"SELECT {quote_text(payload)}, {quote_list([payload, 'x'])}, 1 AS {quote_name(payload)}"
    with duckdb.connect() as connection:
        cursor = connection.execute(query)
        assert cursor.fetchone() == (payload, [payload, "x"], 1)
        assert cursor.description[2][0] == payload


@pytest.mark.parametrize("door", ["study", "sites", "source", "testcd"])
@pytest.mark.parametrize("payload", PAYLOADS[:4])
def test_a_name_that_is_more_than_a_name_is_refused(door: str, payload: str) -> None:
    names = {"study": "S", "sites": "101", "source": "VS", "testcd": "T"} | {door: payload}
    document = {
        "study": names["study"],
        "title": payload,
        "sponsor": payload,
        "sites": [{"id": names["sites"]}],
        "sources": {names["source"]: {"path": "edc/VS.csv"}},
        "map": {"VS": [{"from": "VS", "measurements": [{"testcd": names["testcd"], "test": "t", "result": "r"}]}]},
    }
    with pytest.raises(ValueError, match="is not a name"):
        study_of(document["sources"], document["map"], **{k: document[k] for k in ("study", "title", "sites")})


def test_parameters_and_visits_reach_the_warehouse_as_text(tmp_path: Path) -> None:
    home = Home(tmp_path)
    path = home.study_file("ST-1")
    path.parent.mkdir(parents=True)
    lines = ["study: ST-1", "title: t", "sponsor: s", "sources: {}", "map: {}", "visits:"]
    names = {normal_form(payload): payload for payload in PAYLOADS}  # two that look alike are one visit
    quoted = [f'"{payload.translate(ESCAPES)}"' for payload in names.values()]
    lines += [f"  - {{name: {text}, num: {number}}}" for number, text in enumerate(quoted)]
    path.write_text("\n".join(lines), encoding="utf-8")
    lay_raw_views(home, load_study(path), {"X-1": {PAYLOADS[0]: list(PAYLOADS)}})
    with duckdb.connect(home.warehouse_file("ST-1"), read_only=True) as connection:
        visits = connection.execute("SELECT visit FROM settings.visit ORDER BY visitnum").fetchall()
        parameters = connection.execute("SELECT name, value FROM settings.parameter ORDER BY position").fetchall()
    assert visits == [(name,) for name in names]
    assert parameters == [(PAYLOADS[0], payload) for payload in PAYLOADS]


ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n"})
