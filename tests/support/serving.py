"""The dev server over a desk that holds its files in memory, in a thread of its own."""

import asyncio
import base64
import http.client
import json
import os
import re
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, Self

import msgspec

from generator.core.digest import digest_of
from generator.core.errors import Problem
from generator.core.files import stamp_of
from generator.serve.answers import Answer, Change, Desk, Source, State
from generator.serve.server import Service, bind, serve


class TableDesk:
    """A desk whose site is a table of files; what is an exception is raised."""

    __test__ = False

    def __init__(self, files: Mapping[str, bytes | Path | Source | Exception]) -> None:
        self.files = dict(files)
        self.albums: dict[str, str] = {}
        self.asked: list[str] = []
        self._state = State(serial=1 if files else 0)
        self._listeners: list[Callable[[Change], None]] = []
        # Cleared, it keeps pictures back.
        self.gives_pictures = threading.Event()
        self.gives_pictures.set()

    def answer(self, path: str) -> Answer | None:
        self.asked.append(path)
        if path.startswith("image/"):
            self.gives_pictures.wait(20)
        body = self.files.get(path)
        if body is None:
            return None
        if isinstance(body, Exception):
            raise body
        if isinstance(body, Path):
            body = Source(body, stamp_of(body.stat()))
        known = str(body).encode() if isinstance(body, Source) else body
        return Answer(path, body, digest_of(known))

    def album(self, path: str) -> str | None:
        return self.albums.get(path)

    def state(self) -> State:
        return self._state

    def listen(self, listener: Callable[[Change], None]) -> None:
        self._listeners.append(listener)

    def change(self, files: Mapping[str, bytes | Path | Source | Exception], **state: Any) -> None:
        """Take in other files and tell of it, in the caller's thread."""
        self.files |= files
        self._state = msgspec.structs.replace(
            self._state, serial=self._state.serial + bool(files), **state
        )
        for listener in self._listeners:
            listener(Change(tuple(files), self._state))


class Answered(msgspec.Struct):
    """What came back: the status, headers by lower-case name, and the body."""

    status: int
    headers: dict[str, str]
    body: bytes


class _Plain(http.client.HTTPConnection):
    """Sends what it is told: clients tidy up what attackers do not."""

    def _validate_path(self, url: str) -> None:
        pass

    def _encode_request(self, request: str) -> bytes:
        return request.encode("latin-1")


class Running:
    """A server at work."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.host = f"127.0.0.1:{port}"
        self.address = f"http://{self.host}/"
        self.faults: list[Problem] = []

    def ask(
        self, target: str, method: str = "GET", body: bytes = b"", /, **headers: str
    ) -> Answered:
        """Send a request as it stands, `target` too; underscores in headers are hyphens."""
        connection = _Plain("127.0.0.1", self.port, timeout=20)
        with closing(connection):
            given = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.putrequest(
                method, target, skip_host="Host" in given, skip_accept_encoding=True
            )
            if body or method == "POST":
                given.setdefault("Content-Length", str(len(body)))
            for name, value in given.items():
                connection.putheader(name, value)
            # It need not listen to the end.
            with suppress(ConnectionError):
                connection.endheaders()
                connection.send(body)
            with connection.getresponse() as answer:
                found = {name.lower(): value for name, value in answer.getheaders()}
                return Answered(answer.status, found, answer.read())

    def page(self) -> "OpenPage":
        """Connect as an open page does."""
        return OpenPage(self.port)


class OpenPage:
    """The connection of an open page, as livereload.js makes it."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=20)
        self._file = self._socket.makefile("rb")
        key = base64.b64encode(os.urandom(16)).decode()
        self._socket.sendall(
            f"GET /livereload HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
            f"Origin: http://127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode()
        )
        self.status = int(self._file.readline().split()[1])
        while self._file.readline().strip():
            pass

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()
        self._socket.close()

    def say(self, **message: Any) -> None:
        self.send(json.dumps(message).encode())

    def send(self, body: bytes) -> None:
        size = bytes([0x80 | len(body)]) if len(body) < 126 else b"\xfe" + len(body).to_bytes(2)
        # A mask of zeros leaves the body as it is (RFC 6455, 5.3).
        self._socket.sendall(b"\x81" + size + bytes(4) + body)

    def hear(self) -> dict[str, Any]:
        """Return the next message; fail if none comes."""
        _, size = self._file.read(2)
        length = size if size < 126 else int.from_bytes(self._file.read(2))
        heard: dict[str, Any] = json.loads(self._file.read(length))
        return heard

    def show(self, body: bytes) -> None:
        """Say hello and what a served page shows, as desk.js does."""
        self.say(command="hello", protocols=["http://livereload.com/protocols/official-7"])
        assert self.hear()["command"] == "hello"
        said = re.search(rb'data-page="(.*?)" data-digest="(\w+)"', body)
        assert said
        shown = {
            "page": said[1].decode(),
            "digest": said[2].decode(),
            "styles": [each.decode() for each in re.findall(rb'stylesheet" href="(.*?)"', body)],
            "version": "1",
        }
        self.say(command="info", plugins={"fastphoto": shown, "less": {}}, url="http://x/")


@contextmanager
def running(desk: Desk, site: Path, *, upload: bool = False) -> Iterator[Running]:
    """Serve a desk's files at a free port, and fail on any fault of the server."""
    sockets = bind("localhost", 0)
    server = Running(sockets[0].getsockname()[1])
    loop = asyncio.new_event_loop()
    service = Service(desk, site, upload=upload, tell=server.faults.append)
    task = loop.create_task(serve(service, sockets))

    def work() -> None:
        asyncio.set_event_loop(loop)
        try:
            loop.run_until_complete(task)
        except asyncio.CancelledError:
            pass
        finally:
            loop.close()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield server
        assert server.faults == []
    finally:
        loop.call_soon_threadsafe(task.cancel)
        thread.join()
