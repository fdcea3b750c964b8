"""The bytes of files while a build is at work, and how many those of other files are.

What was published and stays as it is tells its size; all else is fetched to know it.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
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
    wanted = {member.path for archive in unknown for member in archive.members}
    kept = {unit.key for unit in assets}.difference(unit.key for unit in to_write)
    sizes = _sizes(wanted, kept, manifest)

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

    posts = (post for feed in design.feeds for post in feed.posts)
    wanted = {post.picture.path for post in posts if post.picture is not None}

    @cache
    def sizes() -> dict[str, int]:
        changed = {unit.key for unit in differs.to_write}.union(differs.gone)
        return _sizes(wanted, manifest.units.index.keys() - changed, manifest)

    @cache
    def to_write() -> dict[str, OutputFile]:
        return {file.path: file for file in files_in(differs.to_write) if file.path in wanted}

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


def _sizes(wanted: Collection[str], keys: Collection[str], manifest: Manifest) -> dict[str, int]:
    """Return the bytes of wanted files that are as they should be, for so are these units."""
    records = manifest.units.items() if wanted else ()
    return {
        path: size
        for key, record in records
        if key in keys
        for path, (size, *_) in files_of(key, record)
        if path in wanted
    }


def _pack(cache: Path, key: str) -> list[bytes]:
    blobs = store.get_pack(cache, key)
    if blobs is None:
        what = "was damaged while the build was at work"
        raise MachineError(Problem(str(cache), what, "build again", code="machine"))
    return blobs
