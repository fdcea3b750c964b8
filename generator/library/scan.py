"""Read a site's sources to a Library: files that did not change since are not opened."""

import posixpath
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from msgspec import Struct, field
from msgspec.structs import force_setattr, replace

from generator.core.digest import digest_of
from generator.core.errors import Problem, Unread
from generator.core.files import is_settled, read_whole
from generator.core.formats import INPUTS
from generator.core.layout import CONTENT, PICTURES, SHIPPED
from generator.core.model import (
    Asset,
    Document,
    Entry,
    Form,
    Library,
    Photo,
    Sidecar,
    Stamp,
    Stray,
    Theme,
    saying,
)
from generator.core.routes import STATIC, folded
from generator.library.photo import Found, is_sidecar, read_files
from generator.library.survey import Survey
from generator.metadata.reading import overlaid
from generator.state.workers import Died, Workers

# Raise by one whenever the same file is read to another Photo or Document.
SCAN_VERSION = 13

# What a sidecar is called whose picture is missing.
LONE_SIDECAR = "XMP sidecar without a picture"

_SMALL = ".min."

# Photographs a process reads between two answers: enough that handing over costs nothing.
_BATCH = 24

Progress = Callable[[int, int], None]
_ReadFiles = Callable[..., list[Found | None]]
_Read = Callable[[Sequence[str]], Iterable[tuple[str, Found | Document | Unread]]]


class Remembered(Struct, frozen=True, array_like=True, gc=False):
    """What a file was read to, its stamp then, and the moment before it was read."""

    stamp: Stamp
    at_ns: int
    value: Found | Document | Unread


# In the place of what is still to be read.
_UNREAD = Stray("")


class Memo(Struct, frozen=True):
    """What earlier builds read, by path below the site; of use to the version that wrote it."""

    version: str
    files: dict[str, Remembered] = field(default_factory=dict)


def memo_version(max_pixels: int, *, svg: bool) -> str:
    """Name everything besides a file that decides what it is read to.

    What was left out for want of a package is read again once that is there.
    """
    extras = (known.package for known in INPUTS if known.package)
    readers = ("pillow", "pillow-heif", "imagecodecs", "markdown", "nh3", "pyyaml", *extras)
    said = (SCAN_VERSION, max_pixels, svg)
    return " ".join([*map(str, said), *map(_version, readers)])


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "-"


def scan(
    survey: Survey, site: Path, memo: Memo, workers: Workers, progress: Progress, *, svg: bool
) -> tuple[Library, tuple[Problem, ...], Memo]:
    """Read all pictures and texts that the memo does not know; the new memo knows them all."""
    read = partial(read_files, pictures=site / PICTURES, svg=svg)
    read_pictures = partial(_read_pictures, read=read, workers=workers, progress=progress)
    files: dict[str, Remembered] = {}
    _read(files, PICTURES, survey.pictures, survey.at_ns, memo, read_pictures)
    _read(
        files,
        CONTENT,
        survey.texts,
        survey.at_ns,
        memo,
        partial(_read_texts, content=site / CONTENT),
    )
    library = library_of(files, read_theme(survey))
    problems = [problem for each in files.values() for problem in _problems(each.value)]
    for name in [name for name, each in files.items() if _is_passing(each.value)]:
        del files[name]
    return library, (*survey.problems, *problems), Memo(memo.version, files)


def _is_passing(value: Found | Document | Unread) -> bool:
    return isinstance(value, Problem | Unread) and value.passing


def _problems(value: Found | Document | Unread) -> tuple[Problem, ...]:
    """Return what is wrong with a file that could not be used."""
    if isinstance(value, Unread):
        return value.problems
    return (value,) if isinstance(value, Problem) else ()


def library_of(files: Mapping[str, Remembered], theme: Theme) -> Library:
    """Put together what the files of a site were read to, by their path below it."""
    values = [each.value for each in files.values()]
    strays = Counter(value.kind for value in values if isinstance(value, Stray))
    sidecars = {
        name.removeprefix(f"{PICTURES}/"): each.value
        for name, each in files.items()
        if isinstance(each.value, Sidecar)
    }
    strays[LONE_SIDECAR] = _lone(sidecars, files)
    return Library(
        photos=_described((each for each in values if isinstance(each, Photo)), sidecars),
        documents=tuple(each for each in values if isinstance(each, Document)),
        theme=theme,
        strays=tuple(sorted((+strays).items())),
        unread=tuple(
            name.removeprefix(f"{CONTENT}/")
            for name, each in files.items()
            if isinstance(each.value, Unread)
        ),
    )


def _described(photos: Iterable[Photo], sidecars: Mapping[str, Sidecar]) -> tuple[Photo, ...]:
    """Add to each photo what its sidecars say, and forget who is in it.

    `falls.jpg.xmp` is about falls.jpg and comes first, `falls.xmp` about every falls.
    """
    known = {
        folded(_stem(path)): sidecars[path].metadata for path in sorted(sidecars, reverse=True)
    }

    def described(photo: Photo) -> Photo:
        if not known and not photo.says("people"):
            return photo
        said = inside = photo.metadata
        for owner in (_stem(photo.path), photo.path):
            if (beside := known.get(folded(owner))) is not None:
                said = overlaid(beside, said)
        if said.people:
            said = replace(said, people=())
        return photo if said == inside else saying(photo, said)

    return tuple(map(described, photos))


