# SPDX-License-Identifier: Apache-2.0
"""The page of a study while it runs, served to this computer alone; it reads the store and nothing else.

Only 127.0.0.1 is listened on. A page of somebody else's in the same browser cannot read it: the address holds a secret,
and a request whose Host is another name than the one that was printed (DNS rebinding) is refused.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from harness.errors import HarnessError, UserError
from harness.report.content import run_content, study_content
from harness.report.page import policy, render_page
from harness.report.records import Records
from harness.report.sources import find_results
from harness.store import Store

_REST = 10  # a page is made anew at most so often that making it takes one part in so many of the time


class LivePages:
    """The pages of one study: made when something has changed, from records that are read once."""

    def __init__(self, store: Store, study: str) -> None:
        self._store = store
        self._study = study
        self._records = Records(store)
        self._lock = threading.Lock()
        self._version = ""
        self._page = ""
        self._next = 0.0  # monotonic time from which a new page may be made

    def study_page(self) -> tuple[str, str]:
        """Return the page of the study, and its version, which changes when the store has more of it.

        Raises UserError where there is no such study, StoreError where it cannot be read.
        """
        with self._lock:
            begin = time.monotonic()
            if not self._page or begin >= self._next:
                version = self._current()
                if version != self._version:
                    content = study_content(self._store, self._study, self._records)
                    self._page = render_page(content, self._store, live=version)
                    self._version = version
                    end = time.monotonic()
                    self._next = end + _REST * (end - begin)
            return self._page, self._version

    def record_page(self, identity: str) -> str:
        """Return the page of a candidate or another record. Raises UserError where there is none."""
        return render_page(run_content(self._store, find_results([identity], self._store)), self._store)

    def _current(self) -> str:
        """Return what changes whenever a trial begins, gets a result or ends, or a final check goes on."""
        self._store.study(self._study)
        trials = [(trial.number, trial.state.value, trial.results) for trial in self._store.trials(self._study)]
        return hashlib.sha256(repr((trials, len(self._store.finals(self._study)))).encode()).hexdigest()[:16]


class LiveServer:
    """Serves the pages of a study at ``url`` until it is closed. A context manager."""

    def __init__(self, pages: LivePages, *, port: int = 0) -> None:
        self._token = secrets.token_urlsafe(18)
        try:
            self._server = ThreadingHTTPServer(("127.0.0.1", port), _handler(pages, self._token))
        except OSError as error:
            hint = "Choose another with --port, or leave it away: then any free one is taken."
            raise UserError(f"port {port} cannot be listened on: {error.strerror or error}", hint=hint) from error
        self._server.daemon_threads = True

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/{self._token}/"

    def __enter__(self) -> LiveServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def serve(self) -> None:
        """Answer until ``close`` is called by another thread, or the keyboard interrupts."""
        self._server.serve_forever(poll_interval=0.2)

    def close(self) -> None:
        """Stop listening; twice is fine."""
        self._server.server_close()

    def stop(self) -> None:
        """Let ``serve``, in another thread, return."""
        self._server.shutdown()


def _handler(pages: LivePages, token: str) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        server_version, sys_version = "harness", ""

        def do_GET(self) -> None:
            if not self._is_for_us():
                self._answer(HTTPStatus.FORBIDDEN, "This address is served under the name that was printed, only.")
                return
            secret, _, rest = self.path.lstrip("/").partition("/")
            if not secrets.compare_digest(secret.encode(), token.encode()) or "/" in rest:
                self._answer(HTTPStatus.NOT_FOUND, "There is nothing here: open the address that was printed.")
                return
            try:
                self._answer_page(rest)
            except UserError as error:
                self._answer(HTTPStatus.NOT_FOUND, error.message)
            except HarnessError as error:
                self._answer(HTTPStatus.SERVICE_UNAVAILABLE, f"{error.message} {error.hint}")

        def _is_for_us(self) -> bool:
            port = self.connection.getsockname()[1]
            return self.headers.get("Host", "") in (f"127.0.0.1:{port}", f"localhost:{port}")

        def _answer_page(self, rest: str) -> None:
            if rest:
                self._answer(HTTPStatus.OK, pages.record_page(rest), live=False)
                return
            page, version = pages.study_page()
            if self.headers.get("If-None-Match") == version:
                self._answer(HTTPStatus.NOT_MODIFIED, "", version=version)
            else:
                self._answer(HTTPStatus.OK, page, version=version, live=True)

        def _answer(self, status: HTTPStatus, text: str, *, version: str = "", live: bool | None = None) -> None:
            body = text.encode()
            self.send_response(status)
            kind = "text/plain" if live is None else "text/html"
            rules = "default-src 'none'" if live is None else policy(live=live)
            headers = {
                "Content-Type": f"{kind}; charset=utf-8",
                "Content-Security-Policy": f"{rules}; frame-ancestors 'none'",
                "Content-Length": str(len(body)),
                "Cache-Control": "no-store",
                "Cross-Origin-Resource-Policy": "same-origin",
                "Referrer-Policy": "no-referrer",
                "X-Content-Type-Options": "nosniff",
                **({"ETag": version} if version else {}),
            }
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing: the terminal is the user's."""

    return Handler
