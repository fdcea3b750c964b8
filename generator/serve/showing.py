"""A design as it is shown: any file of it on demand, and how it differs from another."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

from msgspec.structs import replace

from generator.core.files import stamp_of
from generator.core.model import (
    ArchiveOrigin,
    Job,
    OutputFile,
    PageOrigin,
    ThemeOrigin,
    Unit,
)
from generator.core.placeholders import Placeholders
from generator.core.routes import STATIC
from generator.design import Design, contents
from generator.output import inventory
from generator.output.content import Archive, Original, content_size
from generator.planning.files import files_in
from generator.planning.plan import Plan
from generator.serve.answers import Answer, Source
from generator.serve.archives import Archives
from generator.serve.asking import Asking
from generator.steps import Sketch

_FURTHER = re.compile(r"page-\d+/\Z")


class Preview:
    """The files of a design by path, fetched or made when they are asked for."""

    def __init__(self, design: Design, site: Path, asking: Asking, archives: Archives) -> None:
        self.design = design
        self.files = {file.path: file for file in files_in(design.units)}
        self._jobs = {key: job for job in design.plan.jobs for key, _ in job.recipes}
        self._albums = {each.address: each.path for each in design.plan.root.all_albums()}
        self._assets = {
            origin.asset.name: file
            for file in self.files.values()
            if isinstance(origin := file.origin, ThemeOrigin)
        }
        self._archives = archives
        self.asking = asking
        self._content = contents(design, site, self._variant, self._size_of)

    def answer(self, path: str) -> Answer | None:
        """Return a file by its path; None if there is none. TemplateError, RefusedError."""
        file = self.files.get(path) or self._newer(path)
        if file is None:
            return None
        return Answer(file.path, self._body(file), file.identity)

    def _body(self, file: OutputFile) -> bytes | Source:
        match self._content(file):
            case Original(source, photo):
                return Source(source, photo.stamp)
            case Archive() as archive:
                made = self._archives.file_of(file.identity, archive, self._current_archives())
                return Source(made, stamp_of(made.stat()))
            case bytes() as body:
                return body

    def _current_archives(self) -> frozenset[str]:
        return frozenset(
            file.identity for file in self.files.values() if isinstance(file.origin, ArchiveOrigin)
        )

    def album(self, path: str) -> str | None:
        """Return the folder of the album that a page shows, also one of its further pages."""
        address = path.removesuffix("index.html")
        return self._albums.get(address, self._albums.get(_FURTHER.sub("", address)))

    def try_templates(self, before: "Preview | None") -> None:
        """Render one page by each template of which a page is new; TemplateError as in a build."""
        tried: set[str] = set()
        for file in reversed(self.files.values()):
            if isinstance(file.origin, PageOrigin) and not _is_in(file, before):
                template = self.design.page(file.origin).template
                if template not in tried:
                    tried.add(template)
                    self._content(file)

    def _newer(self, path: str) -> OutputFile | None:
        """Find the theme file that an open page asks for by an address of before."""
        name = re.fullmatch(rf"{STATIC}/(.+)\.[0-9a-f]{{8}}(\.\w+)", path)
        return self._assets.get(name[1] + name[2]) if name else None

    def _variant(self, key: str, index: int) -> bytes:
        return self.asking.variant(self._jobs[key], key, index)

    def _size_of(self, path: str) -> int:
        content = self._content(self.files[path])
        # It is asked for pictures alone.
        assert not isinstance(content, Archive)
        return content_size(content)


def _is_in(file: OutputFile, showing: Preview | None) -> bool:
    known = showing.files.get(file.path) if showing else None
    return known is not None and known.identity == file.identity


def differing(before: Sequence[Unit], after: Sequence[Unit]) -> tuple[str, ...]:
    """Return the paths of files that were added, removed or changed, in order."""
    known = {(unit.key, unit.identity) for unit in before}
    wanted = {(unit.key, unit.identity) for unit in after}
    old = _files_beside(wanted, before)
    new = _files_beside(known, after)
    return tuple(sorted({path for path, _ in old ^ new}))


def _files_beside(same: Collection[tuple[str, str]], units: Iterable[Unit]) -> set[tuple[str, str]]:
    others = (unit for unit in units if (unit.key, unit.identity) not in same)
    return {(file.path, file.identity) for file in files_in(others)}


def changed_files(
    sketch: Sketch,
    placeholders: Placeholders,
    after: Preview,
    before: Preview | None,
) -> tuple[str, ...]:
    """Return the paths that differ; of a change of styles alone only the styles.

    The address of a style sheet stands in every page, which is the same but for that.
    """
    old = before.design.units if before else ()
    paths = differing(old, after.design.units)
    styles = tuple(path for path in paths if path.endswith(".css") and path in after.files)
    if before is None or not styles:
        return paths
    pinned = _with_styles_of(before, sketch).design(placeholders)
    return paths if differing(old, pinned.units) else styles


def _with_styles_of(before: Preview, sketch: Sketch) -> Sketch:
    theme = sketch.plan.theme
    known = {asset.name: asset for asset in before.design.plan.theme.assets}
    assets = tuple(
        known.get(asset.name, asset) if asset.name.endswith(".css") else asset
        for asset in theme.assets
    )
    plan = replace(sketch.plan, theme=replace(theme, assets=assets))
    return replace(sketch, plan=plan, assets=tuple(inventory.assets(plan)))


def seen_first(plan: Plan) -> tuple[Job, ...]:
    """Return the jobs of what visitors see first: covers, then the first tiles of each album."""
    by_key = {job.shown: job for job in plan.jobs}
    keys = dict.fromkeys(_keys_seen_first(plan))
    return tuple(by_key[key] for key in keys if key in by_key)


# What a large window shows of an album at once.
_FIRST = 24


def _keys_seen_first(plan: Plan) -> Iterator[str]:
    albums = tuple(plan.all_albums())
    yield from (album.cover.shown for album in albums if album.cover)
    yield from (photo.shown for album in albums for photo in album.photos[:_FIRST])
