"""The layouts of EDC systems are read as declared; an export of another system is refused with the columns it lacks."""

from __future__ import annotations

import mmap
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from redcap_case import as_csv, rows_of

from pipelines.ingest.readers import READERS, Reading
from pipelines.ingest.readers.csv_profiles import PROFILES
from pipelines.ingest.refusal import Refusal
from pipelines.study_source import FORMAT_DEFAULTS, ExportFormat, Source

CASTOR = (
    'record_id;"institute";custom_name;race#Asian;race#Other;AE_type\r\n'
    '110;"North; East";AE 1;1;0;Pain\r\n110;"North; East";AE 2;0;0;\r\n'
)
OPENCLINICA = (
    "Dataset Name:\t\tDS\nDataset Description: all\t\nSubjects: \t2\nStudy Events Definitions\t1\n"
    "Study Event Definition 1\tVisit\tE1\nCRF\tVitals\tC1\n\n"
    "Study Subject ID\tProtocol ID\tSex\tWEIGHT_E1_C1\t\nS1\tP - 01\tm\t61\t\nS2\tP - 01\tf\t\t\n"
)
RAVE = "project,Subject,SiteNumber,siteid,InstanceName,DataPageName,RecordPosition,AETERM\nP,0101,101,77,V1,AE,1,Pain\n"
VIEDOC = "\ufeffSiteSeq;SiteCode;SubjectId;EventName;FormSeq;WEIGHT\n1;SE-1;SE-1-001;V1;1;61,5\n"
EXPORTS = {"castor": CASTOR, "openclinica": OPENCLINICA, "rave": RAVE, "viedoc": VIEDOC}


def read(name: str, text: str, **declared: object) -> Reading:
    return READERS[name].read(text.encode(), Source(path="edc/e.csv", format=name, **declared))


def refusal_of(name: str, text: str, **declared: object) -> Refusal:
    with pytest.raises(Refusal) as caught:
        read(name, text, **declared)
    return caught.value


@pytest.mark.parametrize(
    ("name", "subject", "site", "keys", "data"),
    [
        ("castor", "record_id", "institute", {"custom_name"}, ["110", "North; East", "AE 1", "1", "0", "Pain"]),
        ("openclinica", "Study Subject ID", "Protocol ID", set(), ["S1", "P - 01", "m", "61"]),
        (
            "rave",
            "Subject",
            "SiteNumber",
            {"project", "siteid", "InstanceName", "DataPageName", "RecordPosition"},
            ["P", "0101", "101", "77", "V1", "AE", "1", "Pain"],
        ),
        (
            "viedoc",
            "SubjectId",
            "SiteCode",
            {"SiteSeq", "EventName", "FormSeq"},
            ["1", "SE-1", "SE-1-001", "V1", "1", "61,5"],
        ),
    ],
)
def test_a_systems_export_is_read(name: str, subject: str, site: str, keys: set[str], data: list[str]) -> None:
    reading = read(name, EXPORTS[name])
    (table,) = reading.tables
    assert list(rows_of(table)[0]) == data
    assert (table.name, table.subject, table.site, table.keys) == ("", subject, site, keys | {subject, site})
    assert reading.counts == {"subjects": len({row[table.header.index(subject)] for row in rows_of(table)})}
    assert reading.remarks == ()


def test_every_profile_is_a_format_with_a_reader() -> None:
    assert set(PROFILES) == set(EXPORTS)
    assert set(PROFILES) <= set(READERS)
    assert set(FORMAT_DEFAULTS) <= set(PROFILES)


def test_what_study_yml_says_goes_before_the_systems_way() -> None:
    source = Source(path="edc/e.csv", format="castor")
    assert (source.delimiter, Source(path="edc/e.csv").delimiter) == (";", ",")
    (table,) = read("castor", CASTOR.replace(";", "\t").replace("North\t", "North;"), delimiter="\t").tables
    assert table.rows.num_rows == 2
    assert table.rows.column(1)[0].as_py() == "North; East"


@pytest.mark.parametrize("name", PROFILES)
def test_an_export_of_another_system_is_refused(name: str) -> None:
    delimiter = Source(path="edc/e.csv", format=name).delimiter
    refusal = refusal_of(name, delimiter.join(["who", "what"]) + "\n" + delimiter.join(["secret", "x"]) + "\n")
    assert refusal.code == "missing_key_column"
    assert PROFILES[name].subject[0] in refusal.text
    assert "secret" not in refusal.text


def test_rave_needs_more_than_a_subject() -> None:
    refusal = refusal_of("rave", "Subject,AETERM\n0101,Pain\n")
    assert (refusal.code, refusal.line) == ("missing_key_column", 1)
    assert "datapagename" in refusal.text
    assert refusal_of("rave", "DataPageName,AETERM\nAE,Pain\n").code == "missing_key_column"


def test_an_alias_names_the_key_column() -> None:
    renamed = CASTOR.replace("record_id", "Patiënt")
    assert refusal_of("castor", renamed).code == "missing_key_column"
    (table,) = read("castor", renamed, aliases={"Patiënt": "record_id"}).tables
    assert table.subject == "Patiënt"


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_rows_of_castor_may_end_with_a_delimiter(line_end: str) -> None:
    lines = CASTOR.splitlines()
    (plain,) = read("castor", CASTOR).tables
    for last in ("", line_end):
        closed = line_end.join([lines[0], *(f"{line};" for line in lines[1:])]) + last
        (table,) = read("castor", closed).tables
        assert (table.header, rows_of(table), table.keys) == (plain.header, rows_of(plain), plain.keys)


