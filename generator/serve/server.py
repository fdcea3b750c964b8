"""The server: HTTP around the replies, the sockets of open pages, and who may ask at all."""

import asyncio
import errno
import hmac
import logging
import secrets
import socket
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any, BinaryIO, cast

from msgspec import Struct
from tornado.http1connection import HTTP1Connection
from tornado.httpserver import HTTPServer
from tornado.httputil import HTTPServerRequest
from tornado.iostream import StreamClosedError
from tornado.routing import Matcher, Rule
from tornado.web import Application, HTTPError, RequestHandler, stream_request_body

from generator.core.errors import ConfigError, Problem
from generator.core.layout import PICTURES
from generator.core.routes import FULL, IMAGE
from generator.serve import guard, upload
from generator.serve.answers import Desk
from generator.serve.own_pages import OwnPages, upload_page
from generator.serve.reload import Audience, ReloadSocket
from generator.serve.replies import Ask, Replies, Reply
from generator.serve.wire import SOCKET, UPLOAD

# Pages never wait behind pictures, which may have to be rendered first.
_PAGE_THREADS = 8
_PICTURE_THREADS = 24
_CHUNK = 1 << 18

LOOPBACK_ADDRESSES = ("127.0.0.1", "::1")


def bind(host: str, port: int) -> list[socket.socket]:
    """Return sockets that listen at a port, both of loopback if the host is `localhost`.

    ConfigError if that cannot be; port 0 is any free one.
    """
    addresses = LOOPBACK_ADDRESSES if host == "localhost" else (host,)
    found: list[socket.socket] = []
    try:
        for address in addresses:
            try:
                found.append(_listening(address, port))
            except OSError as error:
                # Without IPv6, loopback is IPv4 alone.
                if error.errno not in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT) or not found:
                    raise
            port = found[0].getsockname()[1]
    except OSError as error:
        for each in found:
            each.close()
        raise ConfigError(_unbound(error, host, port)) from None
    return found


