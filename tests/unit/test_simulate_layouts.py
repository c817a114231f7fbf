"""Holds the layouts of the simulator to one another: other files, the same tables, and a key that is true of each."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from lxml import etree

from pipelines.errors import UserError
from pipelines.ingest import DeliveryEvent, ingest_study
from pipelines.settings import Home
from pipelines.simulate import simulate_portfolio
from pipelines.simulate.answer_key import WrittenSites
from pipelines.simulate.chance import chance
from pipelines.simulate.exports import SOURCES
from pipelines.simulate.faults import Fault
from pipelines.simulate.layouts import LAYOUTS
from pipelines.simulate.planting import plan_faults, plant_faults
from pipelines.simulate.portfolio import Shape, clean_site, write_key, write_study
from pipelines.simulate.site_files import site_files
from pipelines.simulate.site_records import SiteRecords
from pipelines.simulate.style import STYLES
from pipelines.simulate.subject_course import CUTOFF
from pipelines.study import load_study

OTHERS = [name for name in LAYOUTS if name != "csv"]
STUDY = "SIM-001"
SHAPE = Shape(STUDY, STYLES[0], ("1001", "1002"), subjects=6, seed=5)
# Of site, source, and the name of the file without what the layout decides: the rows as they were read.
Tables = dict[tuple[str, str, str], pa.Table]


@pytest.fixture(scope="module")
def sites() -> list[tuple[SiteRecords, list[Fault]]]:
    """Two sites with what faults their few subjects can take."""
    made = []
    for site_id, wishes in zip(SHAPE.site_ids, plan_faults(2, SHAPE.subjects, 0), strict=True):
        site = clean_site(SHAPE, site_id)
        made.append((site, plant_faults(site, wishes, chance(5, site_id))[0]))
    return made


def _write(root: Path, layout: str, sites: list[tuple[SiteRecords, list[Fault]]]) -> Home:
    home, chosen = Home(root), LAYOUTS[layout]
    written = WrittenSites(home.landing, chosen)
    for site, faults in sites:
        written.add(site, faults)
    write_study(home, SHAPE, chosen)
    write_key(home, written.key())
    return home


def _read(home: Home) -> tuple[Tables, list[DeliveryEvent]]:
    events = ingest_study(home, load_study(home.study_file(STUDY)))
    assert [event.reason for event in events if event.status == "refused"] == []
    tables = {
        (event.site, event.source, event.file): pq.read_table(home.store / event.store / "rows.parquet")
        for event in events
        if event.store
    }
    return tables, events


@pytest.fixture(scope="module")
def homes(sites, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Home]:
    return {name: _write(tmp_path_factory.mktemp(name), name, sites) for name in LAYOUTS}


@pytest.fixture(scope="module")
def readings(homes: dict[str, Home]) -> dict[str, tuple[Tables, list[DeliveryEvent]]]:
    return {name: _read(home) for name, home in homes.items()}


def _cells(table: pa.Table, columns: list[str]) -> list[tuple[str, ...]]:
    return list(zip(*(table.column(name).to_pylist() for name in columns), strict=True))


def _columns(table: pa.Table) -> list[str]:
    return [name for name in table.column_names if not name.startswith("__")]


def _contents(tables: Tables) -> dict[tuple[str, str], list[list[tuple[str, ...]]]]:
    """Return the rows of each source's deliveries in the order of sending, each delivery's sorted, lineage aside."""
    contents: dict[tuple[str, str], list[list[tuple[str, ...]]]] = {}
    for (site, source, _), table in tables.items():
        columns = [name for name in _columns(table) if name in SOURCES[source].columns or name == "cra_comment"]
        rows = sorted((*zip(columns, row, strict=True),) for row in _cells(table, columns))
        contents.setdefault((site, source), []).append(sorted(tuple(sorted(row)) for row in rows))
    return contents


@pytest.mark.parametrize("layout", OTHERS)
def test_every_layout_gives_the_same_tables(readings, layout):
    assert _contents(readings[layout][0]) == _contents(readings["csv"][0])


@pytest.mark.parametrize("layout", OTHERS)
def test_deliveries_have_the_same_fate_and_nothing_odd(readings, layout):
    expected, found = (
        sorted((event.site, event.source, event.status, event.rows) for event in readings[name][1])
        for name in ("csv", layout)
    )
    assert found == expected
    assert [remark for event in readings[layout][1] for remark in event.remarks] == []


@pytest.mark.parametrize("layout", OTHERS)
def test_the_answer_key_names_the_same_records_in_every_layout(homes, readings, layout):
    def named(name: str) -> list[tuple[object, ...]]:
        by_file = {
            (f"{STUDY}/{site}/{SOURCES[source].system}/{file}", SOURCES[source].dataset, source): table
            for (site, source, file), table in readings[name][0].items()
        }
        found = []
        with (homes[name].root / "answer_key.csv").open(newline="") as stream:
            for row in csv.DictReader(stream):
                at = (row["study"], row["site"], row["subject"], row["check_id"], row["dataset"], row["detail"])
                records = [
                    tuple((column, record[column]) for column in SOURCES[source].columns if column in record)
                    for (file, dataset, source), table in by_file.items()
                    if row["source_row"] and (file, dataset) == (row["source_file"], row["dataset"])
                    for record in table.filter(pc.field("__source_row") == int(row["source_row"])).to_pylist()
                ]
                found.append((*at, bool(row["source_row"]), sorted(records)))
        return sorted(found, key=str)

    assert len(named("csv")) > 100
    assert named(layout) == named("csv")


@pytest.mark.parametrize("layout", OTHERS)
def test_the_same_records_are_the_same_bytes_at_any_time(sites, homes, tmp_path, layout):
    again = _write(tmp_path, layout, sites)
    first = {
        path.relative_to(homes[layout].landing): path.read_bytes() for path in homes[layout].landing.glob("*/*/*/*")
    }
    assert {path.relative_to(again.landing): path.read_bytes() for path in again.landing.glob("*/*/*/*")} == first


def test_an_xpt_file_is_stamped_with_the_day_of_extraction(homes):
    head = (homes["xpt"].landing / STUDY / "1001/edc/DM.xpt").read_bytes()[:560]
    assert head.count(f"{CUTOFF:%d%b%y}:05:00:00".upper().encode()) == 4


def test_another_layout_leaves_no_file_of_the_one_before(sites, homes, tmp_path):
    _write(tmp_path, "odm", sites)
    home = _write(tmp_path, "xpt", sites)
    names = {path.relative_to(home.landing) for path in home.landing.glob("*/*/*/*")}
    assert names == {path.relative_to(homes["xpt"].landing) for path in homes["xpt"].landing.glob("*/*/*/*")}


def test_an_unknown_layout_is_refused_with_the_nearest_name(tmp_path):
    with pytest.raises(UserError, match=r'there are csv, redcap, .*Did you mean "odm2"'):
        simulate_portfolio(Home(tmp_path), layout="odm-2")


def test_forms_that_are_never_sent_alone_share_a_file_and_the_others_do_not():
    shared = {file.name: file.sources for file in site_files(LAYOUTS["odm"]) if len(file.sources) > 1}
    assert set(shared) == {"EDC"}
    assert {"DM", "LB", "CONSENT"} <= set(shared["EDC"])
    assert not {"AE", "VISDT", "VS", "DS"} & set(shared["EDC"])


@pytest.mark.parametrize(("layout", "namespace"), [("odm", "v1.3"), ("odm2", "v2.0")])
def test_an_odm_file_defines_what_it_uses_and_repeats_no_key(homes, layout, namespace):
    ns = {"o": f"http://www.cdisc.org/ns/odm/{namespace}"}
    root = etree.parse(homes[layout].landing / STUDY / "1001/edc/EDC.xml").getroot()

    def texts(path: str) -> list[str]:
        return [str(text) for text in root.xpath(path, namespaces=ns)]

    for kind, use in (("StudyEvent", "StudyEventData"), ("ItemGroup", "ItemGroupData"), ("Item", "ItemData")):
        defined = texts(f"//o:{kind}Def/@OID")
        assert len(defined) == len(set(defined))
        assert set(texts(f"//o:{use}/@{kind}OID")) <= set(defined)
        assert set(texts(f"//o:{kind}Ref/@{kind}OID")) <= set(defined)
    subjects = texts("//o:SubjectData/@SubjectKey")
    assert subjects == sorted(set(subjects))
    assert set(texts("//o:SiteRef/@LocationOID")) == set(texts("//o:Location/@OID")) == {"1001"}
    keys = [
        tuple(tuple(sorted(around.attrib.items())) for around in (group, *group.iterancestors()))
        for group in root.iterfind(".//o:ItemGroupData", ns)
    ]
    assert len(keys) == len(set(keys)) > 100


def test_a_redcap_export_has_one_line_for_each_instance_and_only_fields_of_the_dictionary(homes):
    home = homes["redcap"]
    with home.study_file(STUDY).with_name("redcap_dictionary.csv").open(newline="") as stream:
        dictionary = list(csv.DictReader(stream))
    fields = [row["Variable / Field Name"] for row in dictionary]
    statuses = {f"{row['Form Name']}_complete" for row in dictionary}
    assert len(fields) == len(set(fields))
    for path in (home.landing / STUDY).glob("*/edc/*.csv"):
        with path.open(newline="") as stream:
            lines = list(csv.DictReader(stream))
        assert {name for name in lines[0] if not name.startswith("redcap_")} <= {*fields, *statuses}
        keys = [
            tuple(line[name] for name in lines[0] if name == "record_id" or name.startswith("redcap_"))
            for line in lines
        ]
        assert len(keys) == len(set(keys))
        assert {line["redcap_data_access_group"] for line in lines} == {path.parts[-3]}
    # A visit holds all its forms in one line, a log has a line for each entry.
    visits = [line for line in _lines(home, "EDC") if line["redcap_event_name"] == "screening_arm_1"]
    assert all(line["dm_complete"] == line["eg_complete"] == "2" for line in visits if line["eg_recordid"])
    assert {line["redcap_repeat_instrument"] for line in _lines(home, "AE")} == {"ae"}


def _lines(home: Home, name: str) -> list[dict[str, str]]:
    with (home.landing / STUDY / f"1001/edc/{name}.csv").open(newline="") as stream:
        return list(csv.DictReader(stream))


def test_a_dataset_json_file_says_how_many_rows_it_has_and_keeps_all_as_text(homes):
    dataset = json.loads((homes["dataset-json"].landing / STUDY / "1001/edc/LB.json").read_bytes())
    assert dataset["records"] == len(dataset["rows"]) > 100
    assert {column["dataType"] for column in dataset["columns"]} == {"string"}
    assert {type(value) for row in dataset["rows"] for value in row} == {str, type(None)}
