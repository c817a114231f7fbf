"""F50: whatever a site, a sponsor or a configuration writes, it stays text in the page."""

from __future__ import annotations

import json

import pytest
from lxml import html
from report_case import report_case

from pipelines.report.page import render_page

PAYLOADS = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//e.test/x.js></SCRIPT>",
    "</script><script>alert(1)</script>",
    "</SCRIPT ><img src=x onerror=alert(1)>",
    "<!--<script>",
    "--><script>alert(1)</script>",
    "<!--",
    "]]><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><img src=x onerror=alert(1)>',
    "'><img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)',
    "' onmouseover='alert(1)",
    '" autofocus onfocus=alert(1) x="',
    '" style="background:red" x="',
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<iframe src=javascript:alert(1)></iframe>",
    '<iframe srcdoc="<script>alert(1)</script>">',
    "<object data=javascript:alert(1)>",
    "<embed src=javascript:alert(1)>",
    "<a href=javascript:alert(1)>x</a>",
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "<body onload=alert(1)>",
    "<details open ontoggle=alert(1)>",
    "<video><source onerror=alert(1)>",
    "<audio src=x onerror=alert(1)>",
    "<input autofocus onfocus=alert(1)>",
    "<marquee onstart=alert(1)>",
    "<meta http-equiv=refresh content=0;url=//e.test>",
    "<base href=//e.test/>",
    "<link rel=stylesheet href=//e.test/x.css>",
    "<style>*{display:none}</style>",
    "</style><script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "</textarea><script>alert(1)</script>",
    "</noscript><script>alert(1)</script>",
    "</option></select><script>alert(1)</script>",
    "</td></tr></table><h1>gone</h1>",
    "<template><script>alert(1)</script></template>",
    "<plaintext>",
    "<form action=//e.test><button>",
    "{{ 7*7 }}{% for x in y %}{{ cycler.__init__.__globals__ }}",
    "${alert(1)}`+alert(1)+`",
    "\\u003cscript\\u003ealert(1)\\u003c/script\\u003e",
    "&lt;script&gt;alert(1)&lt;/script&gt;&#60;b&#62;",
    "\u2028alert(1)//\u2029\u202e\x00<\x00script>\ufeff",
]  # fmt: skip


def shape(text: str) -> list[tuple[str, tuple[str, ...]]]:
    """Return every element in order with the names of its attributes."""
    document = html.document_fromstring(text)
    return [(str(element.tag), tuple(sorted(element.attrib))) for element in document.iter()]


def test_there_are_fifty_different_payloads() -> None:
    assert len(set(PAYLOADS)) == 50


@pytest.fixture(scope="module")
def harmless() -> list[tuple[str, tuple[str, ...]]]:
    return shape(render_page(report_case(lambda text: f"{text} harmless")))


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_delivered_text_stays_text(payload: str, harmless: list[tuple[str, tuple[str, ...]]]) -> None:
    page = render_page(report_case(lambda text: f"{text} {payload}"))
    found = shape(page)
    assert [tag for tag, _ in found].count("script") == 3
    assert not [name for _, names in found for name in names if name.startswith("on")]
    assert found == harmless
    findings = json.loads(html.document_fromstring(page).get_element_by_id("findings-data").text)
    assert findings["columns"]["message"]["values"][0] == f"Subject 0 appears twice {payload}"


def test_the_measure_sees_an_injection(harmless: list[tuple[str, tuple[str, ...]]]) -> None:
    """Guards the guard: an unescaped payload changes the shape."""
    page = render_page(report_case(lambda text: f"{text} harmless"))
    assert shape(page.replace("A trial harmless", "A trial <img src=x onerror=alert(1)>")) != harmless
