"""A REDCap data dictionary lies beside study.yml: it is found at load, or its absence told with the line."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from pipelines.errors import ConfigError, UserError
from pipelines.ingest.readers.redcap_dictionary import dictionary_digest
from pipelines.study import Study, load_study

STUDY = """\
study: ST-1
title: t
sponsor: s
sources:
  AE:
    path: edc/AE.csv
  REDCAP:
    path: edc/export.csv
    format: redcap
    dictionary: dictionary.csv
map: {}
"""


def load(folder: Path, text: str = STUDY) -> Study:
    path = folder / "ST-1" / "study.yml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return load_study(path)


def test_the_dictionary_is_found_wherever_we_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "ST-1" / "dictionary.csv"
    file.parent.mkdir()
    file.write_bytes(b"x")
    study = load(tmp_path)
    assert study.sources["REDCAP"].dictionary == str(file)
    assert study.sources["AE"].dictionary is None
    monkeypatch.chdir(tmp_path)
    assert load_study(Path("ST-1/study.yml")).sources["REDCAP"].dictionary == str(file)


def test_its_content_has_a_digest(tmp_path: Path) -> None:
    (tmp_path / "ST-1").mkdir()
    file = tmp_path / "ST-1" / "dictionary.csv"
    file.write_bytes(b"x")
    study = load(tmp_path)
    assert dictionary_digest(study.sources["REDCAP"]) == hashlib.sha256(b"x").hexdigest()
    assert dictionary_digest(study.sources["AE"]) == ""
    file.unlink()
    with pytest.raises(UserError, match="cannot be read"):
        dictionary_digest(study.sources["REDCAP"])


@pytest.mark.parametrize(
    ("written", "line", "said"),
    [
        ("dictionary: other.csv", 10, 'there is no file "other.csv" beside study.yml'),
        ("dictionary: .", 10, "there is no file"),
        ("dictionary: ../dictionary.csv", 10, "a file beside study.yml"),
        ("dictionary: /etc/passwd", 10, "a file beside study.yml"),
        ("table: ae", 7, "write dictionary: FILE"),
    ],
)
def test_one_that_cannot_be_used_is_told_with_its_line(tmp_path: Path, written: str, line: int, said: str) -> None:
    (tmp_path / "ST-1").mkdir()
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, STUDY.replace("dictionary: dictionary.csv", written))
    assert (caught.value.line, said in caught.value.message) == (line, True), caught.value.message


def test_only_redcap_has_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="goes with format: redcap"):
        load(tmp_path, STUDY.replace("format: redcap", "format: csv"))
