"""What a published site tells against its settings: every file of it is read once more."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile, is_zipfile

from msgspec import Struct

from generator.core.config import Config
from generator.core.errors import ConfigError, Problem
from generator.core.files import walk
from generator.core.layout import CACHE
from generator.core.model import Photo, Theme
from generator.core.routes import ARCHIVES
from generator.library.scan import Memo, library_of
from generator.planning.locations import is_told
from generator.planning.plan import Plan, PlannedPhoto, is_shown, make_plan
from generator.privacy import reader
from generator.state import store


class Audit(Struct, frozen=True):
    """How many files were read, and what they tell that the settings do not allow.

    `verbatim` are those that may tell everything, for they are originals published as they are.
    """

    files: int
    verbatim: int
    problems: tuple[Problem, ...]


class _Rules(Struct, frozen=True):
    """Files that may tell everything, positions no page may name, and folders of this machine.

    Within archives, such files are known by their digests.
    """

    free: frozenset[str]
    free_digests: frozenset[str]
    positions: reader.Positions
    paths: tuple[bytes, ...]


def audit_privacy(site: Path, output: Path, config: Config) -> Audit:
    """Read every file of a published site; ConfigError if no build of it is known."""
    rules = _rules(site, output, config)
    files = sorted(path for path, _ in walk(output))
    problems = tuple(problem for path in files for problem in _problems(output, path, rules))
    return Audit(len(files), len(rules.free.intersection(files)), problems)


def _rules(site: Path, output: Path, config: Config) -> _Rules:
    memo = store.load(site / CACHE, store.MEMO, Memo)
    library = library_of(memo.files if memo else {}, Theme({}, "", ()))
    photos = library.photos
    if not any(is_shown(photo, config) for photo in photos) or not output.is_dir():
        raise ConfigError(
            Problem(
                str(output), "no build of this site is known", "build it first", code="not-built"
            )
        )
    plan, _ = make_plan(config, library, engine=str)
    verbatim = tuple(_verbatim(plan))
    return _Rules(
        free=frozenset(photo.original for photo in verbatim),
        free_digests=frozenset(photo.photo.digest for photo in verbatim),
        positions=reader.by_degree(_positions(photos, config)),
        paths=tuple(str(path.resolve()).encode() for path in (site, output)),
    )


def _verbatim(plan: Plan) -> Iterator[PlannedPhoto]:
    """Yield the photos whose originals are published as they are, because somebody wants them so.

    What stands in the place of a drawing is ours.
    """
    for photo in plan.all_photos():
        if photo.original and not photo.scrubbed and photo.photo.format != "SVG":
            yield photo


def _positions(photos: tuple[Photo, ...], config: Config) -> Iterator[tuple[float, float]]:
    """Yield where photos were taken that pages must not say it of."""
    for photo in photos:
        place = photo.metadata.location
        if place is not None and not is_told(photo, config):
            yield place.latitude, place.longitude


def _problems(output: Path, path: str, rules: _Rules) -> Iterator[Problem]:
    """Yield what a file tells, as errors whose text begins with a stable code."""
    if path in rules.free:
        return
    if path.startswith(f"{ARCHIVES}/") and is_zipfile(output / path):
        yield from _in_archive(output, path, rules)
        return
    data = (output / path).read_bytes()
    for finding in (*reader.findings(data), *_on_pages(data, rules)):
        yield Problem(
            f"{output.name}/{path}", f"{finding.kind}: {finding.detail}", code="told-by-site"
        )


def _in_archive(output: Path, path: str, rules: _Rules) -> Iterator[Problem]:
    """Yield what the members of an archive tell, one after the other."""
    with ZipFile(output / path) as archive:
        for member in archive.infolist():
            data = archive.read(member)
            if hashlib.sha256(data).hexdigest() in rules.free_digests:
                continue
            for finding in reader.findings(data):
                where = f"{output.name}/{path}: {member.filename}"
                yield Problem(where, f"{finding.kind}: {finding.detail}", code="told-by-site")


def _on_pages(data: bytes, rules: _Rules) -> Iterator[reader.Finding]:
    if any(reader.names_path(data, path) for path in rules.paths):
        yield reader.Finding("path", "a folder of the machine that built it")
    if (
        rules.positions
        and b"\0" not in data[:4096]
        and reader.names_position(data, rules.positions)
    ):
        yield reader.Finding("location", "where a photo was taken, in its text")
