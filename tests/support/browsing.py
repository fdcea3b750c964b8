"""The site in a real browser, served below a path, under a policy that allows no inline code.

`opened` is how a test opens a page: it fails the test on whatever the page should not have done.
"""

import gzip
import os
import re
import shutil
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, Response, sync_playwright

# What the site's own `_headers` asks hosts to send.
POLICY = (
    "default-src 'self'; base-uri 'self'; form-action 'none'; frame-ancestors 'self'; "
    "object-src 'none'"
)
PREFIX = "/sub/photos/"

# Violations of the policy reach the console, where `opened` listens, also those of its own page.
_TELL_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", event =>
  console.error(`policy: ${event.effectiveDirective} forbids ${event.blockedURI}`));
"""
# Layout shifts that no hand caused, summed.
COUNT_SHIFTS = """
window.shift = 0;
new PerformanceObserver(list => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shift += entry.value;
}).observe({type: "layout-shift", buffered: true});
"""
# Whatever is in a dialog that is closed, or else not shown, is not waited for.
_LOAD_ALL = """
async () => {
  for (const image of [...document.images].filter(each => each.checkVisibility())) {
    image.scrollIntoView({block: "center", behavior: "instant"});
    if (!image.complete || !image.naturalWidth)
      await new Promise(done => { image.onload = image.onerror = done });
  }
}
"""
_ALL_LOADED = """
() => [...document.images].filter(each => each.checkVisibility())
  .every(each => each.complete && each.naturalWidth)
"""
_STORED = """
async () => location.protocol.startsWith("http")
  ? [document.cookie, ...Object.keys(localStorage), ...Object.keys(sessionStorage),
     ...(await indexedDB.databases()).map(each => each.name)].filter(Boolean)
  : []
"""


@dataclass
class Host:
    """A host of one site at `address`, which ends with a slash; `log` is what it was asked for.

    Each entry of the log is a path below the address, and how many bytes of body went out for it.
    """

    address: str
    log: list[tuple[str, int]] = field(default_factory=list)
    pictures: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def pictures_withheld(self) -> Iterator[None]:
        """Let the host answer for pictures only afterwards."""
        self.pictures.clear()
        try:
            yield
        finally:
            self.pictures.set()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 100
    host: Host

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of browsers that hang up: they do so on leaving a page."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class _Handler(SimpleHTTPRequestHandler):
    """Answers as plain static hosts do: text is gzipped, what is missing is 404.html."""

    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_GET(self) -> None:
        host = cast(_Server, self.server).host
        if "/image/" in self.path:
            host.pictures.wait(timeout=30)
        status, file = self._found()
        body = file.read_bytes() if file.is_file() else b""
        kind = self.guess_type(file)
        self.send_response(status)
        if kind.startswith("text/") or kind.endswith(("javascript", "json", "xml")):
            kind += "; charset=utf-8"
            if "gzip" in self.headers.get("Accept-Encoding", ""):
                body = gzip.compress(body, 9, mtime=0)
                self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", POLICY)
        self.end_headers()
        host.log.append((self.path.removeprefix(urlsplit(host.address).path), len(body)))
        self.wfile.write(body)

    def _found(self) -> tuple[int, Path]:
        root, prefix = Path(self.directory), urlsplit(cast(_Server, self.server).host.address).path
        if not self.path.startswith(prefix):
            return 404, root / "404.html"
        file = Path(self.translate_path("/" + self.path.removeprefix(prefix)))
        file = file / "index.html" if self.path.partition("?")[0].endswith("/") else file
        return (200, file) if file.is_file() else (404, root / "404.html")

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: the tests look at what the browser got."""


@contextmanager
def served(folder: Path, prefix: str = PREFIX) -> Iterator[Host]:
    """Serve a built site below a path of a host."""
    server = _Server(("127.0.0.1", 0), partial(_Handler, directory=str(folder)))
    server.host = Host(f"http://127.0.0.1:{server.server_port}{prefix}")
    server.host.pictures.set()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.host
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def launched() -> Iterator[Browser]:
    """Start the installed Chromium; without one, skip the test, or fail it under CI."""
    names = ("chromium", "chromium-browser", "google-chrome")
    program = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if program is None:
        missing("there is no Chromium: set CHROMIUM, or have it on the path")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


def missing(what: str) -> None:
    """Skip a test for want of a program; fail it under CI, where all of them must be."""
    (pytest.fail if os.environ.get("CI") else pytest.skip)(what)


# What Playwright and axe are told for looking at a page behind the viewer.
_HINT = "^Rendering was performed in a subtree hidden by content-visibility"


@contextmanager
def opened(
    browser: Browser,
    width: int = 1440,
    scale: float = 1,
    *,
    height: int = 900,
    tolerated: str = "(?!)",
    **options: Any,
) -> Iterator[Page]:
    """Open a window that remembers nothing, and fail afterwards on what its page must not do.

    That is: a word on the console, an exception, an answer that is an error, a request to another
    origin than the first, a cookie, anything stored, a violation of the policy; but for what the
    expression `tolerated` is found in. `options` are those of a Playwright context.
    """
    viewport = {"width": width, "height": height}
    context = browser.new_context(
        viewport=cast(Any, viewport), device_scale_factor=scale, **options
    )
    try:
        said = _listen(context)
        yield (page := context.new_page())
        if not page.is_closed():
            said += [f"stored: {name}" for name in page.evaluate(_STORED)]
        said += [f"cookie: {each.get('name')}" for each in context.cookies()]
        if faults := [each for each in said if not re.search(f"{tolerated}|{_HINT}", each)]:
            pytest.fail("\n".join(faults))
    finally:
        context.close()


def _listen(context: BrowserContext) -> list[str]:
    """Return a list that will hold everything that pages of a window should not do."""
    said: list[str] = []
    origins: list[str] = []

    def ask(request: Request) -> None:
        origin = "{0.scheme}://{0.netloc}".format(urlsplit(request.url))
        origins.append(origin)
        if origin != origins[0]:
            said.append(f"another origin: {request.url}")

    def answer(response: Response) -> None:
        if response.status >= 400:
            said.append(f"{response.status} {response.url}")

    def fail(request: Request) -> None:
        # What is left when a visitor goes on to another page is aborted, and no fault.
        if request.failure != "net::ERR_ABORTED":
            said.append(f"{request.failure} {request.url}")

    context.add_init_script(_TELL_VIOLATIONS)
    context.on("request", ask)
    context.on("response", answer)
    context.on("requestfailed", fail)
    context.on("console", lambda message: said.append(message.text))
    context.on("weberror", lambda error: said.append(str(error.error)))
    return said


def load_all(page: Page) -> None:
    """Scroll through a page until every picture of it that is shown is loaded."""
    page.evaluate(_LOAD_ALL)
    page.wait_for_function(_ALL_LOADED)
