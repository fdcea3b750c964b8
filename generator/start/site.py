"""A new site: settings, words and a place for pictures, ready to be built."""

from pathlib import Path

import generator
from generator.core.errors import ConfigError, Problem
from generator.core.files import copy_whole, write_whole
from generator.core.layout import CACHE, CONTENT, OUTPUT, PICTURES, SETTINGS
from generator.start.settings import settings_text

# Those of our demo that come with the package: of every shape, and small enough to be carried.
DEMO = (
    "city/dscf4127.jpg",
    "desert/slot.jpg",
    "mountains/above-the-mist.jpg",
    "mountains/main-range.jpg",
    "north/aurora/lake.jpg",
)

_INDEX = """\
---
description: Photographs, and what is to be said of them.
---
These words stand above the albums. They are in `content/index.md`; those of an album
`pictures/iceland/` would be in `content/iceland/index.md`. More is told
[on a page of its own](about.md).
"""

_ABOUT = """\
---
title: About
---
Every other text is a page: this one is `content/about.md`. Write who you are, or remove it, and
the link to it on the front page.
"""

_UNTRACKED = f"/{OUTPUT}/\n/{CACHE}/\n"


def start_site(folder: Path, *, demo: bool) -> None:
    """Write a new site, with the pictures of the demo if wanted; ConfigError if it is in use."""
    check_vacant(folder)
    write_frame(folder, settings_text({}))
    write_whole(folder / CONTENT / "index.md", _INDEX.encode())
    write_whole(folder / CONTENT / "about.md", _ABOUT.encode())
    for path in DEMO if demo else ():
        copy_whole(_demo_pictures() / path, folder / PICTURES / path)


def write_frame(folder: Path, settings: str) -> None:
    """Write what every new site has: its settings, a folder for pictures, what Git leaves alone."""
    write_whole(folder / SETTINGS, settings.encode())
    write_whole(folder / ".gitignore", _UNTRACKED.encode())
    # Git keeps no empty folder, and builds pass over names that begin with a dot.
    write_whole(folder / PICTURES / ".keep", b"")


def check_vacant(folder: Path) -> None:
    """Refuse a folder that holds anything: all but an empty repository of Git is somebody's."""
    if folder.exists() and not folder.is_dir():
        raise ConfigError(
            Problem(str(folder), "is not a folder", "choose another name", code="folder-in-use")
        )
    if folder.is_dir() and any(each.name != ".git" for each in folder.iterdir()):
        raise ConfigError(
            Problem(str(folder), "is not empty", "choose a new folder", code="folder-in-use")
        )


def _demo_pictures() -> Path:
    """Return where they lie: in the package when it is installed, and beside it in a checkout."""
    package = Path(generator.__file__).resolve().parent
    inside = package / "demo"
    return inside if inside.is_dir() else package.parent / PICTURES
