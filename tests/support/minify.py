"""Make the small script of the theme: `python -m tests.support.minify`."""

from pathlib import Path

import minify  # type: ignore[import-untyped]

from tests.support.sites import CHECKOUT

SOURCE = CHECKOUT / "templates/static/viewer.js"
MINIFIED = SOURCE.with_name("viewer.min.js")


def minified(source: Path) -> str:
    """Return a script without what only people need."""
    small: str = minify.string("application/javascript", source.read_text(encoding="utf-8"))
    return small + "\n"


if __name__ == "__main__":
    MINIFIED.write_text(minified(SOURCE), encoding="utf-8")
