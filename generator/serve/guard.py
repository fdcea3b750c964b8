"""Who may ask: pages of this server's own, by a name of this machine's. Pure.

A page of another site can have a browser ask any address, also by a name of its own that it lets
point to this machine (DNS rebinding). Both tell by what the browser says of itself.
"""

import ipaddress
from collections.abc import Collection

from generator.serve.wire import split_host

LOOPBACK = frozenset(("localhost", "127.0.0.1", "[::1]"))


def is_loopback(host: str) -> bool:
    """Tell whether an address to listen at is reached from this machine only."""
    return host == "localhost" or bool((known := _address(host)) and known.is_loopback)


def names_of(host: str) -> frozenset[str] | None:
    """Return the names to be asked by, of a server that listens at an address.

    None if it listens everywhere: it cannot know its addresses then, but rebinding takes a name.
    """
    known = _address(host)
    if known is not None and known.is_unspecified:
        return None
    return LOOPBACK | {f"[{host}]" if ":" in host else host.lower()}


def is_known(host: str, names: Collection[str] | None) -> bool:
    """Tell whether a Host, with or without its port, is one of ours."""
    name, _ = split_host(host)
    if names is not None:
        return name in names
    return name in LOOPBACK or _address(name.strip("[]")) is not None


def is_own(origin: str, host: str) -> bool:
    """Tell whether an Origin is that of our own pages, asked for by such a Host."""
    return origin.startswith("http://") and origin[7:].lower() == host.lower()


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
