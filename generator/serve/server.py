"""The server: where it listens, and what belongs together while it does."""

import asyncio
import errno
import logging
import re
import secrets
import socket
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from typing import Any
from weakref import WeakSet

from msgspec import Struct
from tornado.httpserver import HTTPServer
from tornado.iostream import IOStream, StreamClosedError
from tornado.routing import Rule
from tornado.web import Application

from generator.core.errors import ConfigError, Problem, unforeseen
from generator.core.files import remove_remains
from generator.core.layout import PICTURES
from generator.serve import guard
from generator.serve.answers import Desk
from generator.serve.handlers import Files, IsSocket, Socket, Uploads
from generator.serve.own_pages import OwnPages, upload_page
from generator.serve.reload import Audience
from generator.serve.replies import Replies
from generator.serve.wire import UPLOAD

try:
    import resource
except ImportError:
    # Windows has no such limit.
    resource = None  # type: ignore[assignment]

# Pages never wait behind pictures, which may have to be rendered first.
_PAGE_THREADS = 8
_PICTURE_THREADS = 24
_UPLOAD_THREADS = 4
# An open page answers within that time, or is none any more.
_PING_SECONDS = 20
# For a request to come, and for what belongs to it; uploads have longer.
_IDLE_SECONDS = 60.0
_MOST_CONNECTIONS = 512
_SECONDS_TO_BREATHE = 0.05
_SECONDS_TO_CLOSE = 0.3
# Of what is no upload, of which there should be none.
_MAX_BODY = 1 << 16

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
        return Problem("", f"port {port} is taken", hint, code="port-taken")
    what = f"cannot listen at {host}, port {port}: {error.strerror or error}"
    return Problem("", what, code="machine")


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
    if service.upload:
        remove_remains(service.site / PICTURES)
    with ExitStack() as stack:
        pages = _pool(stack, "pages", _PAGE_THREADS)
        pictures = _pool(stack, "pictures", _PICTURE_THREADS)
        uploads = ThreadPoolExecutor(_UPLOAD_THREADS, "uploads")
        # What is discarded in the end still is.
        stack.callback(uploads.shutdown, wait=False)
        token = secrets.token_urlsafe() if service.upload else ""
        page = partial(upload_page, service.site, token) if service.upload else None
        replies = Replies(service.desk, OwnPages(service.desk, page), token)
        loop = asyncio.get_running_loop()
        audience = Audience(loop, pages, replies.showing, service.desk.state, service.tell)
        rules = [
            Rule(IsSocket(), Socket, {"audience": audience}),
            *([(re.escape(f"/{UPLOAD}"), Uploads)] if service.upload else ()),
            (r".*", Files),
        ]
        application = Application(
            rules,
            names=guard.names_of(service.host),
            replies=replies,
            pages=pages,
            pictures=pictures,
            uploads=uploads,
            token=token,
            pictures_folder=service.site / PICTURES,
            websocket_max_message_size=1 << 16,
            websocket_ping_interval=_PING_SECONDS,
            websocket_ping_timeout=_PING_SECONDS,
            tell=service.tell,
            log_function=lambda handler: None,
        )
        server = _Server(
            application,
            max_body_size=_MAX_BODY,
            idle_connection_timeout=_IDLE_SECONDS,
            body_timeout=_IDLE_SECONDS,
        )
        server.add_sockets(sockets)
        loop.set_exception_handler(Complaints(service.tell))
        service.desk.listen(audience.changed)
        try:
            await audience.keep_up()
        finally:
            server.stop()
            with suppress(TimeoutError):
                await asyncio.wait_for(server.close_all_connections(), _SECONDS_TO_CLOSE)


class _Server(HTTPServer):
    """Takes no more connections at once than leave descriptors for files."""

    def initialize(self, *given: Any, **named: Any) -> None:
        """Set up the server as tornado does."""
        super().initialize(*given, **named)
        self._most = _most_connections()
        self._streams: WeakSet[IOStream] = WeakSet()

    def handle_stream(self, stream: IOStream, address: tuple[Any, ...]) -> None:
        """Serve a connection, or end it at once if there are too many."""
        if sum(not each.closed() for each in self._streams) >= self._most:
            stream.close()
            return
        self._streams.add(stream)
        super().handle_stream(stream, address)


def _most_connections() -> int:
    """Return how many connections there may be: half of the descriptors are for files."""
    if resource is None:
        return _MOST_CONNECTIONS
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _MOST_CONNECTIONS if limit < 0 else min(_MOST_CONNECTIONS, max(8, limit // 2))


class Complaints:
    """Tells what goes wrong beside all requests, each kind of it once."""

    def __init__(self, tell: Callable[[Problem], None]) -> None:
        self._tell = tell
        self._told: set[str] = set()

    def __call__(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Take what the event loop has to say."""
        error = context.get("exception")
        if isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE):
            # It would be tried again at once, and over and over.
            time.sleep(_SECONDS_TO_BREATHE)
            what = "too many files and connections are open for this system"
            problem = Problem(
                "", what, "close pages, or raise the limit: ulimit -n", code="machine"
            )
        elif isinstance(error, Exception) and not isinstance(error, StreamClosedError):
            problem = unforeseen(error)
        else:
            return
        if str(problem) not in self._told:
            self._told.add(str(problem))
            self._tell(problem)


def _pool(stack: ExitStack, name: str, threads: int) -> ThreadPoolExecutor:
    pool = ThreadPoolExecutor(threads, name)
    stack.callback(pool.shutdown, wait=False, cancel_futures=True)
    return pool
