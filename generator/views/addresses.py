"""Addresses as they are written: relative to a page, or whole where a standard asks for that."""

import re
from functools import cache
from urllib.parse import quote, urlsplit

from generator.views.values import Site

# What may stand in a path beside letters, digits and -._~ (RFC 3986, 3.3), and what is encoded.
_IN_PATHS = "/%:@!$&'()*+,;="


# What no address holds as it is (RFC 3986, 2.1; letters of all scripts as RFC 3987 has them), and
# how one begins that leads to a host.
_UNWRITTEN = re.compile(r"[\s\"<>\[\\\]^`{|}\0-\x20\x7f]|%(?![0-9A-Fa-f]{2})")
_HOSTED = re.compile(r"(?i:https?:)?//([^/?#]*)")
_HOST = re.compile(
    r"(?:[\w.~%-]+@)?[\w-]+(?:\.[\w-]+)*\.?(?::\d{1,5})?|\[[\da-fA-F:.]+\](?::\d{1,5})?"
)

# How what is no address of a page begins (HTML, 8.4.4: javascript: URLs; RFC 2397).
_RUNS = re.compile(r"[\0-\x20]*(?:javascript|vbscript|data)[\0-\x20]*:", re.IGNORECASE)


def web_address(target: str) -> str:
    """Return an address outside the site as links have it; empty if no browser knows the host."""
    hosted = _HOSTED.match(target)
    if hosted is None:
        is_web = target.casefold().startswith(("http:", "https:"))
        return "" if is_web else _UNWRITTEN.sub(_percent, target)
    rest = _UNWRITTEN.sub(_percent, target[hosted.end() :])
    return f"{hosted[0]}{rest}" if _HOST.fullmatch(hosted[1]) else ""


def _percent(found: re.Match[str]) -> str:
    return quote(found[0])


def as_content(text: str) -> str:
    """Return a text as the content of a `meta` element, where readers may look for an address.

    In quotation marks if it begins like one that runs.
    """
    return (
        f"\N{LEFT DOUBLE QUOTATION MARK}{text}\N{RIGHT DOUBLE QUOTATION MARK}"
        if _RUNS.match(text)
        else text
    )


def link_address(address: str, site: Site) -> str:
    """Return an address as links have it: with the name of the file where the settings ask."""
    path, hash_mark, fragment = address.partition("#")
    if site.links == "file" and (not path or path.endswith("/")):
        path += "index.html"
    return path + hash_mark + fragment


def absolute(address: str, site: Site) -> str:
    """Make an address of the site absolute; empty if the site does not know its own."""
    return f"{_base(site.base_url)}{link_address(address, site)}" if site.base_url else ""


@cache
def _base(base_url: str) -> str:
    """Return where the site lies, in ASCII and with a slash at its end (RFC 3986, RFC 3490)."""
    parts = urlsplit(base_url)
    return f"{parts.scheme}://{_ascii(parts.netloc)}{_path(base_url)}"


def base_path(site: Site) -> str:
    """Return the path of where the site lies on its host: `/` if it does not know."""
    return _path(site.base_url)


@cache
def _path(base_url: str) -> str:
    return quote(urlsplit(base_url).path.rstrip("/"), safe=_IN_PATHS) + "/"


def host(site: Site) -> str:
    """Return the name of the host that the site lies on, without a port."""
    return _ascii(urlsplit(site.base_url).netloc).partition(":")[0]


@cache
def _ascii(netloc: str) -> str:
    name, colon, port = netloc.partition(":")
    try:
        return name.encode("idna").decode() + colon + port
    except UnicodeError:
        return quote(netloc, safe=":")
