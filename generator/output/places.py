"""Where a build may write: never among what it reads, and never where it would be in the way.

Folders are told apart by what the system says they are, wherever links and mounts lead and in
whatever case their names are written.
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from generator.core.errors import ConfigError, Problem
from generator.core.layout import CACHE, CONTENT, PICTURES, SETTINGS, TEMPLATES
from generator.core.routes import folded
from generator.state import store


def check_places(site: Path, output: Path, ours: Iterable[Path]) -> None:
    """Refuse an output folder or a cache that a site must not be written to, by ConfigError.

    `ours` are the folders that this program itself is in.
    """
    read = {f"{name}/ of the site": site / name for name in (PICTURES, CONTENT, TEMPLATES)}
    read |= {f"{SETTINGS} of the site": site / SETTINGS}
    read |= {f"fastphoto's own {folder.name}/": folder for folder in ours}
    cache = site / CACHE
    _refuse(output, read | {f"{CACHE}/ of the site": cache}, "choose another with --output")
    _refuse(cache, read, f"let {CACHE}/ be a folder of its own")
    if not store.is_ours(cache):
        what = "holds files that fastphoto did not make"
        hint = "have the site in a folder of its own"
        raise ConfigError(Problem(str(cache), what, hint, code="foreign-file"))


def _refuse(folder: Path, read: Mapping[str, Path], hint: str) -> None:
    """Refuse what is or can be no folder, what a home or a whole disk is in, and what is read."""

    def refusal(what: str) -> ConfigError:
        return ConfigError(Problem(str(folder), what, hint, code="wrong-output"))

    for each in (folder, *folder.parents):
        if each.is_symlink() and not each.exists():
            raise refusal("leads through a link that leads nowhere")
        if each.exists() and not each.is_dir():
            raise refusal("is not a folder" if each is folder else f"lies in a file, {each}")
    place = _lineage(folder)
    if len(place) == 1 or place[-1] in _lineage_of_home():
        raise refusal("this folder is too precious")
    for name, other in read.items():
        if overlap(folder, other):
            raise refusal(f"overlaps {name}")


def overlap(one: Path, other: Path) -> bool:
    """Tell whether two folders are the same, or one lies in the other."""
    here, there = _lineage(one), _lineage(other)
    return here[-1] in there or there[-1] in here


def _lineage(folder: Path) -> list[object]:
    """Return what tells a folder and all above it apart, the root first.

    That is the system's number of each; of what is not there yet, or on a system that has no
    numbers, its name. Of a link in a circle it is the name as well.
    """
    try:
        real = folder.resolve()
    except (OSError, RuntimeError):
        real = folder.absolute()
    found: list[object] = []
    for each in (*reversed(real.parents), real):
        number = 0
        with suppress(OSError):
            status = each.stat()
            number = status.st_ino
        found.append((status.st_dev, number) if number else (*found[-1:], folded(each.name)))
    return found


def _lineage_of_home() -> list[object]:
    try:
        return _lineage(Path.home())
    except RuntimeError:
        # A machine may know no home.
        return []
