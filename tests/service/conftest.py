"""What the tests of the service share: applications over real and made archives, and a browser to look at them."""

from __future__ import annotations

import datetime as dt
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import make_server

from index import Article, SearchEngine
from index.job import run
from service.app import create_app
from service.settings import SETTINGS
from tests.service.memory_engine import MemoryEngine

CHROMIUM = os.environ.get("DATELINE_CHROMIUM", "/usr/bin/chromium")
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

HOSTILE_TITLE = 'Hostile <script>document.title="run"</script> headline for a test of what is escaped'
HOSTILE_BODY = (
    'The body opens with <img src="x" onerror="document.title=\'run\'"> and an ampersand & more than one word.\n\n'
    '<script>document.title="run"</script> is the second paragraph, </p></article></main> is the end of it.'
)


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for setting in SETTINGS:
        monkeypatch.delenv(setting.name, raising=False)


@pytest.fixture
def app(seed_index: Path) -> Flask:
    """The service over the sample articles."""
    return create_app({"TESTING": True, "DATELINE_INDEX": str(seed_index)})


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture(scope="session")
def hostile_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of one article whose title and body try to be HTML."""
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "articles").mkdir()
    (folder / "articles" / "hostile.txt").write_text(f"{HOSTILE_TITLE}\n\n{HOSTILE_BODY}\n", encoding="utf-8")
    run([folder / "articles"], str(folder / "index"))
    return folder / "index"


@pytest.fixture
def archive() -> MemoryEngine:
    """Thirty-five articles with all that can be known of one, and a few with what should not be trusted."""
    sources = ("The Gazette", "The Courier", "Der Bote")
    articles = [
        Article(
            id=f"harbour-{number}",
            title=f"Harbour strike enters week {number}",
            body=f"The strike goes on.\nIts line {number} is kept.\n\nSecond paragraph about the harbour.",
            url=f"https://www.example.org/{number}",
            source=sources[number % 3],
            authors=("Ada Byron", "Karl Kraus", "Nellie Bly")[: number % 4],
            published=dt.date(2017, 1, 1) + dt.timedelta(days=20 * number),
            language="de" if sources[number % 3] == "Der Bote" else "en",
        )
        for number in range(32)
    ]
    articles += [
        Article(id="javascript", title="A link that is code", body="Body.", url="javascript:alert(1)"),
        Article(id="https://example.org/a//b?c", title="", body="An id that is a URL; no title."),
        Article(id="arabic", title="عنوان المقال", body="نص المقال.", language="ar", source="الأخبار"),
    ]
    return MemoryEngine(articles)


@pytest.fixture
def wire() -> MemoryEngine:
    """One story in twenty-five takes by three papers, and another article about it."""
    sources = ("The Gazette", "The Courier", "Der Bote")
    takes = [
        Article(
            id=f"wire-{number}",
            title=f"Dam breaks, take {number}",
            body="The dam above the town broke in the night.",
            url=f"https://www.example.org/{number}",
            source=sources[number % 3],
            published=dt.date(2017, 1, 1) + dt.timedelta(days=number),
            language="en",
        )
        for number in range(25)
    ]
    return MemoryEngine(
        [*takes, Article(id="since", title="After the dam", body="A year later.", source="The Gazette")]
    )


@pytest.fixture
def wire_client(wire: MemoryEngine) -> FlaskClient:
    return make_client(wire)


@pytest.fixture
def archive_client(archive: MemoryEngine) -> FlaskClient:
    return make_client(archive)


def make_client(engine: SearchEngine | None, **config: object) -> FlaskClient:
    """Return a client of a service over `engine`, or over the index of the settings."""
    return create_app({"TESTING": True, **config}, engine=engine).test_client()


@contextmanager
def _serving(app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def serve() -> Iterator[Callable[[Flask], str]]:
    """Serve an application on a free port until the test ends; gives its address."""
    with ExitStack() as stack:
        yield lambda app: stack.enter_context(_serving(app))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A real Chromium. Without one the test is skipped, or fails where a browser is required."""
    if not Path(CHROMIUM).exists():
        reason = f"there is no Chromium at {CHROMIUM}; DATELINE_CHROMIUM names another"
        if os.environ.get("DATELINE_REQUIRE_BROWSER") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def scripted_page(browser: Browser, serve: Callable[[Flask], str]) -> Iterator[Page]:
    """A fresh page with scripts on, closed before its server; a complaint of the browser or a script fails the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    complaints: list[str] = []
    page = context.new_page()
    page.on("console", lambda m: None if "the server responded with" in m.text else complaints.append(m.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert complaints == []
