"""Pages as they go over the wire: with scripts that the files never have. Pure."""

import re
from html import escape, unescape
from urllib.parse import quote, unquote_to_bytes, urlencode

from msgspec import Struct

from generator.core.digest import digest_of

# Names that begin with a dot are never those of a site's own files.
RESERVED = ".fastphoto"
SCRIPT = "livereload.js"
SOCKET = "/livereload"
STATE = f"/{RESERVED}/state.json"
PROBLEMS = f"{RESERVED}/problems.html"
UPLOAD = f"{RESERVED}/upload.html"

_LINK = re.compile(rb"<link\b[^>]*>", re.IGNORECASE)
_STYLESHEET = re.compile(rb"""\brel\s*=\s*["']?stylesheet\b""", re.IGNORECASE)
_HREF = re.compile(rb"""(\bhref\s*=\s*)(?:"([^"]*)"|'([^']*)'|([^\s>"']+))""", re.IGNORECASE)
_END_OF_HEAD = re.compile(rb"</head\s*>", re.IGNORECASE)

# After the server was away, pages try to find it again at least this often.
_RETRY_MS = 2000


class Showing(Struct, frozen=True):
    """What an open page shows: its file, a digest of all but its stylesheets, and those."""

    page: str = ""
    digest: str = ""
    styles: tuple[str, ...] = ()


def showing(page: str, html: bytes, token: str = "") -> Showing:
    """Return what a page shows; two that differ in addresses of stylesheets share their digest."""
    styles: list[str] = []

    def without_address(link: re.Match[bytes]) -> bytes:
        href = _HREF.search(link[0])
        if href is None or not _STYLESHEET.search(link[0]):
            return link[0]
        value = next(each for each in href.groups()[1:] if each is not None)
        styles.append(unescape(value.decode("utf-8", "replace")))
        return link[0][: href.start()] + link[0][href.end() :]

    rest = _LINK.sub(without_address, html)
    return Showing(page, digest_of(rest + token.encode()), tuple(styles))


def with_scripts(html: bytes, shown: Showing, host: str, album: tuple[str, str] | None) -> bytes:
    """Add the scripts of the desk to a page, as the last of its head.

    `host` is the one that the browser asked, with its port. `album` is the folder that pictures
    may be dropped into and the token that they need, if so.
    """
    name, port = split_host(host)
    query = urlencode({"host": name, "port": port or "80", "maxdelay": str(_RETRY_MS)}, safe="[]:")
    own = _script(f"/{RESERVED}/desk.js", page=shown.page, digest=shown.digest)
    added = own + _script(f"/{SCRIPT}?{query}")
    if album is not None:
        added += _script(f"/{RESERVED}/upload.js", album=album[0], token=album[1])
    end = _END_OF_HEAD.search(html)
    at = end.start() if end else len(html)
    return html[:at] + added.encode("utf-8", "surrogateescape") + html[at:]


def _script(source: str, **data: str) -> str:
    attributes = "".join(f' data-{name}="{escape(value)}"' for name, value in data.items())
    return f'<script defer src="{escape(source)}"{attributes}></script>\n'


def split_host(host: str) -> tuple[str, str]:
    """Split a Host into name and port; the name of an IPv6 address keeps its brackets."""
    found = re.fullmatch(r"(\[[^\]]*\]|[^:]*)(?::(\d{1,5}))?", host)
    return (found[1].lower(), found[2] or "") if found else ("", "")


def file_of(address: str) -> str | None:
    """Return the path in output/ that the address of a request stands for; None if there is none.

    What ends with a slash is a folder, whose page it is. Names are taken apart before they are
    decoded, so that an encoded slash is none; those that begin with a dot are nobody's business.
    """
    if not address.startswith("/") or "\\" in address:
        return None
    try:
        names = [unquote_to_bytes(name).decode() for name in address[1:].split("/")]
    except UnicodeDecodeError:
        return None
    last = names.pop()
    if not all(map(_is_plain, names)) or (last and not _is_plain(last)):
        return None
    return "/".join((*names, last or "index.html"))


def _is_plain(name: str) -> bool:
    return bool(name) and name[0] != "." and not any(c in "/\\" or c < " " for c in name)


def is_page(path: str) -> bool:
    """Tell whether a file is an HTML page, by its name."""
    return path.endswith((".html", ".htm"))


def below(name: str) -> str:
    """Return the address of a folder from a page beside it, which cannot lead elsewhere."""
    return f"./{quote(name, safe='')}/"
