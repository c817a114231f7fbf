"""Generated and real CSV files are read as Python's csv module reads them, or refused: nothing is lost (F36, F37)."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.ingest.readers import READERS
from pipelines.ingest.readers import csv_proof as csv_proof_room
from pipelines.ingest.readers import csv_text as csv_text_room
from pipelines.ingest.refusal import Refusal
from pipelines.settings import PROJECT_ROOT
from pipelines.study_source import Source

SAMPLES = PROJECT_ROOT.parent / "shared/data/format-samples"
DIALECTS = [(",", '"'), (";", '"'), ("\t", '"'), ("|", "'"), (" ", '"'), ("x", "'"), ("\x1f", '"')]
PIECES = [
    "a", "7", " ", '"', '""', "'", "\n", "\r", "\r\n", ",", ";", "\t", "|", "é",
    "\u2028", "\x0b", "\x1c", "\x1f", "\0", "𠮷",
]  # fmt: skip
QUOTINGS = [csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]

Dialect = tuple[str, str]


def read(data: bytes, dialect: Dialect, encoding: str = "utf-8") -> list[list[str]]:
    delimiter, quote = dialect
    source = Source(path="edc/AE.csv", delimiter=delimiter, quote=quote, encoding=encoding)
    (table,) = READERS["csv"].read(data, source).tables
    columns = [column.to_pylist() for column in table.rows.columns]
    return [list(table.header), *map(list, zip(*columns, strict=True))]


def python_rows(text: str, dialect: Dialect) -> list[list[str]]:
    delimiter, quote = dialect
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, quotechar=quote, strict=True))


cells = st.lists(st.sampled_from(PIECES), max_size=4).map("".join)


@st.composite
def written_files(draw: st.DrawFn, dialect: Dialect) -> str:
    """A file as some system writes it: one style, or rows of several, maybe cut or with something put in."""
    width = draw(st.integers(1, 4))
    rows = draw(st.lists(st.lists(cells, min_size=width, max_size=width), max_size=12))
    out = io.StringIO(newline="")
    for row in [[f"c{place}" for place in range(width)], *rows]:
        style = {
            "quoting": draw(st.sampled_from(QUOTINGS)),
            "lineterminator": draw(st.sampled_from(["\n", "\r\n", "\r"])),
        }
        csv.writer(out, delimiter=dialect[0], quotechar=dialect[1], **style).writerow(row)
    text = out.getvalue()
    place = draw(st.integers(0, len(text)))
    damage = draw(st.sampled_from(["", "", "cut", *dialect, "\n", "\r", "x"]))
    return text[:place] if damage == "cut" else text[:place] + damage + text[place:]


@st.composite
def files(draw: st.DrawFn) -> tuple[str, Dialect]:
    dialect = draw(st.sampled_from(DIALECTS))
    loose = st.lists(st.sampled_from([*PIECES, *dialect]), max_size=30).map("".join)
    return draw(st.one_of(written_files(dialect), written_files(dialect), loose)), dialect


def hold_against_python(examples: int) -> Counter[str]:
    outcomes: Counter[str] = Counter()

    @settings(
        max_examples=examples, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(files())
    def check(file: tuple[str, Dialect]) -> None:
        text, dialect = file
        try:
            got = read(text.encode(), dialect)
        except Refusal as refusal:
            outcomes[refusal.code] += 1
        else:
            outcomes["read"] += 1
            assert got == python_rows(text, dialect)

    check()
    return outcomes


def hold_outcomes(outcomes: Counter[str], examples: int) -> None:
    assert outcomes["read"] > examples // 4, outcomes
    assert {"ragged_row", "malformed_quote", "unterminated_quote", "empty_file"} <= outcomes.keys(), outcomes
    # The two parsers may only differ where both could be right; then the file is refused, but that stays rare.
    assert outcomes["row_count_mismatch"] + outcomes["value_mismatch"] <= examples // 20, outcomes


def test_generated_files_are_read_as_python_reads_them_or_refused() -> None:
    hold_outcomes(hold_against_python(400), 400)


@pytest.mark.slow
def test_two_thousand_generated_files_are_read_as_python_reads_them_or_refused() -> None:
    hold_outcomes(hold_against_python(2_000), 2_000)


def test_the_same_holds_where_a_file_is_read_in_many_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_proof_room, "ROWS_A_PIECE", 2)
    monkeypatch.setattr(csv_text_room, "_BLOCK_BYTES", 16)
    hold_outcomes(hold_against_python(300), 300)


@pytest.mark.parametrize("fault", ["1,2,3", "1", "", '1,"x"y', '"1,2'])
@pytest.mark.parametrize("row", [1, 100, 1000, 2046, 3000])
@pytest.mark.parametrize("quoted", [False, True])
def test_a_fault_anywhere_is_refused_with_its_line(fault: str, row: int, quoted: bool) -> None:
    plain = '"7","x"' if quoted else "7,x"
    lines = ["a,b", *[plain] * 3_001]
    lines[row] = fault
    with pytest.raises(Refusal) as caught:
        read("\r\n".join(lines).encode(), (",", '"'))
    assert caught.value.line == row + 1


def test_a_cell_that_holds_what_stands_between_compared_cells_is_compared_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = b'a,b\n"x\x1f",y\n1,"2"\n'
    assert read(text, (",", '"')) == [["a", "b"], ["x\x1f", "y"], ["1", "2"]]
    real = csv_text_room._read_again
    other = b'x,"\x1fy"\n1,"2"\n'
    monkeypatch.setattr(csv_text_room, "_read_again", lambda _text, _begin, *rest: real(other, 0, *rest))
    with pytest.raises(Refusal, match="value_mismatch"):
        read(text, (",", '"'))


@pytest.mark.parametrize("dialect", [("§", '"'), (",", "«"), ("\r", '"'), (",", "\n"), ("\0", '"')])
def test_a_dialect_that_cannot_be_proven_is_refused(dialect: Dialect) -> None:
    with pytest.raises(Refusal, match="unusable_dialect"):
        read(b"a\n1\n", dialect)


def sample_files(folder: str) -> list[Path]:
    return sorted(path for path in (SAMPLES / folder).rglob("*.[ct]sv") if path.is_file())


needs_samples = pytest.mark.skipif(not SAMPLES.exists(), reason=f"the samples are not at {SAMPLES}")


@pytest.mark.realdata
@needs_samples
def test_csv_spectrum_is_read_as_expected() -> None:
    differing = []
    files = sample_files("csv-spectrum")
    for path in files:
        header, *rows = read(path.read_bytes(), (",", '"'))
        assert [header, *rows] == python_rows(path.read_bytes().decode(), (",", '"'))
        expected = json.loads((path.parents[1] / "json" / f"{path.stem}.json").read_text(encoding="utf-8"))
        if [dict(zip(header, row, strict=True)) for row in rows] != expected:
            differing.append(path.name)
    assert len(files) == 12
    assert differing == ["location_coordinates.csv"]  # the expected answer is wrong upstream


ENCODED = {
    "latin1.csv": "iso-8859-1",
    "only_latin1.csv": "iso-8859-1",
    "only_utf16.csv": "utf-16",
    "utf16.csv": "utf-16",
    "shift_jis.csv": "cp932",
}


@pytest.mark.realdata
@needs_samples
def test_odd_files_of_duckdb_are_read_as_python_reads_them_or_refused() -> None:
    outcomes: Counter[str] = Counter()
    reads: set[str] = set()
    for path in sample_files("duckdb-csv"):
        data = path.read_bytes()
        for dialect in DIALECTS:
            encoding = ENCODED.get(path.name, "utf-8")
            try:
                got = read(data, dialect, encoding)
            except Refusal as refusal:
                outcomes[refusal.code] += 1
                continue
            outcomes["read"] += 1
            reads.add(path.name)
            assert got == python_rows(data.decode(encoding).removeprefix("\ufeff"), dialect), path.name
    assert {"read", "ragged_row", "malformed_quote"} <= outcomes.keys(), outcomes
    assert outcomes["row_count_mismatch"] + outcomes["value_mismatch"] == 0, outcomes
    assert len(reads) > 80
