"""The settings and texts of a sigal site, and what they are called here. Nothing of it is run.

As https://sigal.saimon.org has them: configuration, album information, image information.
"""

import ast
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from msgspec import Struct

from generator.core.config import AlbumSettings, ImageSettings, parse_config
from generator.core.errors import ConfigError, Problem
from generator.core.text import clean_text, is_unicode
from generator.start.settings import settings_text

# What sigal takes for pictures, and where it looks, unless its settings say otherwise.
IMG_EXTENSIONS = (".jpg", ".jpeg", ".png", ".gif", ".heic", ".tif", ".tiff", ".webp")
SOURCE = "source"

# What says by patterns of paths what it passes over.
IGNORING = ("ignore_directories", "ignore_files")

_SAME = {
    "title": "site.title",
    "author": "site.author",
    "html_language": "site.language",
    "copyright": "site.license",
    "max_img_pixels": "images.max_pixels",
    "medias_sort_reverse": "albums.reverse",
}

# What is done by itself, or has nothing to do.
_NEEDLESS = frozenset(
    "source destination img_extensions img_processor autorotate_images make_thumbs thumb_dir"
    " thumb_prefix thumb_suffix thumb_size thumb_fit thumb_fit_centering orig_dir orig_link"
    " rel_link datetime_format display_timestamp locale write_html output_filename autoplay"
    " galleria_theme colorbox_column_size leaflet_provider map_height photobook_map_provider"
    " compress_assets_options feeds plugins zip_media_format zip_skip_if_exists".split()
)
HIDING = "sigal.plugins.nomedia"
_NEEDLESS_PLUGINS = frozenset(
    f"sigal.plugins.{name}"
    for name in (
        "compress_assets copyright extended_caching feeds media_page nomedia zip_gallery".split()
    )
)

# What is so here too.
_AS_HERE = {"albums_sort_attr": "name"}

_WHY = {
    "theme": "the pages have a theme of their own",
    "user_css": "write templates/static/user.css",
    "show_map": "gallery.map draws one",
    "copy_exif_data": "only the fields of images.rights are kept",
    "albums_sort_attr": "albums stand by name",
    "albums_sort_reverse": "albums stand by name",
    "links": "write them into content/index.md",
    "files_to_copy": "put them beside output/ when it is deployed",
    "encrypt_options": "nothing here is encrypted",
    "sigal.plugins.encrypt": "nothing here is encrypted: everybody can see it",
    "sigal.plugins.watermark": "pictures carry no mark",
}
_NOTHING = "nothing here does that"


# What our front matter calls the keys of texts. The first text's title is that of the site.
OF_SITE = {"thumbnail": "cover"}
OF_ALBUMS = {"title": "title", "thumbnail": "cover"}
OF_PICTURES = {"title": "title", "date": "date"}


class Given(Struct, frozen=True):
    """The plain values of a settings file by name, and the lines that hold something else."""

    values: dict[str, Any]
    other_lines: tuple[int, ...]


class Translated(Struct, frozen=True):
    """Our settings, and what of sigal's has no equivalent here, each with a reason."""

    chosen: dict[str, object]
    left: tuple[str, ...]


class Text(Struct, frozen=True):
    """A text with front matter of ours, and the keys of sigal's that are not in it."""

    text: str
    title: str
    left: tuple[str, ...]


def read_settings(file: Path) -> Given:
    """Read what a settings file assigns, without running it; ConfigError if it is no Python."""
    try:
        tree = ast.parse(file.read_bytes())
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        place = f"{file}:{error.lineno}" if isinstance(error, SyntaxError) else str(file)
        what = "is no settings file of sigal: it is not valid Python"
        raise ConfigError(Problem(place, what, code="unreadable-sigal")) from None
    values: dict[str, Any] = {}
    others: list[int] = []
    for statement in tree.body:
        try:
            values.update(_assigned(statement))
        except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
            others.append(statement.lineno)
    return Given(values, tuple(others))


def _assigned(statement: ast.stmt) -> dict[str, Any]:
    """Return what a statement gives to which names; ValueError if that is no plain value."""
    match statement:
        case ast.Assign(targets=targets, value=value):
            names = [target.id for target in targets if isinstance(target, ast.Name)]
            if len(names) < len(targets):
                raise ValueError("no names")
            return dict.fromkeys(names, ast.literal_eval(value))
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
            return {name: ast.literal_eval(value)}
        case ast.Expr(value=ast.Constant()):
            return {}
    raise ValueError("not a value")


def translated(given: Given, hidden: tuple[str, ...]) -> Translated:
    """Say the settings of a site in our words; `hidden` are patterns of what its `.nomedia` files
    name.

    As there, originals are not published and photos stand by name, unless the settings say so.
    """
    values = given.values
    chosen: dict[str, object] = {}
    done: set[str] = set()
    unfit: dict[str, str] = {}
    for translate in (_same, _sizes, _formats, _originals, _order, _ignored(hidden), _pages):
        for name, key, value in translate(values):
            if _fits(key, value):
                chosen[key] = value
                done.add(name)
            else:
                unfit[name] = f"no value of {key}"
    left = [
        f"{name} ({unfit.get(name) or _WHY.get(name, _NOTHING)})"
        for name, value in values.items()
        if value and name not in done | _NEEDLESS and value != _AS_HERE.get(name)
    ]
    left += _plugins(values.get("plugins"))
    left += [f"line {line} of its settings (not a plain value)" for line in given.other_lines]
    return Translated(chosen, tuple(left))


