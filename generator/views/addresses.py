"""Addresses as they are written: relative to a page, or whole where a standard asks for that."""

from functools import cache
from urllib.parse import quote, urlsplit

from generator.views.values import Site

# What may stand in a path beside letters, digits and -._~ (RFC 3986, 3.3), and what is encoded.
_IN_PATHS = "/%:@!$&'()*+,;="


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
