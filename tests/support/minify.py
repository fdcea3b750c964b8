"""Make the small scripts of the theme: `python -m tests.support.minify`."""

from pathlib import Path

import minify  # type: ignore[import-untyped]

from tests.support.sites import CHECKOUT

SCRIPTS = tuple(
    file
    for file in sorted((CHECKOUT / "templates/static").glob("*.js"))
    if not file.name.endswith(".min.js")
)


def small(source: Path) -> Path:
    """Return where the small twin of a script lies."""
    return source.with_suffix(".min.js")


def minified(source: Path) -> str:
    """Return a script without what only people need."""
    text: str = minify.string("application/javascript", source.read_text(encoding="utf-8"))
    return text + "\n"


if __name__ == "__main__":
    for script in SCRIPTS:
        small(script).write_text(minified(script), encoding="utf-8")
