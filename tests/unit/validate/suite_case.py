"""A small catalogue of one suite with two checks, for tests that change a line of it."""

from __future__ import annotations

from pathlib import Path

SUITE = """\
name: data_entry.doses
meta:
  model: check_exposure
  group: Exposure
expectations:
  - type: expect_rows_to_hold
    kwargs:
      applies_when: EXDOSE is not null
      fails_when: EXDOSE > {max_dose} or EXDOSE < {USUAL.low}
    severity: critical
    meta:
      id: EX-91
      title: A dose is not above the limit
      scope: record
      needs: [EX.EXDOSE]
      population: EX rows with EXDOSE.
      failing_condition: EXDOSE > max_dose (strict).
      parameters:
        {max_dose: 100, factor: 0.5, USUAL: "10..50", mode: strict, forms: [TABLET], blinded: false, by_arm: []}
      bounds: {max_dose: [1, 1000]}
      item_pattern: {by_arm: "[A-Z]=[0-9]+"}
      reference: protocol
      query_text: Please verify dose {value} of {subject}.
      shows: {value: EXDOSE}
      owner: CRC
      example_fail: {EXDOSE: 101}
      example_pass: {EXDOSE: 100}
  - type: expect_rows_to_hold
    kwargs:
      applies_when: EXTRT is not null
      fails_when: EXROUTE is null
    severity: warning
    meta:
      id: EX-92
      title: A dose has a route
      scope: record
      needs: [EX.EXTRT or EX.EXDOSE, EX.EXROUTE]
      population: EX rows with EXTRT.
      failing_condition: EXROUTE is blank.
      reference: protocol
      query_text: Please provide the route of {drug} of {subject}.
      shows: {drug: EXTRT}
      owner: CRC
      example_fail: {EXTRT: A, EXROUTE: null}
      example_pass: {EXTRT: A, EXROUTE: ORAL}
"""


def write_suite(directory: Path, text: str = SUITE, topic: str = "doses") -> Path:
    """Write `<directory>/data_entry/<topic>.yml`."""
    path = directory / "data_entry" / f"{topic}.yml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def line_of(text: str, part: str) -> int:
    """The line of the first occurrence of `part`, which must be there."""
    return text[: text.index(part)].count("\n") + 1
