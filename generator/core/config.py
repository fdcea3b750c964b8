"""site.toml to Config: every key has a default, every fault is reported at once with its line."""

import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, cast, get_args

import msgspec
from msgspec import Meta, Struct, field

from generator.core.errors import ConfigError, Problem, in_words
from generator.core.layout import SETTINGS
from generator.core.model import Layout
from generator.core.text import clean_text

Pixels = Annotated[int, Meta(ge=16, le=16_383)]
Quality = Annotated[int, Meta(ge=1, le=100)]
FormatName = Literal["avif", "webp", "jpeg", "png"]
Sort = Literal["taken", "name"]
Originals = Literal["verbatim", "scrub", "none"]
RightsField = Literal["creator", "credit", "copyright", "license"]
# Language, script, region and variants, as BCP 47 has them and browsers insist on.
LanguageTag = Annotated[
    str,
    Meta(
        pattern=r"^[a-z]{2,3}(-[A-Za-z]{4})?(-([A-Za-z]{2}|[0-9]{3}))?"
        r"(-([A-Za-z0-9]{5,8}|[0-9][A-Za-z0-9]{3}))*\Z"
    ),
]
BaseUrl = Annotated[str, Meta(pattern=r"^(https?://[\w.-]+(:\d+)?(/[^\s?#\[\]]*)?)?\Z")]


class SiteSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """[site]: what the site says of itself."""

    title: str = "Photographs"
    description: str = ""
    author: str = ""
    language: LanguageTag = "en"
    base_url: BaseUrl = ""
    license: str = ""
    icon: str = ""


class QualitySettings(Struct, frozen=True, forbid_unknown_fields=True):
    """[images.quality]: encoder quality of each format, 1 to 100."""

    avif: Quality = 64
    webp: Quality = 82
    jpeg: Quality = 75


class ImageSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """[images]: which variants are made, and how."""

    max_dimensions: Annotated[tuple[Pixels, ...], Meta(min_length=1)] = (
        320,
        480,
        720,
        1080,
        1620,
        2430,
    )
    default_dimension: Pixels = 1080
    formats: Annotated[tuple[FormatName, ...], Meta(min_length=1)] = ("avif", "jpeg")
    quality: QualitySettings = field(default_factory=QualitySettings)
    effort: Literal["fast", "balanced", "small"] = "fast"
    light: Literal["gamma", "linear"] = "gamma"
    profile: Literal["keep", "srgb"] = "keep"
    originals: Originals = "verbatim"
    rights: tuple[RightsField, ...] = ("creator", "credit", "copyright", "license")
    max_pixels: Annotated[int, Meta(ge=1, le=2**40)] = 200_000_000
    svg: bool = False


class AlbumSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """[albums]: what the front matter of one overrides, and which files are passed over."""

    sort: Sort = "taken"
    reverse: bool = False
    layout: Layout = "rows"
    download: bool = False
    ignore: tuple[str, ...] = (".*", "Thumbs.db", "desktop.ini", "@eaDir", "*.tmp", "*.part")


class PrivateZone(Struct, frozen=True, forbid_unknown_fields=True):
    """A circle of which pages do not say that photos were taken there; the radius is in km."""

    latitude: Annotated[float, Meta(ge=-90, le=90)]
    longitude: Annotated[float, Meta(ge=-180, le=180)]
    radius_km: Annotated[float, Meta(gt=0, le=20_000)]


class GallerySettings(Struct, frozen=True, forbid_unknown_fields=True):
    """[gallery]: what the pages show."""

    links: Literal["directory", "file"] = "directory"
    show_location: bool = False
    map: bool = False
    private_zones: tuple[PrivateZone, ...] = ()
    min_rating: Annotated[int, Meta(ge=-1, le=5)] = -1
    min_alt: Annotated[int, Meta(ge=0, le=100)] = 0
    page_size: Annotated[int, Meta(ge=1)] = 500


class FeedSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """[feeds]: what the feed of the whole site tells of."""

    items: Literal["album", "photo"] = "album"


class BuildSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """[build]: how much of the machine a build may use; memory is in megabytes of pixels."""

    jobs: Annotated[int, Meta(ge=0, le=1024)] = 0
    max_memory: Annotated[int, Meta(ge=0, le=2**30)] = 0


class Config(Struct, frozen=True, forbid_unknown_fields=True):
    """All settings of a site."""

    site: SiteSettings = field(default_factory=SiteSettings)
    images: ImageSettings = field(default_factory=ImageSettings)
    albums: AlbumSettings = field(default_factory=AlbumSettings)
    gallery: GallerySettings = field(default_factory=GallerySettings)
    feeds: FeedSettings = field(default_factory=FeedSettings)
    build: BuildSettings = field(default_factory=BuildSettings)


def load_config(site: Path) -> Config:
    """Read the settings of a site folder; ConfigError names every faulty key with its line."""
    path = site / SETTINGS
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        return Config()
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise ConfigError(
            Problem(
                f"{SETTINGS}:{line}", "not UTF-8", "save it as UTF-8", code="unreadable-settings"
            )
        ) from None
    except OSError as error:
        raise ConfigError(
            Problem(SETTINGS, f"cannot be read: {error.strerror}", code="unreadable-settings")
        ) from None
    return parse_config(text)


def stated_keys(site: Path) -> dict[str, int]:
    """Return the keys that a site's settings file sets, as `images.formats`, with their lines.

    The file must be one that `load_config` reads.
    """
    try:
        text = (site / SETTINGS).read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        return {}
    return {".".join(path): _line(text, path) for path in _leaves(tomllib.loads(text), ())}


