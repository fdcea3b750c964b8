"""The server: where it listens, and what belongs together while it does."""

import asyncio
import errno
import logging
import re
import secrets
import socket
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from msgspec import Struct
from tornado.httpserver import HTTPServer
from tornado.routing import Rule
from tornado.web import Application

from generator.core.errors import ConfigError, Problem
from generator.core.files import remove_remains
from generator.core.layout import PICTURES
from generator.serve import guard
from generator.serve.answers import Desk
from generator.serve.handlers import Files, IsSocket, Socket, Uploads
from generator.serve.own_pages import OwnPages, upload_page
from generator.serve.reload import Audience
from generator.serve.replies import Replies
from generator.serve.wire import UPLOAD

# Pages never wait behind pictures, which may have to be rendered first.
_PAGE_THREADS = 8
_PICTURE_THREADS = 24
_UPLOAD_THREADS = 4
# An open page answers within that time, or is none any more.
_PING_SECONDS = 20
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
        server = HTTPServer(application, max_body_size=_MAX_BODY)
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
