"""Reads a built site as a strict browser would: elements, addresses, and what those lead to."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())
HOST = "https://site.invalid"


@dataclass
class Element:
    """An element of a page, with the elements and texts inside it."""

    tag: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    children: list["Element | str"] = field(default_factory=list)

    def __getitem__(self, name: str) -> str:
        return self.attributes[name]

    def walk(self) -> Iterator["Element"]:
        """Yield this element and all below it, in reading order."""
        yield self
        for child in self.children:
            if isinstance(child, Element):
                yield from child.walk()

    def all(self, tag: str, **attributes: str) -> list["Element"]:
        """Return the elements of this kind below, with these attributes; `kind` means class."""
        wanted = {name.replace("kind", "class"): value for name, value in attributes.items()}
        return [
            each
            for each in self.walk()
            if each.tag == tag and wanted.items() <= each.attributes.items()
        ]

    def one(self, tag: str, **attributes: str) -> "Element":
        (found,) = self.all(tag, **attributes)
        return found

    def links(self, **attributes: str) -> list["Element"]:
        """Return the links below that lead somewhere, with these attributes."""
        return [each for each in self.all("a", **attributes) if "href" in each.attributes]

    @property
    def text(self) -> str:
        return "".join(
            child.text if isinstance(child, Element) else child for child in self.children
        )


class _Reader(HTMLParser):
    """Builds elements, and takes nothing that a browser would have to repair."""

    def __init__(self) -> None:
        super().__init__()
        self.open = [Element("page")]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"line {self.getpos()[0]}: {tag} repeats an attribute"
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        last = self.open.pop()
        assert last.tag == tag, f"line {self.getpos()[0]}: {last.tag} is closed by {tag}"

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


def read_page(text: str) -> Element:
    """Read a page whose every element is closed, in order."""
    reader = _Reader()
    reader.feed(text)
    reader.close()
    assert len(reader.open) == 1, f"{reader.open[-1].tag} is never closed"
    return reader.open[0]


def candidates(srcset: str) -> dict[str, int]:
    """Return the widths that a srcset tells, by address."""
    pairs = (each.split() for each in srcset.split(", "))
    return {address: int(width.removesuffix("w")) for address, width in pairs}


def addresses(page: Element) -> Iterator[tuple[Element, str]]:
    """Yield every address in a page, with the element that names it."""
    for element in page.walk():
        for name in ("href", "src"):
            if name in element.attributes:
                yield element, element[name]
        if "srcset" in element.attributes:
            yield from ((element, address) for address in candidates(element["srcset"]))


class Crawl:
    """All pages of a built site, that lies at a path of its host, by their own paths."""

    def __init__(self, output: Path, prefix: str = "/") -> None:
        self.output = output
        self.prefix = prefix
        self.pages = {
            path.relative_to(output).as_posix(): read_page(path.read_text("utf-8"))
            for path in sorted(output.rglob("*.html"))
            if path.is_file()
        }

    def target(self, page: str, address: str) -> tuple[str, str] | None:
        """Return the file and the fragment that an address in a page means; None if outside."""
        url = urlsplit(urljoin(f"{HOST}{self.prefix}{page}", address))
        if f"{url.scheme}://{url.netloc}" != HOST:
            return None
        assert url.path.startswith(self.prefix), f"{address!r} in {page} leaves the site"
        path = unquote(url.path.removeprefix(self.prefix))
        return path + "index.html" * (path == "" or path.endswith("/")), unquote(url.fragment)

    def file(self, page: str, address: str) -> Path:
        """Return the file that an address within the site means."""
        found = self.target(page, address)
        assert found, f"{address!r} in {page} is not of this site"
        return self.output / found[0]

    def named(self, page: str) -> list[tuple[str, str]]:
        """Return all that a page names within the site: files and fragments."""
        found = (self.target(page, address) for _, address in addresses(self.pages[page]))
        return [each for each in found if each]

    def broken(self) -> list[str]:
        """Return every reference that leads nowhere: to no file, or to no such id in a page."""
        ids = {
            path: {each["id"] for each in page.walk() if "id" in each.attributes}
            for path, page in self.pages.items()
        }
        return [
            f"{page} names {path}#{fragment}"
            for page in self.pages
            for path, fragment in self.named(page)
            if not (self.output / path).is_file()
            or (fragment and fragment not in ids.get(path, ()))
        ]

    def reachable(self, start: str = "index.html") -> set[str]:
        """Return the pages that links lead to from the first one."""
        found, waiting = {start}, [start]
        while waiting:
            page = waiting.pop()
            links = (self.target(page, link["href"]) for link in self.pages[page].links())
            new = {link[0] for link in links if link and link[0] in self.pages} - found
            found |= new
            waiting += new
        return found
