# SPDX-License-Identifier: Apache-2.0
"""The live view: served to this computer alone, up to date, and nothing but a reader of the store."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from harness.report.live import LivePages, LiveServer
from harness.store import Store, open_store
from tests.report import synthetic
from tests.report.browser import Browser
from tests.store import examples


@pytest.fixture
def growing(tmp_path: Path) -> Iterator[Store]:
    """A store with a study of five trials, one of them running."""
    with open_store(tmp_path / "results") as store:
        synthetic.fill(store, trials=5, boards=("mps2_an386",))
        yield store


@pytest.fixture
def served(growing: Store) -> Iterator[LiveServer]:
    with LiveServer(LivePages(growing, synthetic.STUDY)) as server:
        thread = threading.Thread(target=server.serve)
        thread.start()
        try:
            yield server
        finally:
            server.stop()
            thread.join()


def ask(server: LiveServer, path: str, **headers: str) -> tuple[HTTPResponse, str]:
    """Send a request as a browser would, and return the answer with its body."""
    parts = urlsplit(server.url)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=60)
    connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    return answer, body


def test_the_page_is_served_and_changes_its_version_with_the_store(growing: Store, served: LiveServer) -> None:
    path = urlsplit(served.url).path
    assert urlsplit(served.url).hostname == "127.0.0.1"
    answer, page = ask(served, path)
    version = answer.headers["ETag"]
    assert answer.status == 200
    assert f'data-live="{version}"' in page
    assert "1 under way" in page
    assert "connect-src &#39;self&#39;" in page
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert ask(served, path, If_None_Match=version)[0].status == 304
    growing.claim_trial(synthetic.STUDY, 5, examples.candidate(), examples.RUNNER)
    deadline = time.monotonic() + 120
    while ask(served, path, If_None_Match=version)[0].status == 304:  # it rests for ten times what the page took
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert "2 under way" in ask(served, path)[1]


def test_any_candidate_has_a_page(growing: Store, served: LiveServer) -> None:
    path = urlsplit(served.url).path
    candidate = growing.trials(synthetic.STUDY)[1].candidate_key
    answer, page = ask(served, f"{path}{candidate[:12]}")
    assert answer.status == 200
    assert candidate in page
    assert ask(served, f"{path}ffffffffffff")[0].status == 404


@pytest.mark.parametrize("host", ["evil.example", "evil.example:{port}", "127.0.0.1", "[::1]:{port}"])
def test_another_name_for_this_computer_is_refused(served: LiveServer, host: str) -> None:
    parts = urlsplit(served.url)
    answer, body = ask(served, parts.path, Host=host.format(port=parts.port))
    assert answer.status == 403
    assert synthetic.STUDY not in body


@pytest.mark.parametrize("path", ["/", "/wrong/", "/wrong", "//", "/../", "/{token}/a/b"])
def test_without_the_secret_there_is_nothing(served: LiveServer, path: str) -> None:
    token = urlsplit(served.url).path.strip("/")
    answer, body = ask(served, path.format(token=token))
    assert answer.status == 404
    assert synthetic.STUDY not in body


def test_an_open_page_takes_over_what_is_new_and_keeps_what_was_chosen(
    growing: Store, served: LiveServer, browser: Browser
) -> None:
    browser.open_url(served.url)
    assert browser.complaints == []
    browser.run("(s => { s.value = 'flash-counted@mps2_an386'; s.dispatchEvent(new Event('change')) })"
                "(document.querySelector('#axis-x'))")  # fmt: skip
    browser.run("document.querySelector('#c-0') && (document.querySelector('#c-0').open = true)")
    assert "1 under way" in browser.run("document.querySelector('.lead').textContent")
    growing.claim_trial(synthetic.STUDY, 5, examples.candidate(), examples.RUNNER)
    deadline = time.monotonic() + 120
    while "2 under way" not in browser.run("document.querySelector('.lead').textContent"):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert browser.run("document.querySelector('#axis-x').value") == "flash-counted@mps2_an386"
    assert browser.run("document.querySelector('#live').textContent") == "Live"
    assert browser.complaints == []
