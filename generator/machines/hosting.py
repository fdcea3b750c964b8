"""What hosts are told and what they refuse: headers, and limits of files and bytes. Pure.

`_headers` is as Netlify (https://docs.netlify.com/routing/headers/) and Cloudflare Pages
(https://developers.cloudflare.com/pages/configuration/headers/) read it: one asterisk in a path,
which stands for anything, and at most 100 rules. Where two rules name the same header, one host
joins the values and the other does not say: so no file has two rules for one header. Neither is a
rule `/static/*`, which one host obeys at `/static-things/` too.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

from msgspec import Struct

from generator.core.routes import ARCHIVES, IMAGE, STATIC, variant_ending

HEADERS_PATH = "_headers"

# Rules, of which a few are left for those who add their own.
_MAX_RULES = 90

# What every answer says; docs/deploy.md tells servers the same.
ALWAYS = {
    # The viewer holds the base of addresses while it shows a photo under that photo's own.
    "Content-Security-Policy": "default-src 'self'; base-uri 'self'; form-action 'none';"
    " frame-ancestors 'self'; object-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
_FOR_EVER = "public, max-age=31536000, immutable"

_IMAGES = f"{IMAGE}/"
# No page is there, and every file has a digest in its name: see routes.asset_path.
_STAMPED = (f"{STATIC}/", f"{ARCHIVES}/")
_SIZED = re.compile(r"-\d+\.\w+")

NO_VARIANTS: Mapping[str, int] = MappingProxyType({})

_COMMENT = (
    "# For Netlify and Cloudflare Pages. What is not named here has their own default:\n"
    "# Cache-Control: public, max-age=0, must-revalidate\n"
)


def headers(paths: Iterable[str], variants: Mapping[str, int] = NO_VARIANTS) -> str:
    """Return the rules for a site of these files: what has a digest in its name never changes.

    Variants that are not among them are counted by how their names end: size and suffix.
    """
    always = "".join(f"  {name}: {value}\n" for name, value in ALWAYS.items())
    lasting = "".join(
        f"{rule}\n  Cache-Control: {_FOR_EVER}\n" for rule in _lasting(paths, variants)
    )
    return f"{_COMMENT}/*\n{always}{lasting}"


def _lasting(paths: Iterable[str], counted: Mapping[str, int]) -> list[str]:
    """Choose patterns that match files with a digest and no other, those of most files first.

    By suffix alone where no other picture has it. Else by the end of the names, which tells the
    size: `falls.1a2b3c4d-1080.jpg` beside `falls.jpg`, unless there is a `pole-1080.jpg`.
    """
    variants = Counter(counted)
    aliases: set[str] = set()
    stamped: Counter[tuple[str, str]] = Counter()
    for path in paths:
        if path.startswith(_IMAGES):
            if ending := variant_ending(path):
                variants[ending] += 1
            else:
                # Some hosts do not tell capitals from small letters.
                aliases.add(path[max(path.rfind("-"), path.rfind("/") + 1) :].lower())
        elif path.startswith(_STAMPED):
            stamped[path[: path.find("/")], path[path.rfind(".") :]] += 1
    others = {pattern for tail in aliases for pattern in _patterns(IMAGE, tail)}
    named: Counter[str] = Counter()
    endings = {(IMAGE, ending): count for ending, count in variants.items()} | stamped
    for (folder, tail), count in endings.items():
        named.update(dict.fromkeys(_patterns(folder, tail), count))
    rules = [pattern for pattern in named if pattern not in others]
    suffixes = {rule for rule in rules if "/*." in rule}
    needed = [rule for rule in rules if rule in suffixes or _suffix_rule(rule) not in suffixes]
    return sorted(needed, key=lambda rule: (-named[rule], rule))[:_MAX_RULES]


def _patterns(folder: str, tail: str) -> Iterator[str]:
    """Yield the patterns that a file with such a name may be matched by, the widest first."""
    yield f"/{folder}/*.{tail.rpartition('.')[2]}"
    if _SIZED.fullmatch(tail):
        yield f"/{folder}/*{tail}"


def _suffix_rule(rule: str) -> str:
    return f"{rule.partition('*')[0]}*.{rule.rpartition('.')[2]}"


class Host(Struct, frozen=True):
    """What a host takes at most, by its own documentation; 0 where that names no limit."""

    name: str
    files: int = 0
    file_bytes: int = 0
    site_bytes: int = 0
    folder_files: int = 0


# https://developers.cloudflare.com/pages/platform/limits/ (of the free plan)
# https://docs.github.com/pages/getting-started-with-github-pages/github-pages-limits
# https://docs.gitlab.com/user/gitlab_com/#gitlab-pages, and for the number of files
# https://docs.gitlab.com/administration/instance_limits/#number-of-files-per-gitlab-pages-website
# https://docs.netlify.com/site-deploys/overview/#files-per-directory-limit
HOSTS = (
    Host("Cloudflare Pages", files=20_000, file_bytes=25 * 1024 * 1024),
    Host("GitHub Pages", site_bytes=10**9),
    Host("GitLab Pages", files=200_000, site_bytes=10**9),
    Host("Netlify", folder_files=54_000),
)


class Refusal(Struct, frozen=True):
    """A host that would not take the site, and why."""

    host: str
    why: str


class Tally(Struct, frozen=True, array_like=True):
    """What hosts look at: files, bytes, the largest file by size and path, and files by folder."""

    files: int = 0
    bytes: int = 0
    largest: tuple[int, str] = (0, "")
    folders: dict[str, int] = {}


def tallied(files: Iterable[tuple[Sequence[str], Sequence[int]]]) -> Tally:
    """Count the files of a site: some paths, with the bytes of each.

    They come as many at a time as are at hand: there may be millions.
    """
    count = total = 0
    largest = (0, "")
    folders: Counter[str] = Counter()
    for paths, sizes in files:
        count += len(sizes)
        total += sum(sizes)
        if sizes and max(sizes) >= largest[0]:
            largest = max(largest, *zip(sizes, paths, strict=True))
        folders.update([path[: max(0, path.rfind("/"))] for path in paths])
    return Tally(count, total, largest, dict(folders))


def crowded(tallies: Iterable[Tally], count: int) -> set[str]:
    """Name, of so many tallies, the folders that may hold more in all than some host takes.

    What does has more than an even share of that in one of them.
    """
    least = min((host.folder_files for host in HOSTS if host.folder_files), default=math.inf)
    return {
        folder
        for tally in tallies
        for folder, files in tally.folders.items()
        if files * count > least
    }


def summed(tallies: Iterable[Tally], crowded: Iterable[str]) -> Tally:
    """Add up, of folders only those that are named: a site has as many as photos."""
    count = total = 0
    largest = (0, "")
    folders = dict.fromkeys(crowded, 0)
    for tally in tallies:
        count += tally.files
        total += tally.bytes
        largest = max(largest, tally.largest)
        for folder in folders:
            folders[folder] += tally.folders.get(folder, 0)
    return Tally(count, total, largest, folders)


def refusals(tally: Tally) -> tuple[Refusal, ...]:
    """Name the hosts that would refuse a site of so much."""
    size, largest = tally.largest
    most, fullest = max(((each, name) for name, each in tally.folders.items()), default=(0, ""))
    found = []
    for host in HOSTS:
        reasons = (
            (tally.files, host.files, f"{tally.files:,} files, of {host.files:,} allowed"),
            (
                tally.bytes,
                host.site_bytes,
                f"{_mb(tally.bytes)}, of {_mb(host.site_bytes)} allowed",
            ),
            (
                size,
                host.file_bytes,
                f"{largest} has {_mb(size)}, of {_mb(host.file_bytes)} allowed",
            ),
            (most, host.folder_files, f"{most:,} files in {fullest}/, of {host.folder_files:,}"),
        )
        why = "; ".join(said for value, limit, said in reasons if limit and value > limit)
        if why:
            found.append(Refusal(host.name, why))
    return tuple(found)


def _mb(count: int) -> str:
    return f"{count / 1e6:,.1f} MB"
