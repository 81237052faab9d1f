"""How an index on a cluster is named, and what is said where it cannot be connected to."""

from __future__ import annotations

import datetime as dt
import ssl
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from index import SearchRequest, open_engine
from index.engines.opensearch.address import Address, read_address
from index.errors import ClusterUnavailableError, DatelineError
from tests.conftest import ROOT


def test_a_name_says_all_but_the_secrets() -> None:
    environment = {"DATELINE_OPENSEARCH_PASSWORD": "a:b@c", "DATELINE_OPENSEARCH_REPLICAS": "2"}
    address = read_address("opensearch+https://ada%40lab@one.example,[::1]:9201/articles-2", environment)
    assert address == Address(
        hosts=(("one.example", 9200), ("::1", 9201)), name="articles-2", uses_tls=True, user="ada@lab",
        password="a:b@c", replicas=2,
    )  # fmt: skip
    assert str(address) == "opensearch+https://one.example:9200,::1:9201/articles-2"


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("opensearch+https://ada:secret@host/articles", "DATELINE_OPENSEARCH_PASSWORD"),
        ("opensearch+http://ada@example.org/articles", "sent in clear"),
        ("opensearch+https://host/Articles", "small letters"),
        ("opensearch+https://host", "no name"),
        ("opensearch+https:///articles", "no node"),
        ("opensearch+https://host:port/articles", "no node"),
        ("opensearch://host/articles", "No engine serves opensearch://"),
    ],
)
def test_what_is_no_name_is_refused_and_no_secret_repeated(url: str, said: str) -> None:
    with pytest.raises(DatelineError, match=said) as caught:
        open_engine(url)
    assert "secret" not in str(caught.value)


def test_settings_that_are_no_numbers_are_refused() -> None:
    with pytest.raises(DatelineError, match="DATELINE_OPENSEARCH_SHARDS is '0'; it must be a whole number from 1"):
        read_address("opensearch+https://host/articles", {"DATELINE_OPENSEARCH_SHARDS": "0"})


def test_the_client_is_imported_only_where_an_index_is_on_a_cluster() -> None:
    code = "import sys, index, index.cli; from index import open_engine; open_engine('var/none'); " + (
        "sys.exit('opensearchpy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for localhost that nobody has signed but itself, with its key."""
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost", "-keyout", str(path), "-out", str(path.with_suffix(".crt"))],
        check=True, capture_output=True,
    )  # fmt: skip
    with path.open("ab") as file:
        file.write(path.with_suffix(".crt").read_bytes())
    return path


class _Refusing(BaseHTTPRequestHandler):
    """Answers as a cluster does that does not know who asks."""

    def do_GET(self) -> None:
        self.send_response(401)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        """Say nothing."""


def test_certificates_are_verified(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = HTTPServer(("127.0.0.1", 0), _Refusing)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    url = f"opensearch+https://ada@localhost:{server.server_port}/articles"
    try:
        with (
            open_engine(url) as engine,
            pytest.raises(ClusterUnavailableError, match=r"certificate.*DATELINE_OPENSEARCH_CA"),
        ):
            engine.search(SearchRequest(query="moscow", published_from=dt.date(2017, 4, 1)))
        # With the certificate trusted it is the cluster that refuses.
        monkeypatch.setenv("DATELINE_OPENSEARCH_CA", str(certificate.with_suffix(".crt")))
        with (
            open_engine(url) as engine,
            pytest.raises(ClusterUnavailableError, match=r"refuses.*DATELINE_OPENSEARCH_PASSWORD"),
        ):
            engine.stats()
        monkeypatch.setenv("DATELINE_OPENSEARCH_CA", str(certificate.parent / "none"))
        with open_engine(url) as engine, pytest.raises(DatelineError, match="DATELINE_OPENSEARCH_CA"):
            engine.stats()
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_cluster_that_is_not_there_is_told() -> None:
    url = "opensearch+http://127.0.0.1:9/articles"
    with open_engine(url) as engine, pytest.raises(ClusterUnavailableError, match="no node answers"):
        engine.stats()