_Found = Iterator[tuple[str, str, object]]


def _fits(key: str, value: object) -> bool:
    """Tell whether a key of ours can have a value."""
    try:
        parse_config(settings_text({key: value}))
    except (ConfigError, TypeError, OverflowError, UnicodeEncodeError):
        return False
    return True


def _same(values: Mapping[str, Any]) -> _Found:
    for name, key in _SAME.items():
        if values.get(name):
            yield name, key, values[name]


def _sizes(values: Mapping[str, Any]) -> _Found:
    """Make no picture larger than there: who chose a size had a reason."""
    match values.get("img_size"):
        case (int(width), int(height)) if not values.get("use_orig"):
            ours, longest = ImageSettings(), max(width, height)
            steps = [step for step in ours.max_dimensions if step < 0.9 * longest]
            yield "img_size", "images.max_dimensions", [*steps, longest]
            if longest < ours.default_dimension:
                yield "img_size", "images.default_dimension", longest


def _formats(values: Mapping[str, Any]) -> _Found:
    formats = {"JPEG": ["avif", "jpeg"], "WEBP": ["avif", "webp"], "AVIF": ["avif", "jpeg"]}
    wanted = str(values.get("img_format")).upper()
    if wanted in formats:
        yield "img_format", "images.formats", formats[wanted]
    match values.get("jpg_options"):
        case {"quality": int(quality)}:
            yield "jpg_options", "images.quality.jpeg", quality


def _originals(values: Mapping[str, Any]) -> _Found:
    kept = [name for name in ("use_orig", "keep_orig") if values.get(name)]
    for name in kept or [""]:
        yield name, "images.originals", "verbatim" if kept else "none"


def _order(values: Mapping[str, Any]) -> _Found:
    name = "medias_sort_attr"
    known = {"filename": "name", "name": "name", "date": "taken"}
    yield name, "albums.sort", known.get(str(values.get(name, "filename")))


def _ignored(hidden: tuple[str, ...]) -> Callable[[Mapping[str, Any]], _Found]:
    """Pass over what is passed over there: patterns of whole paths, which begin with a slash."""

    def translate(values: Mapping[str, Any]) -> _Found:
        patterns = [*hidden]
        for name in IGNORING:
            patterns += strings(values.get(name))
            # What no settings can say is the name of no file that could be published.
            whole = [f"/{each.strip('/')}" for each in patterns if is_unicode(each)]
            if whole:
                yield name, "albums.ignore", [*AlbumSettings().ignore, *whole]

    return translate


def strings(value: object) -> list[str]:
    """Return what a list holds, as texts; nothing of what is no list."""
    return [str(each) for each in value] if isinstance(value, list | tuple | set) else []


def _pages(values: Mapping[str, Any]) -> _Found:
    if values.get("index_in_url"):
        yield "index_in_url", "gallery.links", "file"
    if values.get("zip_gallery"):
        yield "zip_gallery", "albums.download", True


def _plugins(value: object) -> Iterator[str]:
    for name in strings(value):
        if name not in _NEEDLESS_PLUGINS:
            yield f"{name} ({_WHY.get(name, _NOTHING)})"


def translated_text(text: str, names: Mapping[str, str]) -> Text:
    """Turn a text with lines of `Key: value` above it into one with front matter of ours.

    `names` are those of ours for keys of sigal's.
    """
    # Late, for it is felt, and only this needs it.
    import markdown  # noqa: PLC0415
    from markdown.extensions.meta import MetaPreprocessor  # noqa: PLC0415

    reader = markdown.Markdown()
    body = "\n".join(MetaPreprocessor(reader).run(text.splitlines())).strip()
    said = {key: " ".join(lines).strip() for key, lines in vars(reader).get("Meta", {}).items()}
    values = said | {"date": _date(said.get("date", ""))}
    matter = {name: values[key] for key, name in names.items() if values.get(key)}
    left = [key for key, value in said.items() if value and names.get(key) not in matter]
    return Text(_written(matter, body), said.get("title", ""), tuple(left))


def _date(text: str) -> str:
    """Return a date if it is one that front matter may hold; else nothing."""
    try:
        return datetime.fromisoformat(text).isoformat() if text else ""
    except ValueError:
        return ""


def _written(matter: Mapping[str, str], body: str) -> str:
    """Write front matter, whose values are JSON, which is YAML too, above a text."""
    lines = [
        f"{key}: {json.dumps(clean_text(value), ensure_ascii=False)}\n"
        for key, value in matter.items()
    ]
    fence = "---\n" if lines or body.startswith("---") else ""
    return f"{fence}{''.join(lines)}{fence}{body}\n" if fence or body else ""
