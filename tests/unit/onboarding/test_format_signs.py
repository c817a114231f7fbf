"""By which signs a delivered file's format is proposed, and that none is read into what has no sign."""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib

import pytest

from pipelines.ingest.refusal import Refusal
from pipelines.onboarding.format_signs import format_of

ODM = '<?xml version="1.0"?>\n<!-- an export -->\n<ODM xmlns="http://www.cdisc.org/ns/odm/v1.3" FileType="Snapshot"/>'
JSON = b'{"datasetJSONCreationDateTime": "2024-01-01T00:00:00", "datasetJSONVersion": "1.1.0", "rows": []}'


def packed(*names: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return content.getvalue()


@pytest.mark.parametrize(
    ("data", "name", "found"),
    [
        (ODM.encode(), "a.xml", "odm"),
        (ODM.encode("utf-8-sig"), "a.dat", "odm"),
        (ODM.encode("utf-16"), "a.xml", "odm"),
        (b'<odm:ODM xmlns:odm="http://www.cdisc.org/ns/odm/v2.0"/>', "a.xml", "odm"),
        (b"<R0112345><ODMish/></R0112345>", "a.xml", None),
        (b"HEADER RECORD*******LIBRARY HEADER RECORD!!!!!!!", "a.xpt", "xpt"),
        (b"HEADER RECORD*******LIBV8   HEADER RECORD!!!!!!!", "a.bin", "xpt"),
        (bytes(12) + bytes.fromhex("c2ea8160b31411cfbd92080009c7318c181f1011") + bytes(8), "a.csv", "sas7bdat"),
        (JSON, "a.json", "dataset-json"),
        (b"\xef\xbb\xbf " + JSON, "a.ndjson", "dataset-json"),
        (zlib.compress(JSON), "a.dsjc", "dataset-json"),
        (gzip.compress(JSON), "a.dsjc", "dataset-json"),
        (gzip.compress(b"a,b"), "a.csv.gz", None),
        (b'{"redCapVersion": "9.1.3"}', "a.json", None),
        (packed("[Content_Types].xml", "xl/workbook.xml"), "a.zip", "xlsx"),
        (packed("s/ExportOptions.html", "s/bmd.xls"), "a.zip", "secutrial"),
        (packed("ExportOptions_CTU05_20190430-152849.html", "bmd.xls"), "a.zip", "secutrial"),
        (packed("AE.csv"), "a.csv", "zip"),
        (b"SUBJID,AETERM\n1,a\n", "a.csv", "csv"),
        (b"SUBJID,AETERM\n1,a\n", "a.CSV", "csv"),
        (b"SUBJID,AETERM\n1,a\n", "a.doc", None),
        (b'\xef\xbb\xbf"record_id","redcap_event_name",age\r\n1,a,3\r\n', "a.csv", "redcap"),
        (b"record_id,age,demo_complete\n1,3,2\n", "a.csv", "csv"),
        (b"a,b\rredcap_event_name,1\r", "a.csv", "csv"),
        (b"note\nredcap_event_name,x\n", "a.csv", "csv"),
        (b"", "a.csv", "csv"),
        (b"%PDF-1.7", "a.pdf", None),
    ],
)
def test_a_format_is_known_by_what_only_it_has(data: bytes, name: str, found: str | None) -> None:
    assert format_of(data, name) == found


def test_what_begins_like_a_zip_and_is_none_is_refused() -> None:
    with pytest.raises(Refusal):
        format_of(b"PK\x03\x04", "a.xlsx")