def _listening(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    found = socket.create_server((address, port), family=family, backlog=128)
    found.setblocking(False)
    return found


def _unbound(error: OSError, host: str, port: int) -> Problem:
    if error.errno == errno.EADDRINUSE:
        hint = f"end what is there, or take another: --port {port + 1}"
        return Problem("", f"port {port} is taken", hint, code="machine")
    what = f"cannot listen at {host}, port {port}: {error.strerror or error}"
    return Problem("", what, code="machine")


class _Guarded(RequestHandler):
    """Lets in only what our own pages ask for by a name of ours: see `guard`."""

    # Added by tornado, which knows no types for what applications set.
    settings: dict[str, Any]

    def prepare(self) -> None:
        hosts = self.request.headers.get_list("Host")
        names = self.settings["names"]
        if len(hosts) != 1 or not guard.is_known(hosts[0], names):
            raise HTTPError(403, "this name is not one of this server's")
        for origin in self.request.headers.get_list("Origin"):
            if not guard.is_own(origin, hosts[0]):
                raise HTTPError(403, "only pages of this server may ask")

    def set_default_headers(self) -> None:
        self.clear_header("Server")
        self.set_header("X-Content-Type-Options", "nosniff")

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        _, error, _ = kwargs.get("exc_info", (None, None, None))
        said = error.log_message if isinstance(error, HTTPError) else None
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish(f"{said or HTTPStatus(status_code).phrase}\n")

    def log_exception(self, typ: Any, value: BaseException | None, tb: Any) -> None:
        if isinstance(value, HTTPError | StreamClosedError) or value is None:
            return
        what = f"{type(value).__name__}: {value}"
        self.settings["tell"](Problem(self.request.path, what, code="fault"))


class _Files(_Guarded):
    """Everything that is asked for by its address."""

    SUPPORTED_METHODS: tuple[str, ...] = ("GET", "HEAD")

    async def get(self) -> None:
        await self._answer()

    async def head(self) -> None:
        await self._answer()

    async def _answer(self) -> None:
        replies: Replies = self.settings["replies"]
        is_picture = self.request.path.startswith((f"/{IMAGE}/", f"/{FULL}/"))
        pool: Executor = self.settings["pictures" if is_picture else "pages"]
        loop = asyncio.get_running_loop()
        reply = await loop.run_in_executor(pool, replies.reply, _ask(self.request))
        self.set_status(reply.status)
        for name, value in reply.headers.items():
            self.set_header(name, value)
        if reply.status == HTTPStatus.NOT_MODIFIED:
            return
        self.set_header("Content-Length", str(reply.length))
        if self.request.method != "HEAD":
            await self._send(reply, pool)

    async def _send(self, reply: Reply, pool: Executor) -> None:
        if isinstance(reply.body, bytes):
            self.write(reply.body[reply.start : reply.start + reply.length])
            return
        loop = asyncio.get_running_loop()
        file = await loop.run_in_executor(pool, _open_at, reply.body, reply.start)
        with file:
            left = reply.length
            while left:
                chunk = await loop.run_in_executor(pool, file.read, min(_CHUNK, left))
                if not chunk:
                    # It has become shorter: what was promised cannot be sent.
                    raise StreamClosedError
                left -= len(chunk)
                self.write(chunk)
                await self.flush()

    def compute_etag(self) -> None:
        """Have tornado make none: replies bring theirs."""


def _open_at(path: Path, start: int) -> BinaryIO:
    file = path.open("rb")
    file.seek(start)
    return file


def _ask(request: HTTPServerRequest) -> Ask:
    header = request.headers.get
    return Ask(
        request.path,
        request.host,
        request.query,
        header("Accept-Encoding", ""),
        header("If-None-Match", ""),
        header("Range", "") if request.method == "GET" else "",
        header("If-Range", ""),
    )


class _Socket(_Guarded, ReloadSocket):
    """The connection of a page, guarded as all else."""


@stream_request_body
class _Uploads(_Files):
    """Pictures that are dropped on a page; the page of uploads itself is a file as all else."""

    SUPPORTED_METHODS = ("GET", "HEAD", "POST")

    _upload: upload.Upload | None = None
    _refusal: upload.Refusal | None = None

    def prepare(self) -> None:
        super().prepare()
        if self.request.method != "POST":
            return
        cast(HTTP1Connection, self.request.connection).set_max_body_size(upload.MAX_BYTES)
        token = self.request.headers.get("X-Fastphoto-Token", "")
        if not self.request.headers.get("Origin") or not hmac.compare_digest(
            token.encode(), self.settings["token"].encode()
        ):
            raise HTTPError(403, "only a page of this server may add pictures: reload it")
        length = self.request.headers.get("Content-Length", "0")
        if not length.isdecimal() or int(length) > upload.MAX_BYTES:
            raise HTTPError(413, f"more than {upload.MAX_BYTES >> 20:,} MB are not taken")
        with self._refusals():
            folder = upload.album_folder(self.settings["pictures_folder"], self._given("album"))
            name = upload.file_name(self._given("name"))
            self._upload = upload.Upload(upload.free_place(folder, name))

    def _given(self, name: str) -> str:
        # As it stands: tornado's own way tidies up what nobody should get past it.
        return self.request.query_arguments.get(name, [b""])[-1].decode("utf-8", "replace")

    async def data_received(self, chunk: bytes) -> None:
        """Take in a part; after a refusal, what still comes is passed over."""
        if self._upload is None or self._refusal:
            return
        pool = self.settings["pages"]
        with self._refusals():
            await asyncio.get_running_loop().run_in_executor(pool, self._upload.write, chunk)

    async def post(self) -> None:
        """Put the picture into its place, or say why not."""
        if self._upload is not None and not self._refusal:
            pool = self.settings["pages"]
            with self._refusals():
                await asyncio.get_running_loop().run_in_executor(pool, self._upload.finish)
        if self._refusal:
            self.set_status(self._refusal.status)
            self.finish({"error": self._refusal.what})
        else:
            self.set_status(201)

    @contextmanager
    def _refusals(self) -> Iterator[None]:
        """Keep a refusal for the end: a browser that is answered too early may not listen."""
        try:
            yield
        except upload.Refusal as refusal:
            self._refuse(refusal)
        except OSError as error:
            self._refuse(upload.Refusal(500, f"cannot be written: {error.strerror or error}"))

    def _refuse(self, refusal: upload.Refusal) -> None:
        self._refusal = refusal
        if self._upload is not None:
            self._upload.discard()

    def on_connection_close(self) -> None:
        super().on_connection_close()
        self._refuse(upload.Refusal(400, "cut short"))


class _IsSocket(Matcher):
    """Matches a page's call for a connection; a page of that name is none."""

    def match(self, request: HTTPServerRequest) -> dict[str, Any] | None:
        wants = request.headers.get("Upgrade", "").lower() == "websocket"
        return {} if request.path == SOCKET and wants else None


class Service(Struct, frozen=True):
    """What is served, and how: `upload` lets pages of it add pictures.

    `tell` is given what is wrong with the server itself.
    """

    desk: Desk
    site: Path
    host: str = "localhost"
    upload: bool = False
    tell: Callable[[Problem], None] = lambda problem: None


def run(service: Service, sockets: Sequence[socket.socket]) -> None:
    """Serve until a signal ends it: KeyboardInterrupt, or what else its handler raises."""
    asyncio.run(serve(service, sockets))


async def serve(service: Service, sockets: Sequence[socket.socket]) -> None:
    """Serve until it is cancelled."""
    for name in ("access", "application", "general"):
        logging.getLogger(f"tornado.{name}").disabled = True
    with ExitStack() as stack:
        pages = _pool(stack, "pages", _PAGE_THREADS)
        pictures = _pool(stack, "pictures", _PICTURE_THREADS)
        token = secrets.token_urlsafe() if service.upload else ""
        page = partial(upload_page, service.site, token) if service.upload else None
        replies = Replies(service.desk, OwnPages(service.desk, page), token)
        loop = asyncio.get_running_loop()
        audience = Audience(loop, pages, replies.showing, service.desk.state)
        rules = [
            Rule(_IsSocket(), _Socket, {"audience": audience}),
            *([(f"/{UPLOAD}", _Uploads)] if service.upload else ()),
            (r".*", _Files),
        ]
        application = Application(
            rules,
            names=guard.names_of(service.host),
            replies=replies,
            pages=pages,
            pictures=pictures,
            token=token,
            pictures_folder=service.site / PICTURES,
            websocket_max_message_size=1 << 16,
            tell=service.tell,
            log_function=lambda handler: None,
        )
        server = HTTPServer(application, max_body_size=_CHUNK)
        server.add_sockets(sockets)
        service.desk.listen(audience.changed)
        try:
            await audience.keep_up()
        finally:
            server.stop()
            await server.close_all_connections()


def _pool(stack: ExitStack, name: str, threads: int) -> ThreadPoolExecutor:
    pool = ThreadPoolExecutor(threads, name)
    stack.callback(pool.shutdown, wait=False, cancel_futures=True)
    return pool
