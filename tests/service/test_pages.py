from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from tests.service.html_page import HtmlPage


@pytest.mark.parametrize("over", ["client", "archive_client"])
def test_every_page_that_links_lead_to_is_sound(over: str, request: pytest.FixtureRequest) -> None:
    client: FlaskClient = request.getfixturevalue(over)
    waiting = ["/", "/search?q=harbour+tillerson&match=any", "/search?q=nothing+at+all", "/problems/index-missing"]
    seen: set[str] = set()
    while waiting and len(seen) < 150:
        url = waiting.pop(0)
        seen.add(url)
        with client.get(url) as response:
            assert response.status_code == 200, url
            if not response.content_type.startswith("text/html"):
                continue
            page = HtmlPage(response.get_data(as_text=True))
        assert list(page.problems()) == [], url
        linked = (link.get("href", "").partition("#")[0] for link in [*page.all("a"), *page.all("link")])
        waiting += [link for link in linked if link.startswith("/") and link not in seen and link not in waiting]
    assert len(seen) > 20