def _leaves(table: Mapping[str, Any], where: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _leaves(value, (*where, key))
        else:
            yield (*where, key)


def _unreadable(said: str, text: str) -> Problem:
    """Say in which line settings cannot be understood, and what is often meant."""
    found = re.fullmatch(r"(.+) \(at line (\d+), column \d+\)", said, re.DOTALL)
    what, place = (found[1], f"{SETTINGS}:{found[2]}") if found else (said, SETTINGS)
    if found and what == "Cannot overwrite a value":
        key = text.split("\n")[int(found[2]) - 1].partition("=")[0].strip()
        return Problem(place, f"{key} stands twice", "remove one", code="unreadable-settings")
    hint = "texts stand in quotes, numbers and true or false without, and [name] begins a table"
    return Problem(place, f"not valid TOML: {what}", hint, code="unreadable-settings")


def parse_config(text: str) -> Config:
    """Turn the text of a settings file into a Config; ConfigError lists all that is wrong."""
    try:
        table = tomllib.loads(text)
    except ValueError as error:
        raise ConfigError(_unreadable(str(error), text)) from None
    except RecursionError:
        raise ConfigError(_unreadable("nested too deeply", text)) from None
    if problems := list(_faults(table, Config, (), text)):
        raise ConfigError(problems)
    return _tidied(msgspec.convert(table, Config, strict=True))


def _tidied(config: Config) -> Config:
    """Put lists in order, each value once, and make words harmless, which lead into every page."""
    site, images = config.site, config.images
    words = {
        name: clean_text(getattr(site, name))
        for name in ("title", "description", "author", "license")
    }
    ladder = tuple(sorted(set(images.max_dimensions)))
    formats = tuple(dict.fromkeys(images.formats))
    rights = tuple(dict.fromkeys(images.rights))
    tidy = msgspec.structs.replace(images, max_dimensions=ladder, formats=formats, rights=rights)
    return msgspec.structs.replace(config, site=msgspec.structs.replace(site, **words), images=tidy)


def _faults(
    table: Mapping[str, Any], kind: type[Struct], where: tuple[str, ...], text: str
) -> Iterator[Problem]:
    known = {each.name: each.type for each in msgspec.structs.fields(kind)}
    for key, value in table.items():
        path = (*where, key)
        place = f"{SETTINGS}:{_line(text, path)}"
        name = ".".join(path)
        if key not in known:
            near = get_close_matches(key, known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"known here: {', '.join(known)}"
            yield Problem(place, f"unknown setting {name!r}", hint, code="unknown-setting")
        elif isinstance(value, dict) and _is_table(known[key]):
            yield from _faults(value, cast(type[Struct], known[key]), path, text)
        elif isinstance(value, list) and (item := _item(known[key])):
            yield from _faults_in_list(value, item, path, text)
        else:
            try:
                msgspec.convert(value, known[key], strict=True)
            except msgspec.ValidationError as error:
                said = in_words(error, known[key])
                yield Problem(place, f"{name}: {said}", _remedy(name, value), code="wrong-setting")


def _faults_in_list(
    values: Sequence[object], kind: type[Struct], where: tuple[str, ...], text: str
) -> Iterator[Problem]:
    """Yield the faults of the tables in a list, with the place of each table in it."""
    for number, value in enumerate(values):
        for key, what in _faults_of_item(value, kind):
            place = f"{SETTINGS}:{_line(text, (*where, number, *key))}"
            name = ".".join(where)
            said = f"{name}: {what} (in place {number + 1})"
            yield Problem(place, said, _EXAMPLES.get(name, ""), code="wrong-setting")


def _faults_of_item(value: object, kind: type[Struct]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield the faulty keys of a table, each with what is wrong; no key for what is missing.

    Where one is not known, another is not missing: its name is misspelled.
    """
    if not isinstance(value, dict):
        yield (), "expected a table"
        return
    fields = msgspec.structs.fields(kind)
    known = {each.name: each.type for each in fields}
    for key, inner in value.items():
        if key not in known:
            yield (key,), f"unknown setting {key!r}"
            continue
        try:
            msgspec.convert(inner, known[key], strict=True)
        except msgspec.ValidationError as error:
            yield (key,), f"{key}: {in_words(error, known[key])}"
    for each in fields if value.keys() <= known.keys() else ():
        if each.required and each.name not in value:
            yield (), f"{each.name} is missing"


def _item(kind: object) -> type[Struct] | None:
    """Return what a list holds if that is tables, else nothing."""
    return next((cast(type[Struct], each) for each in get_args(kind) if _is_table(each)), None)


def _is_table(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, Struct)


def _remedy(name: str, value: object) -> str:
    """Say how a value should have been written."""
    if name == "site.base_url" and _BARE_HOST.match(str(value)):
        return f"https:// is missing: write https://{str(value).lstrip('/')}"
    return _EXAMPLES.get(name, "")


# A host has a dot, or it is this machine.
_BARE_HOST = re.compile(r"(//)?(localhost|[\w-]+(\.[\w-]+)+)(:\d+)?(/[^\s?#\[\]]*)?\Z")
_EXAMPLES = {
    "gallery.private_zones": "such as [{ latitude = 52.5, longitude = 13.4, radius_km = 5 }]",
    "site.base_url": "such as https://example.org/photos/",
    "site.language": "such as en or pt-BR",
}


def _line(text: str, path: tuple[str | int, ...]) -> int:
    """Find the line of a key, for tomllib does not say; else that of the table it is in.

    Of tables in a list, numbers in the path count from 0.
    """
    table: tuple[str | int, ...] = ()
    best, best_depth = 1, 0
    count = Counter[tuple[str | int, ...]]()
    for number, line in enumerate(text.splitlines(), 1):
        here: tuple[str | int, ...]
        header = re.match(r"\s*\[+\s*([^\]]+?)\s*\]+", line)
        assignment = re.match(r"\s*([\w\s.\"'-]+?)\s*=", line)
        if header:
            here = _names(header[1])
            if line.lstrip().startswith("[["):
                count[here] += 1
                here = (*here, count[here] - 1)
            table = here
        elif assignment:
            here = table + _names(assignment[1])
        else:
            continue
        if here[: len(path)] == path:
            return number
        if here == path[: len(here)] and len(here) > best_depth:
            best, best_depth = number, len(here)
    return best


def _names(key: str) -> tuple[str, ...]:
    return tuple(name.strip().strip("\"'") for name in key.split("."))
