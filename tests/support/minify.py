"""Make the small twins of what the theme's pages load: `python -m tests.support.minify`."""

from pathlib import Path

import minify  # type: ignore[import-untyped]

from tests.support.sites import CHECKOUT

_TYPES = {".css": "text/css", ".js": "application/javascript"}

STATIC = CHECKOUT / "templates/static"
SOURCES = tuple(
    file
    for file in sorted(STATIC.iterdir())
    if file.suffix in _TYPES and not file.stem.endswith(".min")
)


def small(source: Path) -> Path:
    """Return where the small twin of a stylesheet or a script lies."""
    return source.with_suffix(f".min{source.suffix}")


def minified(source: Path) -> str:
    """Return a stylesheet or a script without what only people need."""
    text: str = minify.string(_TYPES[source.suffix], source.read_text(encoding="utf-8"))
    return text + "\n"


if __name__ == "__main__":
    for each in SOURCES:
        small(each).write_text(minified(each), encoding="utf-8")
