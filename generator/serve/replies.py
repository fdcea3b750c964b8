"""What is answered to a request, as by a static host: decided before a byte is sent."""

import gzip
import mimetypes
import re
from collections.abc import Mapping
from typing import BinaryIO, cast

from msgspec import Struct

from generator.core.digest import digest_of
from generator.core.errors import DecodeError, FastphotoError, MachineError, Problem
from generator.machines import hosting, redirects
from generator.serve import rules
from generator.serve.answers import Answer, Desk, Source
from generator.serve.own_pages import OwnPages, failure_page, waiting_page
from generator.serve.wire import Showing, below, file_of, is_page, showing, with_scripts

MISSING = "404.html"

# What may go wrong with one file, and is told where it would have been.
_FAULTS = (FastphotoError, DecodeError, OSError)

# Types are ours alone: those of the system differ from one to the next.
_TYPES = mimetypes.MimeTypes()
for _suffix, _type in {
    ".avif": "image/avif",
    ".jxl": "image/jxl",
    ".js": "text/javascript",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".heic": "image/heic",
    ".woff2": "font/woff2",
    ".xml": "application/xml",
}.items():
    _TYPES.add_type(_type, _suffix)
_TEXTS = re.compile(r"text/.*|image/svg\+xml|application/(?:.*\+)?(?:json|xml|javascript)")

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)
_FEWEST_TO_COMPRESS = 512


class Request(Struct, frozen=True):
    """A request for a file; `address` is as on the wire, up to its query.

    `host` is the one asked for, with its port. The rest are headers, empty if there is none.
    """

    address: str
    host: str = "localhost"
    query: str = ""
    encodings: str = ""
    known: str = ""
    range: str = ""
    if_range: str = ""


class Reply(Struct, frozen=True):
    """The status, the headers, and what is sent: bytes, or so many of a file's from `start` on.

    The file is open, and whoever takes the reply closes it.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes | BinaryIO = b""
    start: int = 0
    length: int = 0


class Replies:
    """Answers for one site. `token` is that of uploads, empty if there are none.

    All of it may block while the desk makes a file, and may be called in any thread.
    """

    def __init__(self, desk: Desk, own: OwnPages, token: str = "") -> None:
        self._desk = desk
        self._own = own
        self._token = token

    def reply(self, request: Request) -> Reply:
        """Answer a request."""
        path = file_of(request.address)
        try:
            found = self._found(request, path)
            missing = path if path and is_page(path) else MISSING
            return found or self._page(request, self._missing(), missing, self._status())
        except _FAULTS as error:
            name = path or request.address.removeprefix("/")
            return self._page(request, _failure(error), name, 500)

    def showing(self, page: str) -> Showing:
        """Return what a page shows now, if it were loaded anew."""
        try:
            answer = self._answer(page)
            html = _content(answer) if answer else self._missing()
        except _FAULTS as error:
            html = _failure(error)
        return showing(page, html, self._token)

    def _answer(self, path: str) -> Answer | None:
        return self._own.answer(path) or self._desk.answer(path)

    def _found(self, request: Request, path: str | None) -> Reply | None:
        own = self._own.answer(request.address.removeprefix("/"))
        if own is not None:
            return self._send(request, own, own.path)
        if path is None:
            return None
        answer = self._desk.answer(path)
        if answer is not None:
            return self._send(request, answer, path)
        moved = rules.redirects(self._text(redirects.PATH)).get(request.address)
        if moved is not None:
            return self._redirect(request, moved.target)
        if not request.address.endswith("/") and self._desk.answer(f"{path}/index.html"):
            query = f"?{request.query}"
            is_local = request.query and rules.is_local(f"/{request.query}")
            return self._redirect(
                request, below(path.rpartition("/")[2]) + (query if is_local else "")
            )
        return None

    def _text(self, path: str) -> str:
        answer = self._desk.answer(path)
        return _content(answer).decode("utf-8", "replace") if answer else ""

    def _headers(self, request: Request) -> dict[str, str]:
        """Return what the site's own rules say, or would, if there is no site yet."""
        text = self._text(hosting.HEADERS_PATH) or hosting.headers(())
        always = {
            "Cache-Control": "no-cache",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Vary": "Accept-Encoding",
        }
        return always | dict(rules.headers_for(text, request.address))

    def _redirect(self, request: Request, target: str) -> Reply:
        headers = self._headers(request) | {"Location": target, "Cache-Control": "no-store"}
        return Reply(301, headers)

    def _status(self) -> int:
        """Return that of what is not there: before the first plan, it may come to be."""
        return 404 if self._desk.state().serial else 503

    def _missing(self) -> bytes:
        answer = self._desk.answer(MISSING)
        if answer is not None:
            return _content(answer)
        state = self._desk.state()
        return failure_page(state.trouble) if state.trouble else waiting_page()

    def _send(self, request: Request, answer: Answer, path: str) -> Reply:
        if is_page(path):
            return self._page(request, _content(answer), path, 200)
        kind = type_of(path)
        headers = self._headers(request)
        if answer.path != path:
            # At a former address, which may come to be that of other bytes again.
            headers["Cache-Control"] = "no-store"
        if _TEXTS.fullmatch(kind):
            return _text_file(request, _content(answer), headers | _type_of_text(kind))
        return _file(request, answer, headers | {"Content-Type": kind})

    def _page(self, request: Request, html: bytes, path: str, status: int) -> Reply:
        if is_page(path):
            # In the place of a picture it stays until that is asked for again.
            shown = showing(path, html, self._token)
            album = self._desk.album(path) if self._token else None
            drop = None if album is None else (album, self._token)
            html = with_scripts(html, shown, request.host, drop)
        return _text_file(
            request, html, self._headers(request) | _type_of_text("text/html"), status
        )


