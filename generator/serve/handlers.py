"""What is done with requests: who may ask, files sent, pictures taken in, pages connected."""

import asyncio
import hmac
from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import nullcontext
from http import HTTPStatus
from typing import Any, TypeVar, cast

from tornado.http1connection import HTTP1Connection
from tornado.httputil import HTTPServerRequest
from tornado.iostream import StreamClosedError
from tornado.routing import Matcher
from tornado.web import HTTPError, RequestHandler, stream_request_body

from generator.core.errors import unforeseen
from generator.core.routes import FULL, IMAGE
from generator.serve import guard, upload
from generator.serve.reload import ReloadSocket
from generator.serve.replies import Replies, Reply, Request
from generator.serve.wire import SOCKET

_CHUNK = 1 << 18
_UPLOAD_SECONDS = 3600

_Value = TypeVar("_Value")


class Guarded(RequestHandler):
    """Lets in only what our own pages ask for by a name of ours: see `guard`."""

    # Added by tornado, which knows no types for what applications set.
    settings: dict[str, Any]

    def prepare(self) -> None:
        """Refuse what comes by another name, or from a page of another origin."""
        hosts = self.request.headers.get_list("Host")
        names = self.settings["names"]
        if len(hosts) != 1 or not guard.is_known(hosts[0], names):
            raise HTTPError(403, "this name is not one of this server's")
        for origin in self.request.headers.get_list("Origin"):
            if not guard.is_own(origin, hosts[0]):
                raise HTTPError(403, "only pages of this server may ask")

    def set_default_headers(self) -> None:
        """Say nothing of the software, and have browsers believe the types."""
        self.clear_header("Server")
        self.set_header("X-Content-Type-Options", "nosniff")

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Say what is wrong in a line of plain text."""
        _, error, _ = kwargs.get("exc_info", (None, None, None))
        said = error.log_message if isinstance(error, HTTPError) else None
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish(f"{said or HTTPStatus(status_code).phrase}\n")

    def log_exception(self, typ: Any, value: BaseException | None, tb: Any) -> None:
        """Tell of faults of ours, and of nothing else."""
        if isinstance(value, Exception) and not isinstance(value, HTTPError | StreamClosedError):
            self.settings["tell"](unforeseen(value))


class Files(Guarded):
    """Everything that is asked for by its address."""

    SUPPORTED_METHODS: tuple[str, ...] = ("GET", "HEAD")

    async def get(self) -> None:
        """Send the file."""
        await self._answer()

    async def head(self) -> None:
        """Send what there is to say of the file."""
        await self._answer()

    async def _answer(self) -> None:
        replies: Replies = self.settings["replies"]
        is_picture = self.request.path.startswith((f"/{IMAGE}/", f"/{FULL}/"))
        pool: Executor = self.settings["pictures" if is_picture else "pages"]
        loop = asyncio.get_running_loop()
        reply = await loop.run_in_executor(pool, replies.reply, _request(self.request))
        with nullcontext() if isinstance(reply.body, bytes) else reply.body:
            await self._give(reply, pool)

    async def _give(self, reply: Reply, pool: Executor) -> None:
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
        reply.body.seek(reply.start)
        left = reply.length
        while left:
            chunk = await loop.run_in_executor(pool, reply.body.read, min(_CHUNK, left))
            if not chunk:
                # It has become shorter: what was promised cannot be sent.
                raise StreamClosedError
            left -= len(chunk)
            self.write(chunk)
            await self.flush()

    def compute_etag(self) -> None:
        """Have tornado make none: replies bring theirs."""


def _request(request: HTTPServerRequest) -> Request:
    header = request.headers.get
    return Request(
        request.path,
        request.host,
        request.query,
        header("Accept-Encoding", ""),
        header("If-None-Match", ""),
        header("Range", "") if request.method == "GET" else "",
        header("If-Range", ""),
    )


class Socket(Guarded, ReloadSocket):
    """The connection of a page, guarded as all else."""


@stream_request_body
class Uploads(Files):
    """Pictures that are dropped on a page; the page of uploads itself is a file as all else."""

    SUPPORTED_METHODS = ("GET", "HEAD", "POST")

    _upload: upload.Upload | None = None
    _refusal: upload.Refusal | None = None

    async def prepare(self) -> None:  # type: ignore[override]  # either is taken
        """Begin to take in a picture, if whoever sends it may."""
        super().prepare()
        if self.request.method != "POST":
            return
        connection = cast(HTTP1Connection, self.request.connection)
        connection.set_max_body_size(upload.MAX_BYTES)
        connection.set_body_timeout(_UPLOAD_SECONDS)
        token = self.request.headers.get("X-Fastphoto-Token", "")
        if not self.request.headers.get("Origin") or not hmac.compare_digest(
            token.encode(), self.settings["token"].encode()
        ):
            raise HTTPError(403, "only a page of this server may add pictures: reload it")
        length = self.request.headers.get("Content-Length", "0")
        if not length.isdecimal() or int(length) > upload.MAX_BYTES:
            raise HTTPError(413, f"more than {upload.MAX_BYTES >> 20:,} MB are not taken")
        given = self._given("album"), self._given("name")
        self._upload = await self._part(upload.begin, self.settings["pictures_folder"], *given)
        if self._upload is not None and self._refusal is not None:
            await self._part(self._upload.discard)

    def _given(self, name: str) -> str:
        # As it stands: tornado's own way tidies up what nobody should get past it.
        return self.request.query_arguments.get(name, [b""])[-1].decode("utf-8", "replace")

    async def data_received(self, chunk: bytes) -> None:
        """Take in a part; after a refusal, what still comes is passed over."""
        if self._upload is None or self._refusal:
            return
        await self._part(self._upload.write, chunk)

    async def post(self) -> None:
        """Put the picture into its place, or say why not."""
        if self._upload is not None and not self._refusal:
            await self._part(self._upload.finish)
        if self._refusal:
            self.set_status(self._refusal.status)
            self.finish({"error": self._refusal.what})
        else:
            self.set_status(201)

    async def _part(self, work: Callable[..., _Value], *given: Any) -> _Value | None:
        """Do what takes the disk, and keep a refusal for the end.

        A browser that is answered too early may not listen.
        """
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self.settings["uploads"], work, *given)
        except upload.Refusal as refusal:
            self._refusal = refusal
        except OSError as error:
            self._refusal = upload.Refusal(500, f"cannot be written: {error.strerror or error}")
        return None

    def on_connection_close(self) -> None:
        """Leave nothing of a picture that was cut short."""
        super().on_connection_close()
        self._refusal = upload.Refusal(400, "cut short")
        if self._upload is not None:
            self.settings["uploads"].submit(self._upload.discard)


class IsSocket(Matcher):
    """Matches a page's call for a connection; a page of that name is none."""

    def match(self, request: HTTPServerRequest) -> dict[str, Any] | None:
        """Return no arguments for such a call, and nothing for others."""
        wants = request.headers.get("Upgrade", "").lower() == "websocket"
        return {} if request.path == SOCKET and wants else None
