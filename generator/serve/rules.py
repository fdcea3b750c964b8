"""What `_headers` and `_redirects` have hosts do, read as hosts read them. Pure."""

import re
from collections.abc import Iterator
from functools import lru_cache

from msgspec import Struct


class HeaderRule(Struct, frozen=True):
    """Headers of every file whose address is matched; one asterisk stands for anything."""

    pattern: str
    headers: tuple[tuple[str, str], ...]


class Redirect(Struct, frozen=True):
    """A former address, and where its visitors are sent."""

    source: str
    target: str


@lru_cache(maxsize=2)
def header_rules(text: str) -> tuple[HeaderRule, ...]:
    """Read `_headers`: a pattern at the margin, its headers indented below it."""
    found: list[tuple[str, list[tuple[str, str]]]] = []
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        if not line[0].isspace():
            found.append((line.strip(), []))
        elif found:
            name, _, value = line.partition(":")
            found[-1][1].append((name.strip(), value.strip()))
    return tuple(HeaderRule(pattern, tuple(headers)) for pattern, headers in found)


def headers_for(text: str, address: str) -> Iterator[tuple[str, str]]:
    """Yield the headers that `_headers` gives to an address."""
    for rule in header_rules(text):
        if _matches(rule.pattern, address):
            yield from rule.headers


@lru_cache(maxsize=256)
def _expression(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, pattern.split("*"))), re.DOTALL)


def _matches(pattern: str, address: str) -> bool:
    return _expression(pattern).fullmatch(address) is not None


@lru_cache(maxsize=2)
def redirects(text: str) -> dict[str, Redirect]:
    """Read `_redirects` by former address; what would lead to another site is passed over."""
    found = {}
    for line in text.splitlines():
        source, _, rest = line.partition(" ")
        target = rest.split(" ")[0]
        if is_local(target):
            found[source] = Redirect(source, target)
    return found


def is_local(address: str) -> bool:
    """Tell whether an address leads to this site, however a browser reads it.

    Browsers take a backslash for a slash, and two slashes for the beginning of another host.
    """
    plain = address.isascii() and address.isprintable() and "\\" not in address
    return plain and address.startswith("/") and not address.startswith("//")
