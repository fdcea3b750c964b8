"""The bytes of files while a build is at work, and how many those of other files are.

What was published and stays as it is tells its size; all else is fetched to know it.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import cache, lru_cache, partial
from pathlib import Path

from generator.core.errors import MachineError, Problem
from generator.core.model import Member, OutputFile, Unit
from generator.design import Design, contents, fetched
from generator.output.content import Archive, Content, content_size
from generator.output.manifest import Difference, Manifest
from generator.output.record import files_of
from generator.planning.archives import archives
from generator.planning.files import files_in
from generator.planning.plan import Plan
from generator.report import Order
from generator.state import store


def archive_sizes(
    order: Order,
    plan: Plan,
    assets: Iterable[Unit],
    to_write: Iterable[Unit],
    manifest: Manifest,
) -> Iterator[tuple[str, int]]:
    """Yield the path and bytes of archives whose members have to be made to know theirs."""
    unknown = [archive for archive in archives(plan) if not archive.known_size]
    pack = lru_cache(maxsize=8)(partial(_pack, order.cache))
    rights = order.config.images.rights
    sizes = _sizes(assets, to_write, manifest) if unknown else {}

    def size_of(member: Member) -> int:
        if member.path in sizes:
            return sizes[member.path]
        order.listener.checkpoint()
        content = fetched(member.origin, order.site, rights, lambda key, at: pack(key)[at])
        return content_size(content)

    for archive in unknown:
        yield archive.path, archive.size(map(size_of, archive.members))


def fetching(
    order: Order, design: Design, differs: Difference, manifest: Manifest
) -> Callable[[OutputFile], Content]:
    """Return the function that fetches the bytes of a file; the build may be given up at each."""
    pack = lru_cache(maxsize=8)(partial(_pack, order.cache))

    @cache
    def sizes() -> dict[str, int]:
        return _sizes(design.units, differs.to_write, manifest)

    @cache
    def to_write() -> dict[str, OutputFile]:
        return {file.path: file for file in files_in(differs.to_write)}

    def size_of(path: str) -> int:
        if path in sizes():
            return sizes()[path]
        content = fetch(to_write()[path])
        # It is asked for pictures alone.
        assert not isinstance(content, Archive)
        return content_size(content)

    fetch = contents(design, order.site, lambda key, index: pack(key)[index], size_of)

    def content(file: OutputFile) -> Content:
        order.listener.checkpoint()
        return fetch(file)

    return content


def _sizes(units: Iterable[Unit], to_write: Iterable[Unit], manifest: Manifest) -> dict[str, int]:
    """Return the bytes of files that are as they should be, by path."""
    keys = {unit.key for unit in to_write}
    return {
        path: size
        for unit in units
        if unit.key not in keys
        for path, (size, *_) in files_of(unit.key, manifest.units[unit.key])
    }


def _pack(cache: Path, key: str) -> list[bytes]:
    blobs = store.get_pack(cache, key)
    if blobs is None:
        what = "was damaged while the build was at work"
        raise MachineError(Problem(str(cache), what, "build again", code="machine"))
    return blobs