def test_with_or_without_a_closing_delimiter_the_same_is_read() -> None:
    outcomes: Counter[str] = Counter()
    cells = st.lists(st.sampled_from(["a", ";", '"', "\n", "\r", "\r\n", " ", "é", "0"]), max_size=4).map("".join)

    @settings(max_examples=150, deadline=None, derandomize=True, database=None)
    @given(st.lists(st.tuples(cells, cells, cells), min_size=1, max_size=5), cells, st.booleans())
    def check(rows: list[tuple[str, ...]], name: str, more: bool) -> None:
        header = ("record_id", "institute", f"x{name}")
        plain = as_csv([header, *rows], delimiter=";")
        closed = as_csv([header], delimiter=";") + as_csv([(*row, "") for row in rows], delimiter=";")
        (table,) = read("castor", closed.decode()).tables
        assert (table.header, rows_of(table)) == (header, rows)
        assert rows_of(read("castor", plain.decode()).tables[0]) == rows
        if more:
            longer = as_csv([header], delimiter=";") + as_csv([(*row, "x") for row in rows], delimiter=";")
            outcomes[refusal_of("castor", longer.decode()).code] += 1

    check()
    assert outcomes["ragged_row"] > 30
    assert set(outcomes) == {"ragged_row"}


def test_a_mapped_file_is_read_as_bytes_are(tmp_path: Path) -> None:
    for name, text in EXPORTS.items():
        path = tmp_path / name
        path.write_bytes(text.encode())
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            (table,) = READERS[name].read(content, Source(path="edc/e.csv", format=name)).tables
            assert rows_of(table) == rows_of(read(name, text).tables[0])


def test_the_header_may_span_lines_when_rows_end_with_a_delimiter() -> None:
    (table,) = read("castor", '\ufeffrecord_id;"two\nlines"\n1;2;\n').tables
    assert (table.header, rows_of(table)) == (("record_id", "two\nlines"), [("1", "2")])


@pytest.mark.parametrize(
    "rows",
    ["110;x;y;1;0;Pain;more", "110;x;y;1;0;Pain;\n111;x;y;1;0;Pain", "110;x;y;1;0;Pain;;", "110;x;y;1;0"],
)
def test_a_row_that_holds_more_than_its_columns_is_refused(rows: str) -> None:
    refusal = refusal_of("castor", CASTOR.splitlines()[0] + "\n" + rows + "\n")
    assert refusal.code == "ragged_row"
    assert refusal.line in (2, 3)


def test_only_some_systems_end_rows_with_a_delimiter() -> None:
    assert refusal_of("viedoc", VIEDOC.replace("61,5", "61,5;")).code == "ragged_row"
    # In a last column without a name that holds something, something would be lost.
    (table,) = read("openclinica", OPENCLINICA.replace("\t61\t\n", "\t61\tx\n")).tables
    assert table.header[-1] == ""


def test_the_head_of_openclinica_is_left_out() -> None:
    headless = OPENCLINICA[OPENCLINICA.index("Study Subject ID") :]
    assert rows_of(read("openclinica", headless).tables[0]) == rows_of(read("openclinica", OPENCLINICA).tables[0])
    assert rows_of(read("openclinica", "\ufeff" + OPENCLINICA).tables[0])[1][0] == "S2"


def test_a_fault_below_the_head_has_the_line_of_the_file() -> None:
    refusal = refusal_of("openclinica", OPENCLINICA + "S3\tP\n")
    assert (refusal.code, refusal.line) == ("ragged_row", 11)
    assert "line 4 has 2 fields" in refusal.text
    assert "counted from the header, line 8" in refusal.text


def test_a_truncated_openclinica_file_is_told() -> None:
    (remark,) = read("openclinica", OPENCLINICA.replace("S2\tP - 01\tf\t\t\n", "")).remarks
    assert (remark.code, "counts 2 subjects, its table has 1 rows" in remark.text) == ("subject_count", True)


def test_a_head_without_a_table_is_refused() -> None:
    refusal = refusal_of("openclinica", OPENCLINICA[: OPENCLINICA.index("Study Subject ID")])
    assert refusal.code == "missing_key_column"


def test_xml_is_refused_with_what_it_is() -> None:
    refusal = refusal_of("castor", '<?xml version="1.0"?>\n<xml><crf_id>1</crf_id></xml>')
    assert refusal.code == "not_text"
    assert "describes forms and holds no data" in refusal.text
    assert "format: odm" in refusal_of("viedoc", '\ufeff<?xml version="1.0"?><ODM/>').text


def test_bytes_that_are_not_in_the_declared_encoding_are_refused() -> None:
    with pytest.raises(Refusal, match="undecodable"):
        READERS["castor"].read(CASTOR.encode() + b"1;\xff;;;;\n", Source(path="edc/e.csv", format="castor"))
    text = (
        CASTOR.replace("Pain", "Schmerz ß")
        .replace("Schmerz ß\r\n", "Schmerz ß;\r\n")
        .replace("AE 2;0;0;", "AE 2;0;0;;")
    )
    read_again = READERS["castor"].read(
        text.encode("cp1252"), Source(path="edc/e.csv", format="castor", encoding="cp1252")
    )
    assert rows_of(read_again.tables[0])[0][-1] == "Schmerz ß"


@pytest.mark.parametrize(("export_format", "end"), [("castor", ""), ("castor", ";"), ("redcap", "")])
def test_characters_that_were_lost_before_are_told_of_every_layout(export_format: ExportFormat, end: str) -> None:
    data = f"record_id;term\n1;x{end}\n2;\ufffd{end}\n".encode()
    source = Source(path="edc/a.csv", format=export_format, delimiter=";")
    assert [(one.code, one.row) for one in READERS[export_format].read(data, source).remarks] == [
        ("lost_characters", 2)
    ]
