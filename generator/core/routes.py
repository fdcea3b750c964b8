"""Addresses: names from the outside world to paths that are legal, distinct and lasting.

Paths in output/ are told apart as a disk would that ignores case and normalises Unicode, so a
site built on Linux unpacks whole on macOS and Windows.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from slugify import slugify

from generator.core.digest import digest_of
from generator.core.model import Asset

IMAGE = "image"
FULL = "full"
STATIC = "static"
ARCHIVES = "zip"

MAP = "map/"
SEARCH = "search/"
TAGS = "tags/"
YEARS = "years/"

# A file that GitHub Pages asks for anyway tells that a folder is made by us, even if every record
# of ours is lost.
MARK_PATH = ".nojekyll"
MARK = "This folder is made by fastphoto.\n"

# Folders that hold no page, for hosts have rules of their own for them.
FILE_FOLDERS = (STATIC, IMAGE, FULL, ARCHIVES)

# Names at the root that no page of the site's own may have: those, and pages of ours.
RESERVED = frozenset((*FILE_FOLDERS, MAP[:-1], SEARCH[:-1], TAGS[:-1], YEARS[:-1]))

# How the name of a variant ends: see plan.Source.
_VARIANT = re.compile(r"\.[0-9a-f]{8}(-\d+\.\w+)$")

_SLUG_LENGTH = 80
# Names as cameras give them need no transliteration, which takes thirty times as long.
_SIMPLE = re.compile(r"[a-z0-9]+(?:[-_ ][a-z0-9]+)*", re.ASCII)
_HYPHENS = str.maketrans("_ ", "--")
_NAME_BYTES = 200
# Keys of object stores have 1,024 bytes (docs.aws.amazon.com/AmazonS3, object keys), and so have
# paths on macOS; Linux takes 4,096 with the folder that a site lies in.
_PATH_BYTES = 960
# So that variants have room for what their names end with.
_ADDRESS_LENGTH = 800

# https://learn.microsoft.com/windows/win32/fileio/naming-a-file; what turns the direction of text,
# by which a name shows another suffix than it has (Unicode UAX #9, 2.1 to 2.4); what ends a line or
# is no character (Unicode, 23.7).
_ILLEGAL = re.compile(
    r'[<>:"|?*\\\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufdd0-\ufdef\ufeff\ufffe\uffff]'
)
_DEVICE = re.compile(
    r"(?:^|/)(con|prn|aux|nul|com[\d¹²³]|lpt[\d¹²³]|conin\$|conout\$) *(?:\.|/|$)", re.IGNORECASE
)
_PLAIN = re.compile(r"(?:[\w-]+[ .])*[\w-]+(?:/(?:[\w-]+[ .])*[\w-]+)*", re.ASCII)


def slug(name: str) -> str:
    """Return a name for addresses: lower case, Latin letters, digits and hyphens; never empty."""
    lower = name.lower()
    if len(name) <= _SLUG_LENGTH and name.isascii() and _SIMPLE.fullmatch(lower):
        short = lower.translate(_HYPHENS)
    else:
        short = slugify(name, max_length=_SLUG_LENGTH, word_boundary=True)
    if not short:
        return mark(name)
    return f"{short}-" + mark(name) if _DEVICE.search(short) else short


def mark(name: str) -> str:
    """Return six characters that stand for a name, to tell it from its like."""
    return digest_of(name.encode("utf-8", "surrogateescape"))[:6]


def folded(path: str) -> str:
    """Return what a path is told apart by."""
    return path.lower() if path.isascii() else unicodedata.normalize("NFC", path).casefold()


def folders_above(path: str) -> Iterator[str]:
    """Yield the folders above a path, nearest first, without the root."""
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path


def folder_of(path: str) -> str:
    """Return the folder of a path, which is empty for the root."""
    return path.rpartition("/")[0]


def page_address(address: str, number: int) -> str:
    """Return the address of a page of a list that begins at `address`, counted from 1."""
    return f"{address}page-{number}/" if number > 1 else address


def page_slugs(count: int, size: int) -> set[str]:
    """Return the names of all pages but the first of a list of so many photos."""
    return {f"page-{number}" for number in range(2, -(-count // size) + 1)}


def distinct(
    wished: Iterable[str], others: Callable[[int], Sequence[str]], taken: Collection[str] = ()
) -> list[str]:
    """Give each the name it wishes for if nobody else has it; `taken` holds folded paths.

    `others` returns what the one of a number would like instead, best first. All that share a wish
    move on to their next, so that no name depends on the order of files; who runs out of wishes
    gets a mark of the last one, and another of that.
    """
    names = list(wished)
    turn = 0
    while True:
        keys = [folded(name) for name in names]
        count = Counter(keys)
        clashes = [index for index, key in enumerate(keys) if count[key] > 1 or key in taken]
        if not clashes:
            return names
        for index in clashes:
            rest = others(index)[turn:]
            names[index] = rest[0] if rest else with_mark(names[index], f"{turn + 1} {index}")
        turn += 1


def distinct_slugs(names: Sequence[str], taken: Collection[str] = ()) -> list[str]:
    """Give each name a slug that no other has; `taken` holds those that none may have."""
    slugs = [*map(slug, names)]
    return distinct(slugs, lambda number: (f"{slugs[number]}-{mark(names[number])}",), taken)


def with_mark(path: str, identity: str) -> str:
    """Return a path whose last name carries the mark of what it stands for, before its suffix."""
    folder, slash, name = path.rpartition("/")
    stem, dot, suffix = name.rpartition(".")
    if not stem:
        stem, dot, suffix = name, "", ""
    return f"{folder}{slash}{stem}-{mark(identity)}{dot}{suffix}"


def legal(path: str) -> str:
    """Return a path whose every name is legal on all systems; one that was not gets a mark."""
    if len(path) < _NAME_BYTES and _PLAIN.fullmatch(path) and not _DEVICE.search(path):
        return path
    *folders, name = map(_legal_name, path.split("/"))
    whole = "/".join((*folders, name))
    if len(whole.encode()) <= _PATH_BYTES:
        return whole
    return f"{_long_mark(path.rpartition('/')[0])}/{name}"


def page_below(folder: str, name: str, path: str) -> str:
    """Return the address of a page in a folder; `path` is that of what it shows.

    One that would be too long for hosts lies at the root, under a name that no slug is.
    """
    address = f"{folder}{name}/"
    return address if len(address) <= _ADDRESS_LENGTH else f"{name}-{_long_mark(path)}/"


def _long_mark(path: str) -> str:
    """Return a mark of a path for itself alone."""
    return f"-{digest_of(path.encode())[:16]}"


def _legal_name(name: str) -> str:
    safe = _ILLEGAL.sub("_", name).rstrip(". ") or "_"
    if _DEVICE.search(safe):
        safe = f"_{safe}"
    if len(safe.encode()) > _NAME_BYTES:
        stem, dot, suffix = safe.rpartition(".")
        if not dot or len(suffix) > 8:
            stem, dot, suffix = safe, "", ""
        safe = stem.encode()[: _NAME_BYTES - 20].decode(errors="ignore") + dot + suffix
    return safe if safe == name else with_mark(safe, name)


def raw_files(paths: Sequence[str], taken: Collection[str] = ()) -> list[str]:
    """Give files addresses by their own paths, as far as those are legal and distinct.

    A file may not stand where a folder must: of `a.jpg` and `a.jpg/b.jpg` the first is marked.
    """
    names = [*map(legal, paths)]
    folders = {folder for name in names for folder in folders_above(folded(name))}
    return distinct(
        names,
        lambda number: (with_mark(names[number], paths[number]),),
        folders | set(taken),
    )


def alias_files(paths: Sequence[str], suffixes: Sequence[Sequence[str]]) -> list[str]:
    """Give pictures their old-style addresses, below image/.

    A path keeps its suffix if that is among those of what it will hold, else the first of those
    is appended. A name that looks like one of our variants' is marked.
    """
    wished = [
        path if path.lower().endswith(tuple(known)) else path + known[0]
        for path, known in zip(paths, suffixes, strict=True)
    ]
    safe = [with_mark(path, path) if is_variant(path) else path for path in wished]
    return raw_files(safe)


def is_variant(path: str) -> bool:
    """Tell whether a path below image/ is that of a variant, which never changes."""
    return variant_ending(path) != ""


def variant_ending(path: str) -> str:
    """Return the size and suffix that the name of a variant ends with; empty if it is none."""
    found = _VARIANT.search(path)
    return found[1] if found else ""


def asset_path(asset: Asset) -> str:
    """Return the address of a static file, which changes whenever its content does."""
    stem, dot, suffix = asset.name.rpartition(".")
    name = f"{stem}.{asset.digest[:8]}.{suffix}" if dot else f"{asset.name}.{asset.digest[:8]}"
    return legal(f"{STATIC}/{name}")
