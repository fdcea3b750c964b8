"""The desk's own pages and files: what stops the site, what it refuses, and where to upload."""

from collections.abc import Callable, Iterable, Sequence
from functools import cache, partial
from html import escape
from importlib.resources import files
from pathlib import Path

import msgspec
from msgspec import Struct

from generator.core.config import load_config
from generator.core.digest import digest_of
from generator.core.errors import Problem
from generator.core.layout import CONTENT, PICTURES
from generator.core.model import Theme
from generator.core.text import visible
from generator.library.survey import ignored, theme_folders
from generator.pages.theme import environment, fault
from generator.serve.answers import Answer, Desk
from generator.serve.upload import albums
from generator.serve.wire import PROBLEMS, RESERVED, SCRIPT, STATE, UPLOAD

CLIENT = Path(__file__).parent / "client"
_UPLOAD_TEMPLATE = "upload.html"


class Told(Struct, frozen=True):
    """What an open page is told of how the site stands.

    What stopped it, which texts it had to leave out, and how many problems there are in all, with
    or without errors; `digest` is another whenever they are.
    """

    trouble: tuple[dict[str, str], ...]
    texts: tuple[dict[str, str], ...]
    problems: int
    errors: bool
    digest: str


class OwnPages:
    """Files of the server, below a name that no site has; `upload` returns the page of uploads."""

    def __init__(self, desk: Desk, upload: Callable[[], bytes] | None = None) -> None:
        self._desk = desk
        self._made: dict[str, Callable[[], Answer]] = {
            SCRIPT: _reload_script,
            STATE.removeprefix("/"): lambda: _answer("state.json", self._state()),
            PROBLEMS: self._problems,
        }
        names = ["desk.js", "desk.css", "desk.svg"]
        if upload is not None:
            names.append("upload.js")
            self._made[UPLOAD] = lambda: _answer(UPLOAD, upload())
        for name in names:
            self._made[f"{RESERVED}/{name}"] = partial(_client_file, name)

    def answer(self, path: str) -> Answer | None:
        """Return one of them by its address without the first slash; None if it is none."""
        make = self._made.get(path)
        return make() if make else None

    def _state(self) -> bytes:
        state = self._desk.state()
        errors = [each for each in state.problems if each.severity == "error"]
        texts = [each for each in errors if each.where.startswith(f"{CONTENT}/")]
        return msgspec.json.encode(
            Told(
                tuple(map(_spoken, state.trouble)),
                tuple(map(_spoken, texts)),
                len(state.problems),
                bool(errors),
                _digest_of(state.problems),
            )
        )

    def _problems(self) -> Answer:
        state = self._desk.state()
        parts = [
            ("Why the site is not built", state.trouble),
            ("Left out", [each for each in state.problems if each.severity == "error"]),
            ("Warnings", [each for each in state.problems if each.severity == "warning"]),
        ]
        shown = [part for part in parts if part[1]]
        # The page itself tells what it shows, so that it is seen however soon the page is left.
        told = f' data-problems="{_digest_of(state.problems)}"'
        return _answer(PROBLEMS, _page("Problems", shown, "There are none.", told))


def failure_page(problems: Sequence[Problem]) -> bytes:
    """Return a page that says why there is no other."""
    return _page("There is no page here", [("", problems)])


def waiting_page() -> bytes:
    """Return a page for the time before the first plan, which it gives way to by itself."""
    text = "The site is being planned. This page gives way to it by itself."
    return _page("One moment", [], text)


def _page(
    title: str,
    parts: Sequence[tuple[str, Sequence[Problem]]],
    text: str = "",
    attributes: str = "",
) -> bytes:
    lists = "".join(_list(heading, problems) for heading, problems in parts)
    return f"""\
<!doctype html>
<html lang="en"{attributes}>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<link rel="stylesheet" href="/{RESERVED}/desk.css">
<link rel="icon" href="/{RESERVED}/desk.svg">
</head>
<body>
<main>
<h1>{title}</h1>
{lists or f"<p>{text}</p>"}
<p><a href="/">To the front page</a></p>
</main>
</body>
</html>
""".encode()


def _list(heading: str, problems: Iterable[Problem]) -> str:
    items = "".join(_item(_spoken(problem)) for problem in problems)
    return (f"<h2>{heading}</h2>\n" if heading else "") + f"<ul>\n{items}</ul>\n"


def _item(said: dict[str, str]) -> str:
    where, what, hint = (escape(said[name]) for name in ("where", "what", "hint"))
    place = f"<code>{where}</code> " if where else ""
    return f"<li>{place}{what}" + (f" <em>{hint}</em>" if hint else "") + "</li>\n"


def upload_page(site: Path, token: str) -> bytes:
    """Render the page of uploads, by the theme's own template; TemplateError if that is wrong.

    ConfigError if the settings are.
    """
    folder = next(each for each in theme_folders(site) if (each / _UPLOAD_TEMPLATE).is_file())
    theme = Theme({_UPLOAD_TEMPLATE: (folder / _UPLOAD_TEMPLATE).read_bytes()}, "", ())
    engine = environment(theme)
    found = tuple(albums(site / PICTURES, ignored(load_config(site).albums.ignore)))
    given = {"albums": found, "token": token, "desk": f"/{RESERVED}"}
    try:
        return engine.get_template(_UPLOAD_TEMPLATE).render(given).encode()
    except Exception as error:
        raise fault(error, theme, engine, _UPLOAD_TEMPLATE, UPLOAD) from error


def _answer(path: str, body: bytes) -> Answer:
    return Answer(path, body, digest_of(body))


def _client_file(name: str) -> Answer:
    return _answer(name, (CLIENT / name).read_bytes())


@cache
def _reload_script() -> Answer:
    return _answer(SCRIPT, (files("livereload") / "vendors" / SCRIPT).read_bytes())


def _digest_of(problems: Iterable[Problem]) -> str:
    return digest_of(*(str(each).encode(errors="replace") for each in problems))


def _spoken(problem: Problem) -> dict[str, str]:
    """Return what is said of a problem, with every control character made visible."""
    return {
        "where": visible(problem.where),
        "what": visible(problem.what),
        "hint": visible(problem.hint),
        "severity": problem.severity,
    }
