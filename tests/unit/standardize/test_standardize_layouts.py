"""`layout: sdtm` and `layout: template`: exports are mapped by the names of their columns, and by nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from mapped_rows import STUDY, Shelf, column

from pipelines.errors import ConfigError
from pipelines.ingest import CurrentDelivery
from pipelines.standardize.availability import list_availability
from pipelines.standardize.layout_questions import MISSING_COLUMN, NEW_COLUMN, list_layout_questions
from pipelines.study import Study, load_study
from pipelines.study_layouts import datasets_of, template_columns, with_layouts
from pipelines.vocabulary import load_vocabulary

AE = {"path": "edc/ae.csv"}


def sdtm_study(sources: dict[str, Any], **more: Any) -> Study:
    written = {"study": STUDY, "title": "t", "sponsor": "s", "layout": "sdtm", "sources": sources, **more}
    return with_layouts(Study.model_validate(written))


def delivered(*columns: str) -> CurrentDelivery:
    return CurrentDelivery(
        site="101", source="AE", system="edc", file="ae.csv", source_file=f"{STUDY}/101/edc/ae.csv", sha256="0", rows=1,
        columns=columns, received_at="2026-01-02T08:00:00Z", rows_path=Path("rows.parquet"), previous_rows=None,
    )  # fmt: skip


def test_ten_lines_are_a_whole_study(tmp_path: Path) -> None:
    path = tmp_path / "S-1" / "study.yml"
    path.parent.mkdir()
    path.write_text(
        "study: S-1\ntitle: t\nsponsor: s\nlayout: sdtm\nsources:\n"
        "  DM: {path: edc/dm.csv}\n  AE: {path: edc/ae.csv}\n  VS: {path: edc/vs.csv}\n  LB: {path: edc/lb.csv}\n",
        encoding="utf-8",
    )
    study = load_study(path)
    assert list(study.map) == ["DM", "AE", "VS", "LB"]
    # Ours are not read, which SDTM does not have: their date formats are nobody's to declare.
    for dataset in ("DM", "AE"):
        ours = set(load_vocabulary()[dataset].variables) - set(study.map[dataset][0].variables)
        assert ours == {name for name in load_vocabulary()[dataset].variables if name.islower()} != set()
    assert study.sources["VS"].formats_of("VSDTC") == ["ISO8601"]


def test_a_study_without_map_and_layout_is_told_what_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "S-1" / "study.yml"
    path.parent.mkdir()
    path.write_text("study: S-1\ntitle: t\nsponsor: s\nsources:\n  AE: {path: edc/ae.csv}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match='"map" is missing; a study whose exports are SDTM says layout: sdtm'):
        load_study(path)


def test_variables_dates_and_subject_come_from_the_columns_of_their_names(shelf: Shelf) -> None:
    shelf.put(
        "AE",
        ["STUDYID", "USUBJID", "AETERM", "aestdtc", "AEXYZ"],
        [STUDY, f"{STUDY}-101-001", "Headache", "2024-03", "x"],
        [STUDY, "101-002", " ", "2024-03-05T10:00", ""],
    )
    rows = shelf.read(sdtm_study({"AE": AE}))
    assert column(rows, "USUBJID") == [f"{STUDY}-101-001", f"{STUDY}-101-002"]
    assert column(rows, "subject") == ["101-001", "101-002"]
    assert column(rows, "AETERM") == ["Headache", None]
    assert column(rows, "AESTDTC") == ["2024-03", "2024-03-05T10:00"]
    assert column(rows, "AESTDTC__format") == ["ISO8601", "ISO8601"]
    assert column(rows, "AESER") == [None, None]


@pytest.mark.parametrize(
    ("columns", "row", "site"),
    [
        (["USUBJID", "SITEID"], ["1", "205"], "205"),
        (["USUBJID", "SITEID"], ["1", ""], None),
        (["USUBJID"], ["1"], "101"),
    ],
)
def test_the_site_is_the_files_own_where_it_states_one(
    shelf: Shelf, columns: list[str], row: list[str], site: str | None
) -> None:
    shelf.put("DM", columns, row)
    assert column(shelf.read(sdtm_study({"DM": {"path": "edc/dm.csv"}}), "DM"), "SITEID") == [site]


def test_the_subject_can_stand_in_another_column(shelf: Shelf) -> None:
    shelf.put("AE", ["SUBJID", "AETERM"], ["001", "Headache"])
    study = sdtm_study({"AE": {**AE, "subject": "SUBJID"}})
    assert column(shelf.read(study), "USUBJID") == [f"{STUDY}-001"]


def test_each_column_that_did_not_come_is_told() -> None:
    study = sdtm_study({"AE": AE})
    entries = list_availability(study, load_vocabulary(), [delivered("USUBJID", "AETERM")], ["101"], {})
    reasons = {entry.variable: entry.reason for entry in entries if entry.dataset == "AE"}
    assert reasons[""] == reasons["AETERM"] == ""
    assert reasons["AESER"] == "AE.AESER: the file has no column AESER"
    assert next(entry.reason for entry in entries if entry.dataset == "VS") == "VS is not mapped in study.yml"


def test_what_the_map_says_goes_before_the_name(shelf: Shelf) -> None:
    shelf.put("AE", ["USUBJID", "AETERM", "AESER"], ["1", "Headache", "Yes"])
    own = {"AE": [{"from": "AE", "variables": {"AESER": {"item": "AESER", "values": {"Yes": "Y"}}}}]}
    rows = shelf.read(sdtm_study({"AE": AE}, map=own))
    assert (column(rows, "AESER"), column(rows, "AETERM")) == (["Y"], ["Headache"])


def test_two_files_of_one_dataset_are_named_in_the_map(shelf: Shelf) -> None:
    for name in ("LBCH", "LBHE"):
        shelf.put(name, ["USUBJID", "LBTESTCD"], ["1", name])
    sources = {name: {"path": f"edc/{name}.csv"} for name in ("LBCH", "LBHE")}
    study = sdtm_study(sources, map={"LB": [{"from": name} for name in sources]})
    assert column(shelf.read(study, "LB"), "LBTESTCD") == ["LBCH", "LBHE"]
    assert column(shelf.read(study, "LB"), "subject") == ["1", "1"]


def test_a_list_of_the_edc_beside_sdtm_is_mapped_as_ever(shelf: Shelf) -> None:
    shelf.put("QUERIES", ["id", "query_id"], ["q", "no"])
    study = sdtm_study(
        {"AE": AE, "QUERIES": {"path": "edc/q.csv"}, "SITE": {"path": "ctms/s.csv"}},
        map={"QUERY": [{"from": "QUERIES", "variables": {"query_id": "id"}}]},
    )
    rows = shelf.read(study, "QUERY")
    assert (column(rows, "query_id"), column(rows, "subject")) == (["q"], [None])
    # Not of SDTM, so no column's name says anything.
    assert "SITE" not in study.map


def test_one_source_of_a_mapped_study_may_be_sdtm() -> None:
    written = {"study": STUDY, "title": "t", "sponsor": "s", "sources": {"AE": {**AE, "layout": "sdtm"}, "VS": AE}}
    study = with_layouts(Study.model_validate(written))
    assert list(study.map) == ["AE"]
    assert study.sources["VS"].subject is None


def test_other_columns_are_new_only_where_a_layout_was_agreed() -> None:
    came = delivered("USUBJID", "AETERM", "AEXYZ")
    assert list_layout_questions(sdtm_study({"AE": AE}), [came], {}) == []
    agreed = {**AE, "columns": {"required": ["USUBJID"], "optional": ["AESER"]}}
    problems = {q.column_name: q.problem for q in list_layout_questions(sdtm_study({"AE": agreed}), [came], {})}
    assert problems == {"USUBJID": None, "AETERM": None, "AESER": MISSING_COLUMN, "AEXYZ": NEW_COLUMN}


def test_every_date_of_an_sdtm_dataset_is_known_as_one_by_its_name() -> None:
    variables = [v for d in datasets_of("sdtm").values() for v in d.variables.values() if v.name.isupper()]
    dates = [v.name for v in variables if v.type == "date"]
    assert len(dates) > 15
    assert [name for name in dates if not name.endswith("DTC")] == []


TRAINING = {"path": "isf/TRAINING*.csv", "layout": "template"}


def template_study(**sources: Any) -> Study:
    written = {"study": STUDY, "title": "t", "sponsor": "s", "sources": sources}
    return with_layouts(Study.model_validate(written))


def test_a_template_is_read_by_its_columns_whose_dates_are_iso(shelf: Shelf) -> None:
    shelf.put("TRAINING", ["site", "person", "course", "completion_date"], ["101", "P1", "GCP", "2024-03"])
    rows = shelf.read(template_study(TRAINING=TRAINING), "TRAINING")
    assert (column(rows, "person"), column(rows, "completion_date")) == (["P1"], ["2024-03"])
    assert column(rows, "completion_date__format") == ["ISO8601"]
    assert column(rows, "subject") == [None]


@pytest.mark.parametrize(
    ("name", "subject", "required"),
    [("TRAINING", None, ["site"]), ("SAFETY", "subject", ["site", "subject"]), ("IP_LOG", "subject", ["site"])],
)
def test_a_template_says_whose_its_rows_are(name: str, subject: str | None, required: list[str]) -> None:
    source = template_study(**{name: {"path": f"isf/{name}.csv", "layout": "template"}}).sources[name]
    assert (source.subject and source.subject.item) == subject
    assert source.site is not None
    assert source.site.item == "site"
    assert source.columns is not None
    assert source.columns.required == required
    assert set(template_columns(load_vocabulary()[name])) == {*source.columns.required, *source.columns.optional}
