"""Open pages, and what they are told, through livereload's protocol.

A page says what it shows when it connects, and is told to reload only if that has become another:
whatever it missed, it catches up with. The protocol, version 7:
https://github.com/livereload/livereload-site/blob/master/content/developers/documentation/protocol.html
"""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from contextlib import suppress

import msgspec
from msgspec import Struct
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from generator.core.errors import Problem, unforeseen
from generator.serve.answers import Change, State
from generator.serve.wire import STATE, Showing, is_page

_HELLO = {
    "command": "hello",
    "protocols": ["http://livereload.com/protocols/official-7"],
    "serverName": "fastphoto",
}

_Wrong = tuple[tuple[Problem, ...], tuple[Problem, ...]]


class _Plugins(Struct, frozen=True):
    fastphoto: Showing = Showing()


class _Message(Struct, frozen=True):
    """What a page says: hello, then info; `url` and what is unknown are passed over."""

    command: str
    plugins: _Plugins = _Plugins()


class ReloadSocket(WebSocketHandler):
    """The connection of one open page."""

    showing = Showing()
    told: _Wrong = ((), ())

    def initialize(self, audience: "Audience") -> None:
        """Take what the application gives to every connection."""
        self._audience = audience
        self._expected = "hello"

    def check_origin(self, origin: str) -> bool:
        """Leave it to the guard, which has looked at every request already."""
        return True

    def on_message(self, message: str | bytes) -> None:
        """Greet a page, and take it in once it has said what it shows; each happens once."""
        try:
            said = msgspec.json.decode(message, type=_Message)
        except (msgspec.DecodeError, ValueError, RecursionError):
            self.close(1003)
            return
        shown = said.plugins.fastphoto
        if said.command != self._expected:
            self.close(1008)
        elif said.command == "hello":
            self._expected = "info"
            self.send(_HELLO)
        elif is_page(shown.page):
            self._expected = ""
            self.showing = shown
            self._audience.join(self)
        else:
            self.close(1008)

    def on_close(self) -> None:
        """Forget the page."""
        self._audience.leave(self)

    def reload(self, path: str, former: str = "") -> None:
        """Tell the page that a file is another; `former` is the one that it takes the place of."""
        command = {"command": "reload", "path": path, "liveCSS": True, "liveImg": False}
        self.send(command | ({"originalPath": former} if former else {}))

    def send(self, message: Mapping[str, object]) -> None:
        """Send a message, whether or not it is ever read: that tells by what is not answered."""
        with suppress(WebSocketClosedError):
            self.write_message(dict(message)).add_done_callback(_pass_over)


def _pass_over(sent: "asyncio.Future[None]") -> None:
    """Look at how it ended, which nobody waits for, so that asyncio does not speak of it."""
    if not sent.cancelled():
        sent.exception()


class Audience:
    """All open pages. Belongs to the event loop's thread, but for `changed`."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        pool: Executor,
        showing: Callable[[str], Showing],
        state: Callable[[], State],
        tell: Callable[[Problem], None],
    ) -> None:
        self._loop = loop
        self._pool = pool
        self._showing = showing
        self._state = state
        self._tell = tell
        self._open: set[ReloadSocket] = set()
        self._news = asyncio.Event()

    def changed(self, change: Change) -> None:
        """Have all pages catch up; to be called in any thread."""
        self._loop.call_soon_threadsafe(self._news.set)

    def join(self, page: ReloadSocket) -> None:
        """Take in a page, which may have missed something."""
        self._open.add(page)
        self._news.set()

    def leave(self, page: ReloadSocket) -> None:
        """Forget a page."""
        self._open.discard(page)

    async def keep_up(self) -> None:
        """Tell pages what they do not show yet, as often as there is something, for ever."""
        while True:
            await self._news.wait()
            self._news.clear()
            for name in {page.showing.page for page in self._open}:
                try:
                    current = await self._loop.run_in_executor(self._pool, self._showing, name)
                except Exception as error:  # noqa: BLE001 - the other pages are still to be told
                    self._tell(unforeseen(error))
                    continue
                for page in [each for each in self._open if each.showing.page == name]:
                    self._catch_up(page, current)

    def _catch_up(self, page: ReloadSocket, current: Showing) -> None:
        former, page.showing = page.showing, current
        state = self._state()
        wrong = (state.trouble, state.problems)
        if former.digest != current.digest or len(former.styles) != len(current.styles):
            page.reload(current.page)
            return
        for old, new in zip(former.styles, current.styles, strict=True):
            if old != new:
                page.reload(new, old)
        if wrong != page.told:
            page.told = wrong
            page.reload(STATE)
