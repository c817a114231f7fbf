"""YAML with lines: each key and item knows where it stands, and text stays text where the model knows the types."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.errors import ConfigError
from pipelines.located_yaml import load_located_yaml

TEXT = """\
# a comment
flag: no
code: 007
version: 1.10
day: 2024-01-31
nothing:
list:
  - a: 1
    b: ~

  - [x, y]
folded: >-
  one
  two
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "file.yml"
    path.write_text(TEXT, encoding="utf-8")
    return path


def test_text_scalars_stay_as_written(file: Path) -> None:
    data = load_located_yaml(file, as_text=True).data
    assert data == {
        "flag": "no", "code": "007", "version": "1.10", "day": "2024-01-31", "nothing": "",
        "list": [{"a": "1", "b": "~"}, ["x", "y"]], "folded": "one two",
    }  # fmt: skip


def test_typed_scalars_get_yamls_types(file: Path) -> None:
    data = load_located_yaml(file, as_text=False).data
    assert (data["flag"], data["code"], data["version"], data["nothing"]) == (False, 7, 1.1, None)


def test_lines_are_those_of_keys_and_items(file: Path) -> None:
    document = load_located_yaml(file, as_text=True)
    assert document.line_of(("flag",)) == 2
    assert document.line_of(("list", 0, "b")) == 9
    assert document.line_of(("list", 1)) == 11
    assert document.line_of(("list", 1, 1)) == 11
    assert document.line_of(("folded",)) == 12


def test_a_place_that_is_not_written_has_the_line_of_its_parent(file: Path) -> None:
    document = load_located_yaml(file, as_text=True)
    assert document.line_of(("list", 0, "zz", "deeper")) == 8
    assert document.line_of(("absent",)) == 2
    assert str(document.error("wrong", ("list", 0, "b"))) == f"{file}:9: wrong"


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("a: 1\nb: 2\na: 3\n", '"a" is given twice', 3),
        ("a: 1\n b: 2\n", "not readable as YAML", 2),
        ("a: 1\n\tb: 2\n", "not readable as YAML", 2),
        ("a: *unknown\n", "not readable as YAML", 1),
        ("a: 1\nb: 2024-13-45\n", "not a value: month must be in 1..12", 2),
        ("a: !!python/object:os.system x\n", "not readable as YAML", 1),
    ],
)
def test_a_mistake_is_told_with_its_line(tmp_path: Path, text: str, message: str, line: int) -> None:
    path = tmp_path / "bad.yml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"bad\.yml") as caught:
        load_located_yaml(path, as_text=False)
    assert message in caught.value.message
    assert caught.value.line == line
