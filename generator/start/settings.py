"""A settings file that explains itself: every key with what it does and its default. Pure."""

from collections.abc import Iterator, Mapping

import msgspec
from msgspec import Struct

from generator.core.config import Config

# What each key is for, in one line; a test holds them against the settings there are.
EXPLAINED = {
    "site.title": "The name of the site.",
    "site.description": "A sentence for search engines.",
    "site.author": "Whose pictures these are; stands in the footer.",
    "site.language": "The language of your words, such as en, de or pt-BR.",
    "site.base_url": "Where the site will be, such as https://example.org/photos/; "
    "feeds and previews in chats need it.",
    "site.license": "Stands in the footer; an address is the licence of photos that name none.",
    "site.icon": "A picture in pictures/, such as iceland/falls.jpg; else the first letter.",
    "images.max_dimensions": "Longest sides of the sizes that each picture comes in, in pixels.",
    "images.default_dimension": "Longest side of the picture under its lasting address.",
    "images.formats": 'Formats of those: "avif", "webp", "jpeg", "png".',
    "images.quality.avif": "1 to 100.",
    "images.quality.webp": "1 to 100.",
    "images.quality.jpeg": "1 to 100.",
    "images.effort": '"fast", "balanced" or "small": smaller files take longer.',
    "images.light": 'What resampling averages: "gamma", or "linear" light.',
    "images.profile": '"keep" wide gamuts as Display P3, or make everything "srgb".',
    "images.originals": '"verbatim" publishes them as they are, locations and all; '
    '"scrub" without; "none" not at all.',
    "images.rights": "What large variants and scrubbed originals say of whose they are.",
    "images.max_pixels": "Larger pictures are refused.",
    "images.svg": "Whether SVG files are published, cleaned of what may do harm.",
    "albums.sort": 'The order of photos: "taken" or "name".',
    "albums.reverse": "Whether the newest, or the last name, comes first.",
    "albums.layout": '"rows", "square", "columns" or "story".',
    "albums.download": "Whether each album offers its photos in one ZIP file.",
    "albums.ignore": "Names of files and folders that are passed over.",
    "gallery.links": '"directory", or "file" for sites that are opened without a server.',
    "gallery.show_location": "Whether pages show where photos were taken.",
    "gallery.map": "Whether there is a map of where photos were taken, to about a kilometre.",
    "gallery.private_zones": "Circles of which no page tells, such as "
    "[{ latitude = 52.5, longitude = 13.4, radius_km = 5 }].",
    "gallery.min_rating": "Photos rated lower are left out: 1 to 5; 0 unrated, -1 rejected.",
    "gallery.min_alt": "Warn if fewer photos than this, in per cent, are put in words.",
    "gallery.page_size": "Photos on a page.",
    "feeds.items": 'What the feed tells of: each "album" or each "photo".',
    "build.jobs": "Processes that render; 0 is one a core.",
    "build.max_memory": "Megabytes of pixels decoded at once; 0 is 256 for each process, "
    "and at least 512.",
}

_HEAD = "# Every key with its default: to change one, remove the # in front of it.\n"


def settings_text(chosen: Mapping[str, object]) -> str:
    """Return the text of a settings file: keys of `chosen` are set, all others are comments."""
    return "\n".join((_HEAD, *_tables(Config(), "", chosen)))


def _tables(value: Struct, prefix: str, chosen: Mapping[str, object]) -> Iterator[str]:
    """Yield the lines of a table, and then of those within: TOML wants its own keys first."""
    fields = {name: getattr(value, name) for name in value.__struct_fields__}
    for name, default in fields.items():
        if not isinstance(default, Struct):
            key = f"{prefix}{name}"
            mark = "" if key in chosen else "#"
            yield f"# {EXPLAINED.get(key, '')}\n{mark}{name} = {as_toml(chosen.get(key, default))}"
    if prefix:
        yield ""
    for name, inner in fields.items():
        if isinstance(inner, Struct):
            yield f"[{prefix}{name}]"
            yield from _tables(inner, f"{prefix}{name}.", chosen)


def as_toml(value: object) -> str:
    """Write a value as TOML, of which the JSON of text, numbers, truth and lists is a part."""
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(as_toml, value))}]"
    return msgspec.json.encode(value).decode().replace("\x7f", "\\u007f")