def _lone(sidecars: Mapping[str, Sidecar], names: Iterable[str]) -> int:
    """Count the sidecars that have no file of their name beside them."""
    if not sidecars:
        return 0
    paths = [name.removeprefix(f"{PICTURES}/") for name in names if not is_sidecar(name)]
    owners = {folded(owner) for path in paths for owner in (path, _stem(path))}
    return sum(1 for path in sidecars if folded(_stem(path)) not in owners)


def _stem(path: str) -> str:
    return posixpath.splitext(path)[0]


def _read(
    files: dict[str, Remembered],
    folder: str,
    found: Iterable[Entry],
    at_ns: int,
    memo: Memo,
    read: _Read,
) -> None:
    """Add the files of a folder, in order: what the memo knows for certain, and the rest read."""
    unknown: list[str] = []
    forms: dict[Form, Form] = {}
    for entry in found:
        name = f"{folder}/{entry.path}"
        known = memo.files.get(name)
        if known is None or not _is_known(known, entry):
            known = Remembered(entry.stamp, at_ns, _UNREAD)
            unknown.append(entry.path)
        _share_form(known.value, forms)
        files[name] = known
    values: list[tuple[str, Found | Document | Unread]] = []
    for path, value in read(unknown):
        # At once: until the last is read, the forms of all take as much as all else of them.
        _share_form(value, forms)
        values.append((path, value))
    # Last: what is let go once the memo is saved does not lie between what stays.
    for path, value in values:
        name = f"{folder}/{path}"
        files[name] = Remembered(files[name].stamp, at_ns, value)


def _share_form(value: Found | Document | Unread, forms: dict[Form, Form]) -> None:
    """Have a photo hold the same value as those before it of the same form."""
    if isinstance(value, Photo):
        force_setattr(value, "form", forms.setdefault(value.form, value.form))


def _is_known(remembered: Remembered, entry: Entry) -> bool:
    if remembered.stamp != entry.stamp or not is_settled(entry.stamp, remembered.at_ns):
        return False
    value = remembered.value
    if isinstance(value, Photo | Document) and value.path != entry.path:
        return False
    return not isinstance(value, Photo) or _can_be(value)


def _can_be(photo: Photo) -> bool:
    """Tell whether what a photo is remembered to say can be read."""
    try:
        return photo.metadata is not None
    except ValueError:
        return False


def _read_texts(paths: Sequence[str], content: Path) -> Iterator[tuple[str, Document | Unread]]:
    if not paths:
        return
    # Late: Markdown and YAML cost a build that reads no text a thirtieth of its time.
    from generator.library.document import read_document  # noqa: PLC0415

    for path in paths:
        yield path, read_document(path, content)


def _read_pictures(
    paths: Sequence[str], read: _ReadFiles, workers: Workers, progress: Progress
) -> Iterator[tuple[str, Found]]:
    batches = [paths[at : at + _BATCH] for at in range(0, len(paths), _BATCH)]
    if paths:
        progress(0, len(paths))
    for done, found in enumerate(_results(batches, read, workers), 1):
        yield found
        progress(done, len(paths))


def _results(
    batches: Sequence[Sequence[str]], read: _ReadFiles, workers: Workers
) -> Iterator[tuple[str, Found]]:
    again: list[Sequence[str]] = []
    large: list[Sequence[str]] = []
    for batch, values in workers.run(read, batches):
        if isinstance(values, Died):
            again += [[path] for path in batch]
            continue
        for path, value in zip(batch, values, strict=True):
            if value is None:
                large.append([path])
            else:
                yield path, value
    read_alone = partial(read, alone=True)
    for (path,), values in workers.run(read_alone, [*again, *large], lambda batch: 1):
        found = None if isinstance(values, Died) else values[0]
        yield (
            path,
            found
            or Problem(
                f"{PICTURES}/{path}", Died.what, Died.hint, passing=True, code="decoder-died"
            ),
        )


def read_theme(survey: Survey) -> Theme:
    """Read the theme: of files with the same name, the one in the first folder counts.

    `x.min.js` goes by the name of `x.js`, which beside it is there for people.
    """
    chosen: dict[str, Path] = {}
    for folder, found in survey.theme:
        files = {entry.path for entry in found}
        for name in {file.replace(_SMALL, ".") for file in files}:
            stem, dot, suffix = name.rpartition(".")
            small = f"{stem}.min{dot}{suffix}"
            chosen.setdefault(name, Path(folder, small if small in files else name))
    assets: list[Asset] = []
    templates: dict[str, bytes] = {}
    for name, file in sorted(chosen.items()):
        body = read_whole(file)
        if name.startswith(f"{STATIC}/"):
            assets.append(Asset(name.removeprefix(f"{STATIC}/"), str(file), digest_of(body)))
        else:
            templates[name] = body
    templates.update(_overridden(survey, chosen))
    digest = digest_of(
        *(part for name, body in templates.items() for part in (name.encode(), body))
    )
    ours = Path(survey.theme[-1][0])
    own = (name for name, file in chosen.items() if not file.is_relative_to(ours))
    return Theme(templates, digest, tuple(assets), tuple(sorted(templates.keys() & own)))


def _overridden(survey: Survey, chosen: Mapping[str, Path]) -> Iterator[tuple[str, bytes]]:
    """Yield our templates that the site has its own of, for those to extend."""
    folder, found = survey.theme[-1]
    for entry in found:
        name, ours = entry.path, Path(folder)
        if not name.startswith(f"{STATIC}/") and chosen[name] != ours / name:
            yield f"{SHIPPED}/{name}", read_whole(ours / name)
