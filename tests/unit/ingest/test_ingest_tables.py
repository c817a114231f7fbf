"""Files that hold several tables, of which each source takes one: all of a file is taken, or nothing."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa
import pytest
from ingest_desk import STUDY, Desk, study_of

from pipelines.ingest import arrival as arrival_module
from pipelines.ingest import current_deliveries, delivered_files, read_deliveries
from pipelines.ingest.layout import layout_of, table_of
from pipelines.ingest.readers import READERS, Content, Reading, Remark, Table
from pipelines.ingest.refusal import Refusal
from pipelines.settings import Home
from pipelines.study import Study
from pipelines.study_source import Source


class JsonReader:
    """Reads {table: [{column: text}]}: the least format that holds several tables."""

    version = "json-1"

    def read(self, data: Content, source: Source) -> Reading:
        try:
            tables = json.loads(bytes(data))
        except ValueError as error:
            raise Refusal("not_json", "the file is no JSON", 1) from error
        return Reading(tuple(_table(name, rows) for name, rows in tables.items()), sparse=source.header_rows == 2)


def _table(name: str, rows: list[dict[str, str]]) -> Table:
    header = tuple(dict.fromkeys(column for row in rows for column in row))
    columns = [pa.array([row.get(column, "") for row in rows], pa.string()) for column in header]
    places = pa.array([f"{name} {number}" for number, _ in enumerate(rows, start=1)], pa.string())
    return Table(name, header, pa.table(columns, names=[f"f{i}" for i in range(len(header))]), places, complete=False)


@pytest.fixture(autouse=True)
def json_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("xlsx", "odm"):
        monkeypatch.setitem(READERS, name, JsonReader())


def two_sources(**declared: Any) -> Study:
    shared = {"path": "edc/*.json", "format": "xlsx", **declared}
    return study_of(AE={**shared, "table": "ae"}, DM={**shared, "table": "dm", "site": "site"})


@pytest.fixture
def desk(home: Home) -> Desk:
    return Desk(home, two_sources())


def content(*, ae: int = 2, site: str = "101") -> str:
    return json.dumps({"ae": [{"term": f"T{n}"} for n in range(ae)], "dm": [{"subject": "1", "site": site}]})


def rows_of(desk: Desk, source: str) -> list[dict[str, Any]]:
    return desk.current(source).to_dicts()


def test_each_source_takes_its_table_and_the_file_is_one_delivery(desk: Desk) -> None:
    desk.put("edc/all.json", content())
    assert [(event.source, event.rows, event.sequence) for event in desk.ingest()] == [("AE", 2, 1), ("DM", 1, 1)]
    assert rows_of(desk, "AE")[1] == {
        "__source_file": "ST-1/101/edc/all.json", "__source_row": 2, "__site": "101", "__source_place": "ae 2",
        "term": "T1",
    }  # fmt: skip
    files = delivered_files(read_deliveries(desk.home, STUDY))
    assert files.select("file", "status", "rows").rows() == [("all.json", "accepted", 3)]


def test_a_file_is_refused_for_all_its_sources_if_it_is_for_one(desk: Desk) -> None:
    desk.put("edc/all.json", content())
    desk.ingest()
    desk.put("edc/all.json", content(ae=3, site="102"))
    events = desk.ingest()
    assert [(event.source, event.status, event.reason[:13]) for event in events] == [
        ("AE", "refused", "site_mismatch"),
        ("DM", "refused", "site_mismatch"),
    ]
    assert len(rows_of(desk, "AE")) == 2
    assert desk.ingest() == []
    files = delivered_files(read_deliveries(desk.home, STUDY)).sort("sequence")
    assert files["status"].to_list() == ["accepted", "refused"]


def test_the_same_bytes_again_are_a_duplicate_for_each_source(desk: Desk) -> None:
    desk.put("edc/all.json", content())
    desk.ingest()
    desk.put("edc/again.json", content())
    assert [(event.status, event.reason) for event in desk.ingest()] == [
        ("duplicate", "duplicate of edc/all.json"),
        ("duplicate", "duplicate of edc/all.json"),
    ]


def test_a_source_that_is_declared_later_takes_its_table_from_the_file_that_is_there(desk: Desk) -> None:
    desk.put("edc/all.json", content())
    shared = {"path": "edc/*.json", "format": "xlsx"}
    desk.ingest(study_of(AE={**shared, "table": "ae"}))
    assert [(event.source, event.status) for event in desk.ingest()] == [("DM", "accepted")]
    assert len(rows_of(desk, "AE")) == 2
    assert desk.ingest() == []


def test_a_file_that_fitted_no_source_is_taken_once_one_is_declared(desk: Desk) -> None:
    desk.put("edc/all.json", content())
    (event,) = desk.ingest(study_of(XX={"path": "lab/*"}))
    assert event.reason.startswith("unknown_source")
    assert [event.status for event in desk.ingest()] == ["accepted", "accepted"]
    assert desk.ingest() == []


def test_a_broken_file_is_kept_and_refused_for_each_source(desk: Desk) -> None:
    desk.put("edc/all.json", "no json")
    events = desk.ingest()
    assert {(event.status, event.line) for event in events} == {("refused", 1)}
    (kept,) = {desk.home.store / str(event.store) / "original" for event in events}
    assert kept.read_text() == "no json"


def test_a_large_file_is_mapped_and_its_bytes_lie_on_the_disk_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrival_module, "IN_MEMORY_BYTES", 10)
    desk.put("edc/all.json", content())
    assert {event.status for event in desk.ingest()} == {"accepted"}
    originals = list((desk.home.store / STUDY / "101").glob("*/*/original.json"))
    assert [path.read_text() for path in originals] == [content()] * 2
    assert originals[0].samefile(originals[1])
    assert not list((desk.home.store / STUDY / "101").glob(".unfinished-*"))


def test_a_file_without_the_table_is_refused_unless_its_format_leaves_out_what_is_blank(home: Home) -> None:
    only_ae = json.dumps({"ae": [{"term": "T"}]})
    strict = Desk(home, two_sources())
    strict.put("edc/all.json", only_ae)
    reasons = {event.reason for event in strict.ingest()}
    assert reasons == {"missing_table: the file has no table dm; it holds 1 others"}
    sparse = Desk(Home(home.root / "other"), two_sources(header_rows=2))
    sparse.put("edc/all.json", only_ae)
    assert [(event.source, event.rows, event.columns) for event in sparse.ingest()] == [
        ("AE", 1, ("term",)),
        ("DM", 0, ("site",)),
    ]


def test_a_table_that_names_filled_columns_only_gets_those_that_are_mapped() -> None:
    source = Source(path="edc/x", format="odm", table="ae")
    reading = JsonReader().read(content().encode(), source)
    taken = table_of(reading, source, layout_of(source, ["term", "severity"]))
    assert taken.header == ("term", "severity")
    assert taken.rows.column(1).to_pylist() == ["", ""]


def test_of_several_tables_one_has_to_be_named() -> None:
    source = Source(path="edc/x", format="xlsx")
    with pytest.raises(Refusal, match="several_tables: the file holds 2 tables; name the one"):
        table_of(JsonReader().read(content().encode(), source), source, layout_of(source))


def test_what_a_reader_finds_odd_stands_in_the_ledger_of_its_table(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    class Remarking(JsonReader):
        def read(self, data: Content, source: Source) -> Reading:
            remarks = (Remark("hidden_rows", "2 hidden rows", "ae", 1), Remark("odd", "of the file"))
            return Reading(super().read(data, source).tables, remarks=remarks)

    monkeypatch.setitem(READERS, "xlsx", Remarking())
    desk.put("edc/all.json", content())
    told = {event.source: [remark.code for remark in event.remarks] for event in desk.ingest()}
    assert told == {"AE": ["hidden_rows", "odd"], "DM": ["odd"]}
    current = current_deliveries(desk.home, STUDY)  # as read back from the ledger
    assert {delivery.source: len(delivery.remarks) for delivery in current} == {"AE": 2, "DM": 1}
