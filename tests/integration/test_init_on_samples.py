"""`siteproof init` on exports that real systems wrote: each proposal, once it is settled, takes its file."""

from __future__ import annotations

import re

import pytest
from test_format_samples import SAMPLES as FOLDER

from pipelines.ingest.intake import ingest_study
from pipelines.onboarding import propose_study, study_text
from pipelines.settings import Home
from pipelines.study import load_study

pytestmark = [
    pytest.mark.realdata,
    pytest.mark.skipif(not FOLDER.exists(), reason=f"the samples are not at {FOLDER}"),
]

REDCAP = "REDCapR/inst/test-data/projects"
# By the format: the samples, the first the export; another is REDCap's data dictionary, which lies beside study.yml.
SAMPLES = [
    ("castor", 1, ["castoredc_api/castoredc_api/tests/test_output/data_files_for_output_tests/CastorStudy.csv"]),
    ("redcap", 1, [f"{REDCAP}/repeating-instruments/data.csv"]),
    ("redcap", 2, [f"{REDCAP}/repeating-instruments/data.csv", f"{REDCAP}/repeating-instruments/dictionary.csv"]),
    ("redcap", 1, [f"{REDCAP}/clinical-trial-1/data.csv", f"{REDCAP}/clinical-trial-1/dictionary.csv"]),
    ("odm", 13, ["openclinica_scripts/OC_XML_to_SAS_R_CSV/sas_singular/extract.xml"]),
    ("odm", 1, ["rwslib/rwslib/tests/fixtures/test_double_byte_chars.xml"]),
    ("odm", 4, [f"{REDCAP}/repeating-instruments/project.xml"]),
    ("odm", 2, ["cdisc-odm2/examples/Demographics_RACE/Demographics_RACE_check_all_that_apply.xml"]),
    ("xpt", 1, ["datasetjson/ae.xpt"]),
    ("sas7bdat", 1, ["pyreadstat/test_data/basic/sample.sas7bdat"]),
    ("dataset-json", 1, ["datasetjson/ds.dsjc"]),
    (
        "xlsx",
        1,
        ["viedoc/example-custom-reports/drug-accountability/Example Kit Allocation List, PHASE-II-TEMPLATE.xlsx"],
    ),
    ("secutrial", 31, ["secuTrialR/inst/extdata/sT_exports/snames/s_export_CSV-xls_CTU05_short_ref_miss_en_utf8.zip"]),
]


@pytest.mark.parametrize(("form", "sources", "files"), SAMPLES)
def test_the_proposal_for_a_sample_takes_it(home: Home, form: str, sources: int, files: list[str]) -> None:
    export, *beside = [FOLDER / file for file in files]
    study_file = home.study_file("S-1")
    landed = home.landing / "S-1" / "101" / "edc" / export.name
    for path, source in [(landed, export), *((study_file.parent / one.name, one) for one in beside)]:
        path.parent.mkdir(parents=True)
        path.write_bytes(source.read_bytes())
    study_file.parent.mkdir(parents=True, exist_ok=True)
    study_file.write_text(_settled(study_text(propose_study(home, "S-1"))), encoding="utf-8")
    study = load_study(study_file)
    assert [source.format for source in study.sources.values()] == [form] * sources
    assert [event.status for event in ingest_study(home, study)] == ["accepted"] * sources


def _settled(text: str) -> str:
    """Return a proposal without the lines that are open, as a human settles them."""
    return re.sub(r"\n    subject: TODO.*", "", text)