def _failure(error: Exception) -> bytes:
    match error:
        case FastphotoError():
            return failure_page(error.problems)
        case DecodeError():
            return failure_page([Problem("", error.what, error.hint, code=error.code)])
    return failure_page(MachineError.of(cast(OSError, error), "cannot be read").problems)


def _text_file(request: Request, body: bytes, headers: dict[str, str], status: int = 200) -> Reply:
    # Weak, for it stands for the compressed text too.
    tag = f'W/"{digest_of(body)}"'
    if status == 200:
        headers["ETag"] = tag
        if _is_known(tag, request.known):
            return Reply(304, headers)
    else:
        headers["Cache-Control"] = "no-store"
    if len(body) >= _FEWEST_TO_COMPRESS and _takes_gzip(request.encodings):
        body = gzip.compress(body, 6, mtime=0)
        headers["Content-Encoding"] = "gzip"
    return Reply(status, headers, body, 0, len(body))


def _file(request: Request, answer: Answer, headers: dict[str, str]) -> Reply:
    tag = f'"{digest_of(answer.tag.encode())}"'
    headers |= {"ETag": tag, "Accept-Ranges": "bytes"}
    if _is_known(tag, request.known):
        return Reply(304, headers)
    body = answer.body
    size = body.stamp.size if isinstance(body, Source) else len(body)
    part = part_of(request.range, size) if request.if_range in ("", tag) else None
    if part is not None and not part:
        return Reply(416, headers | {"Content-Range": f"bytes */{size}"})
    sent = body.open() if isinstance(body, Source) else body
    if part is None:
        return Reply(200, headers, sent, 0, size)
    where = f"bytes {part.start}-{part.stop - 1}/{size}"
    return Reply(206, headers | {"Content-Range": where}, sent, part.start, len(part))


def _type_of_text(kind: str) -> dict[str, str]:
    return {"Content-Type": f"{kind}; charset=utf-8"}


def type_of(path: str) -> str:
    """Return the media type of a file by its suffix."""
    kind, encoding = _TYPES.guess_type(path.lower())
    return "application/octet-stream" if kind is None or encoding else kind


def part_of(wanted: str, size: int) -> range | None:
    """Return the bytes that a Range header wants: empty if there are none of them.

    None if it is to be passed over: not understood, or more than one range (RFC 9110, 14.2).
    """
    found = _RANGE.fullmatch(wanted.strip())
    if found is None or found[0] == "bytes=-":
        return None
    first, last = found.groups()
    if not first:
        return range(max(0, size - int(last)), size)
    if last and int(last) < int(first):
        return None
    return range(int(first), min(int(last) + 1 if last else size, size))


def _is_known(tag: str, known: str) -> bool:
    """Tell whether a tag is among those of If-None-Match, which asks by weak comparison."""
    tags = {each.strip().removeprefix("W/") for each in known.split(",")}
    return "*" in tags or tag.removeprefix("W/") in tags


def _takes_gzip(encodings: str) -> bool:
    for each in encodings.lower().split(","):
        name, _, weight = each.partition(";")
        if name.strip() == "gzip":
            return weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


def _content(answer: Answer) -> bytes:
    if isinstance(answer.body, bytes):
        return answer.body
    with answer.body.open() as file:
        return file.read()
