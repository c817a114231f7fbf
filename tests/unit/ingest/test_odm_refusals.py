"""What is no ODM, is broken or would harm is refused with the reason and the line, and nothing else is opened."""

from __future__ import annotations

import builtins
import io
import subprocess
import sys
from typing import Any

import pytest
from odm_case import form, group, odm, read, subject

from pipelines.ingest.readers import odm_metadata, xml_stream
from pipelines.ingest.readers.odm_tables import MAX_COLUMNS, MAX_VALUE_CHARACTERS
from pipelines.ingest.readers.xml_stream import MAX_ATTRIBUTES
from pipelines.ingest.refusal import Refusal

LAUGHS = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
PLAIN = odm(subject(form(group('<ItemData ItemOID="A" Value="Mr Secret"/>'))))

FILES: dict[str, tuple[bytes, str, int | None]] = {
    # Other files (F43).
    "external entity": (b'<!DOCTYPE ODM [<!ENTITY x SYSTEM "file:///etc/hosts">]><ODM>&x;</ODM>', "doctype", 1),
    "parameter entity": (b'<!DOCTYPE ODM [<!ENTITY % x SYSTEM "http://127.0.0.1:1/x.dtd"> %x;]><ODM/>', "doctype", 1),
    "external document type": (b'<!DOCTYPE ODM SYSTEM "file:///etc/hosts"><ODM/>', "doctype", 1),
    "public document type": (b'<!DOCTYPE ODM PUBLIC "-//X" "http://127.0.0.1:1/odm.dtd"><ODM/>', "doctype", 1),
    "document type behind a comment": (b"<!-- <ODM> -->\n<!DOCTYPE ODM><ODM/>", "doctype", 1),
    "document type in UTF-16": ("<!DOCTYPE ODM><ODM/>".encode("utf-16"), "doctype", 1),
    "XInclude": (
        odm('<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/hosts" parse="text"/>'),
        "xinclude",
        None,
    ),
    # Bombs (F44).
    "billion laughs": (f'<!DOCTYPE o [<!ENTITY e0 "ha">{LAUGHS}]><ODM>&e9;</ODM>'.encode(), "doctype", 1),
    "quadratic blowup": (
        f'<!DOCTYPE o [<!ENTITY a "{"a" * 50_000}">]><ODM>{"&a;" * 50_000}</ODM>'.encode(),
        "doctype",
        1,
    ),
    "a million nested elements": (b"<ODM>" + b"<a>" * 1_000_000, "too_large", None),
    "nested groups": (
        odm(subject("<ItemGroupData ItemGroupOID='G'>" * 40 + "</ItemGroupData>" * 40), version="2.0"),
        "too_deep",
        None,
    ),
    "a huge attribute": (PLAIN.replace(b"Mr Secret", b"x" * 11_000_000), "too_large", None),
    "a huge text": (b"<ODM>" + b"x" * 11_000_000, "too_large", None),
    "a huge name": (b"<" + b"x" * 60_000 + b"/>", "too_large", 1),
    "a long value": (PLAIN.replace(b"Mr Secret", b"x" * (MAX_VALUE_CHARACTERS + 1)), "field_too_large", None),
    "too many attributes": (
        PLAIN.replace(b"Value=", " ".join(f'a{n}=""' for n in range(MAX_ATTRIBUTES)).encode() + b" Value="),
        "too_large",
        3,
    ),
    "too many items": (
        odm(subject(form(group("".join(f'<ItemData ItemOID="I{n}" Value="1"/>' for n in range(MAX_COLUMNS + 1)))))),
        "too_many_columns",
        None,
    ),
    # Other kinds of file (F47).
    "nothing": (b"", "empty_file", None),
    "blanks": (b" \n\n", "empty_file", None),
    "a ZIP": (b"PK\x03\x04 and more", "not_xml", 1),
    "a PDF": (b"%PDF-1.4\n", "not_xml", 1),
    "a program": (b"MZ\x90\x00\x03\x00", "not_xml", 1),
    "CSV": (b"SUBJID,SEX\n001,F\n", "not_xml", 1),
    "HTML": (b"<html><body></body></html>", "not_odm", 1),
    "another ODM": (b'<ODM xmlns="urn:other"/>', "not_odm", 1),
    # Broken files.
    "cut off in a tag": (PLAIN[: PLAIN.index(b"Value=") + 9], "truncated_xml", 3),
    "cut off between tags": (PLAIN[: PLAIN.index(b"</ItemGroupData>")], "truncated_xml", 3),
    "crossed tags": (PLAIN.replace(b"</FormData>", b"</StudyEventData>", 1), "malformed_xml", 3),
    "twice the same attribute": (PLAIN.replace(b'Value="', b'Value="1" Value="'), "malformed_xml", 3),
    "an undeclared prefix": (PLAIN.replace(b"<ItemData ", b"<ItemData z:a='1' "), "malformed_xml", 3),
    "an entity": (PLAIN.replace(b"Mr Secret", b"&nbsp;Mr Secret"), "entity", 3),
    "a second root": (PLAIN + b"\n<ODM/>", "malformed_xml", 5),
    "a control character": (PLAIN.replace(b"Mr Secret", b"Mr \x01Secret"), "invalid_character", 3),
    "NUL": (PLAIN.replace(b"Mr Secret", b"Mr \x00Secret"), "invalid_character", 3),
    "bytes of another encoding": (PLAIN.replace(b"Mr Secret", b"Mr S\xe9cret"), "undecodable", 3),
    "an unknown encoding": (PLAIN.replace(b"UTF-8", b"klingon"), "undecodable", 1),
    # ODM that says nothing, or two things.
    "no item OID": (PLAIN.replace(b'ItemOID="A" ', b""), "missing_oid", 3),
    "a blank item OID": (PLAIN.replace(b'ItemOID="A"', b'ItemOID=""'), "missing_oid", 3),
    "no group OID": (PLAIN.replace(b'ItemGroupOID="IG"', b""), "missing_oid", 3),
    "no subject key": (PLAIN.replace(b'SubjectKey="001"', b""), "missing_oid", 3),
    "two values": (PLAIN.replace(b'Secret"/>', b'Secret"><Value>1</Value></ItemData>'), "two_values", 3),
    "text in an item": (PLAIN.replace(b'Secret"/>', b'Secret">1</ItemData>'), "stray_text", 3),
    "text in a group": (PLAIN.replace(b"</ItemGroupData>", b"1</ItemGroupData>"), "stray_text", 3),
    "text behind an element in a typed item": (
        PLAIN.replace(
            b'<ItemData ItemOID="A" Value="Mr Secret"/>', b'<ItemDataAny ItemOID="A">Mr <b/>Secret</ItemDataAny>'
        ),
        "stray_text",
        3,
    ),
    "text behind an element in a value": (
        PLAIN.replace(b' Value="Mr Secret"/>', b"><Value>Mr <b/>Secret</Value></ItemData>"),
        "stray_text",
        3,
    ),
    "text between many groups": (odm(subject(form(group("") * 400 + "1" + group("") * 400))), "stray_text", 3),
    "text in a form": (PLAIN.replace(b"</FormData>", b"1</FormData>"), "stray_text", 3),
    # Data that would be read as something else.
    **{
        f"{name} in no namespace": (
            PLAIN.replace(f"<{name} ".encode(), f'<{name} xmlns="" '.encode()),
            "misplaced_data",
            3,
        )
        for name in ("ClinicalData", "SubjectData", "StudyEventData", "FormData", "ItemGroupData", "ItemData")
    },
    "an item of another ODM": (
        PLAIN.replace(b"<ItemData ", b'<ItemData xmlns="http://www.cdisc.org/ns/odm/v1.2" '),
        "misplaced_data",
        3,
    ),
    "a group in a group before 2.0": (odm(subject(form(group(group(""), oid="O")))), "misplaced_data", None),
    "an item in a form": (
        PLAIN.replace(b"</FormData>", b'<ItemData ItemOID="B" Value="1"/></FormData>'),
        "misplaced_data",
        3,
    ),
    "an item named as an attribute of its group": (
        PLAIN.replace(b'ItemOID="A"', b'ItemOID="Status"').replace(
            b'ItemGroupOID="IG"', b'ItemGroupOID="IG" Status="open"'
        ),
        "ambiguous_name",
        None,
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_the_file_is_refused_with_its_reason_and_line(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    data, code, line = FILES[name]

    def opened(*_arguments: Any, **_options: Any) -> None:
        raise AssertionError("a file was opened")

    read(PLAIN)  # imports what it needs, before opening is forbidden
    monkeypatch.setattr(builtins, "open", opened)
    monkeypatch.setattr(io, "open", opened)
    with pytest.raises(Refusal) as refused:
        read(data)
    assert (refused.value.code, refused.value.line) == (code, line)
    assert "Secret" not in refused.value.text


def test_nothing_but_the_file_is_opened_by_the_parser_either() -> None:
    """What libxml2 opens, Python does not see; but whoever opens a named pipe waits for its writer for ever."""
    script = (
        "import os, sys, tempfile\n"
        "from odm_case import read\n"
        "from pipelines.ingest.refusal import Refusal\n"
        "pipe = os.path.join(tempfile.mkdtemp(), 'pipe')\n"
        "os.mkfifo(pipe)\n"
        "for text in ('<!DOCTYPE o SYSTEM \"%s\"><ODM/>', '<!DOCTYPE o [<!ENTITY x SYSTEM \"%s\">]><ODM>&x;</ODM>',\n"
        "             '<!DOCTYPE o [<!ENTITY %% x SYSTEM \"%s\"> %%x;]><ODM/>'):\n"
        "    try:\n"
        "        read((text % pipe).encode())\n"
        "    except Refusal as refusal:\n"
        "        print(refusal.code)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=__file__.rsplit("/", 1)[0],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.split() == ["doctype"] * 3


@pytest.mark.parametrize(
    "body",
    [
        '<x xmlns="urn:x">' + "<y/>" * 100_000 + "</x>",
        # Those in a section of their own are read and cleared one by one, but these stay with what they hang on.
        subject(form(group('<ItemData ItemOID="A" Value="1">' + "<AuditRecord/>" * 40_000 + "</ItemData>"))),
        subject(form(group('<ItemData ItemOID="A" Value="1">' + '<AuditRecord ID="1"/>' * 40_000 + "</ItemData>"))),
    ],
    ids=["a vendor's", "empty audit records", "audit records"],
)
def test_an_element_without_end_is_not_collected_for_ever(body: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml_stream, "MAX_ELEMENT_BYTES", 1 << 18)
    endless = odm(body)
    with pytest.raises(Refusal) as refused:
        read(endless)
    assert refused.value.code == "too_large"


def test_a_section_of_records_may_be_of_any_length(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml_stream, "MAX_ELEMENT_BYTES", 1 << 18)
    records = "".join(f'<AuditRecord ID="A{n}"><SourceID>{n}</SourceID></AuditRecord>' for n in range(20_000))
    data = f'<ClinicalData StudyOID="S1" MetaDataVersionOID="1"><AuditRecords>{records}</AuditRecords></ClinicalData>'
    assert read(odm(data)).counts["audit_records"] == 20_000


def test_few_definitions_do_not_make_very_many_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(odm_metadata, "MAX_ITEM_USES", 99)
    forms = "".join(f'<FormDef OID="F{n}"><ItemGroupRef ItemGroupOID="G"/></FormDef>' for n in range(10))
    items = "".join(f'<ItemRef ItemOID="I{n}" Mandatory="No"/>' for n in range(10))
    version = f'<MetaDataVersion OID="1">{forms}<ItemGroupDef OID="G">{items}</ItemGroupDef></MetaDataVersion>'
    with pytest.raises(Refusal) as refused:
        read(odm(f'<Study OID="S">{version}</Study>'))
    assert refused.value.code == "too_large"
