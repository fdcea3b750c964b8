"""One Markdown file to a Document: front matter checked, text made into safe HTML.

Links and pictures stay references, for only the plan knows where they lead.
"""

import codecs
import html
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

import markdown
import msgspec
import nh3
import yaml
from msgspec import Struct

from generator.core.errors import Problem, Unread, in_words, is_of_the_machine
from generator.core.model import Document, FrontMatter, Html, ImageRef, LinkRef, Opening, Part
from generator.core.text import clean_lines, clean_text, is_unicode
from generator.library.directives import Cut, cut_directives
from generator.library.slowness import slow_parts

MAX_BYTES = 100_000
MAX_MATTER = 64_000

_FENCE = re.compile(r"\A---[ \t]*\r?\n(.*?)^---[ \t]*(?:\r?\n|\Z)", re.DOTALL | re.MULTILINE)
_HEADING = re.compile(r"\A\s*#[ \t](.+)$", re.MULTILINE)
# What nh3 writes quotes every attribute with ", so a tag can be told apart reliably.
_TAG = r'<(\w+)((?:\s+[\w:-]+="[^"]*")*)\s*/?>'
_ATTRIBUTE = re.compile(r'([\w:-]+)="([^"]*)"')
_HEADING_TAG = re.compile(r"<(/?)h([1-5])>")
_FOCUS = re.compile(r"(100|\d?\d)% +(100|\d?\d)%")

_EXTENSIONS = ("tables", "fenced_code", "def_list", "sane_lists")
_TAGS = frozenset(
    "a abbr b blockquote br cite code dd del details div dl dt em figcaption figure h1 h2 h3 h4 h5"
    " h6 hr i img ins kbd li mark ol p pre q s samp small span strong sub summary sup table tbody"
    " td tfoot th thead tr u ul var".split()
)
_ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"src", "alt", "title"},
    "ol": {"start"},
    "abbr": {"title"},
    "*": {"lang", "dir"},
}
_SCHEMES = {"http", "https", "mailto"}


_Sections = Literal["", "year", "month", "day"] | dict[str, str]


class _Loader(yaml.SafeLoader):
    """YAML without aliases, by which a few lines could ask for all the memory there is.

    Dates and numbers stay the text that they are: none is too large, and a date can be shown with
    its line if it is none. A key is a text, and stands only once.
    """

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        names = set()
        for key, _ in node.value:
            wrong = "" if isinstance(key.value, str) else "a key that is no text"
            if not wrong and key.value in names:
                wrong = f"{key.value!r} stands twice"
            if wrong:
                raise yaml.MarkedYAMLError(problem=wrong, problem_mark=key.start_mark)
            names.add(key.value)
        return super().construct_mapping(node, deep)

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.events.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.MarkedYAMLError(problem="aliases are not allowed", problem_mark=mark)
        return super().compose_node(parent, index)


_AS_TEXT = ("timestamp", "int", "float")
_Loader.yaml_implicit_resolvers = {
    first: [each for each in resolvers if each[0].rpartition(":")[2] not in _AS_TEXT]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


class _Fault(Exception):
    """One thing that is wrong with a text; in line 0, with all of it."""

    def __init__(self, line: int, what: str, hint: str = "") -> None:
        self.line, self.what, self.hint = line, what, hint


class _Faults(Exception):
    def __init__(self, faults: Sequence[_Fault]) -> None:
        self.faults = faults


def read_document(path: str, content: Path) -> Document | Unread:
    """Read one text of the content folder; each thing wrong with it is a problem with its line."""
    try:
        return parse_document(path, (content / path).read_bytes())
    except _Faults as several:
        return Unread(tuple(_problem(path, each) for each in several.faults))
    except OSError as error:
        if is_of_the_machine(error):
            raise
        what = f"cannot be read: {error.strerror}"
        return Unread((Problem(f"content/{path}", what, passing=True, code="unreadable-file"),))


def _problem(path: str, fault: _Fault) -> Problem:
    place = f"content/{path}:{fault.line}" if fault.line else f"content/{path}"
    return Problem(place, fault.what, fault.hint, code="wrong-text")


def parse_document(path: str, body: bytes) -> Document:
    """Turn the bytes of a Markdown file into a Document; all that is wrong is told at once."""
    if len(body) > MAX_BYTES:
        raise _Faults([_Fault(0, f"larger than {MAX_BYTES:,} bytes", "divide it into pages")])
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise _Faults([_Fault(1, "UTF-16, not UTF-8", "save it as UTF-8")])
    faults = list(_byte_faults(body))
    text = clean_lines(body.decode("utf-8-sig", "replace"))
    last = text.count("\n") + 1
    matter = words = ""
    settings, parts, cut = FrontMatter(), tuple[Part, ...](), Cut("", "", "", (), ())
    with _gathered(faults):
        matter, words = _split(text)
    with _gathered(faults):
        settings = _front_matter(matter) if matter else settings
    with _gathered(faults):
        settings, words = _titled(settings, _bearable(words, last - words.count("\n")))
        cut = cut_directives(words, last - words.count("\n"))
        parts = tuple(_parts(to_html(cut.marked), cut, last))
    if faults:
        raise _Faults(faults)
    return Document(path, settings, parts, cut.flaws)


@contextmanager
def _gathered(faults: list[_Fault]) -> Iterator[None]:
    """Note what is wrong with a part of a text, and go on with the next."""
    try:
        yield
    except _Fault as fault:
        faults.append(fault)
    except _Faults as several:
        faults += several.faults


def _byte_faults(body: bytes) -> Iterator[_Fault]:
    try:
        body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        yield _Fault(body.count(b"\n", 0, error.start) + 1, "not UTF-8", "save it as UTF-8")
    if b"\0" in body:
        yield _Fault(body.count(b"\n", 0, body.index(b"\0")) + 1, "holds a NUL character")


def _titled(settings: FrontMatter, body: str) -> tuple[FrontMatter, str]:
    """Take a first heading for the title, unless there is another."""
    heading = _HEADING.match(body)
    title = _plain_text(heading[1].strip(" \t").rstrip("#")) if heading else ""
    if heading is None or settings.title not in ("", title):
        return settings, body
    return msgspec.structs.replace(settings, title=title), body[heading.end() :]


def _bearable(body: str, line: int) -> str:
    """Return a text unless Markdown would take minutes for it; its faults if it would."""
    if faults := sorted(slow_parts(body, line)):
        raise _Faults([_Fault(*each) for each in faults])
    return body


def _split(text: str) -> tuple[str, str]:
    fence = _FENCE.match(text)
    if fence:
        return fence[1], text[fence.end() :]
    if re.match(r"---[ \t]*\r?\n\s*[\w-]+[ \t]*:", text):
        raise _Fault(1, "the front matter has no end", "close it with a line of ---")
    return "", text


def _front_matter(matter: str) -> FrontMatter:
    if len(matter) > MAX_MATTER:
        raise _Fault(1, f"front matter longer than {MAX_MATTER:,} characters")
    try:
        values = _values(matter)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 2 if error.problem_mark else 1
        said = error.problem or error.context or "cannot be understood"
        hint = 'put the text after the colon in quotes, as in title: "A: B"'
        if "\\t" in said:
            hint = "write spaces, not tabs"
        raise _Fault(line, f"front matter: {said}", hint) from None
    except RecursionError:
        raise _Fault(1, "front matter: nested too deeply") from None
    except Exception as error:  # noqa: BLE001
        # Tags such as !!timestamp raise whatever they like on values that they do not fit.
        said = " ".join(str(error).split()) or "cannot be understood"
        raise _Fault(1, f"front matter: {said}") from None
    return _checked(values, matter)


def _values(matter: str) -> dict[str, object]:
    table = yaml.load(matter, Loader=_Loader) or {}
    if not isinstance(table, dict):
        raise TypeError("not a list of 'key: value' lines")
    return {str(key): _plain(value) for key, value in table.items() if value is not None}


def _plain(value: object) -> object:
    """Take numbers and dates as the text they were written as."""
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, str):
        return clean_text(_whole(value))
    if isinstance(value, dict):
        return {clean_text(_whole(str(key))): _plain(item) for key, item in value.items()}
    if isinstance(value, bool):
        return value
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _whole(text: str) -> str:
    """Join the halves of characters that JSON writes as two, and YAML leaves apart."""
    if is_unicode(text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")


def _checked(values: dict[str, object], matter: str) -> FrontMatter:
    known = {each.name: each.type for each in msgspec.structs.fields(FrontMatter)}
    del known["offset"], known["aliases_line"]
    known |= {"sections": _Sections, "focus": str}
    if isinstance(words := values.get("keywords"), str):
        values["keywords"] = [word.strip() for word in words.split(",")]
    if isinstance(address := values.get("aliases"), str):
        values["aliases"] = [address]
    if faults := list(_matter_faults(values, known, matter)):
        raise _Faults(faults)
    return _understood(values, matter)


def _understood(values: dict[str, object], matter: str) -> FrontMatter:
    """Take apart those values that say more than one thing."""
    if isinstance(headings := values.get("sections"), dict):
        values["sections"] = _openings(headings, matter)
    if isinstance(point := values.pop("focus", None), str) and point:
        values["focus"] = _point(point)
    settings = msgspec.convert(values, FrontMatter)
    if settings.aliases:
        line = _line_of(matter, "aliases")
        settings = msgspec.structs.replace(settings, aliases_line=line)
    return _dated(settings) if settings.date else settings


def _matter_faults(
    values: Mapping[str, object], known: Mapping[str, Any], matter: str
) -> Iterator[_Fault]:
    for key, value in values.items():
        line = _line_of(matter, key)
        if key not in known:
            near = get_close_matches(key, known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known)}"
            yield _Fault(line, f"front matter: unknown key {key!r}", hint)
            continue
        try:
            msgspec.convert(value, known[key])
            if key in _FORMS and value:
                _FORMS[key].read(str(value))
        except msgspec.ValidationError as error:
            yield _Fault(line, f"front matter: {key}: {in_words(error, known[key])}")
        except ValueError:
            form = _FORMS[key]
            yield _Fault(line, f"front matter: {key}: {value!r} is no {form.noun}", form.hint)


def _point(text: str) -> tuple[int, int]:
    """Read a point of a picture, written as CSS writes `object-position`."""
    found = _FOCUS.fullmatch(text.strip())
    if found is None:
        raise ValueError(text)
    return int(found[1]), int(found[2])


class _Form(Struct, frozen=True):
    """How a text is read that must have a form (ValueError if it has not), and what to say."""

    read: Callable[[str], object]
    noun: str
    hint: str


_FORMS = {
    "date": _Form(datetime.fromisoformat, "date", "write it as 2025-05-03 or 2025-05-03T18:30"),
    "focus": _Form(
        _point, "point of a picture", "write how far from the left and from the top, as 30% 20%"
    ),
}


def _openings(headings: dict[str, str], matter: str) -> tuple[Opening, ...]:
    """Note with each heading the line of the photo that begins its section."""
    openings = []
    at = sum(map(len, matter.splitlines(keepends=True)[: _line_of(matter, "sections") - 2]))
    for heading, target in headings.items():
        for text in (heading, target):
            # What is written with escapes is not found: the line before is near enough.
            at = max(at, matter.find(text, at))
        openings.append(Opening(heading, target, matter.count("\n", 0, at) + 2))
    return tuple(openings)


def _dated(settings: FrontMatter) -> FrontMatter:
    """Split a date into wall time and offset."""
    moment = datetime.fromisoformat(settings.date)
    wall = moment.replace(tzinfo=None).isoformat()
    offset = moment.isoformat()[len(wall) :]
    has_time = "T" in settings.date or ":" in settings.date
    date = wall if has_time else moment.date().isoformat()
    return msgspec.structs.replace(settings, date=date, offset=offset)


def _line_of(matter: str, key: str) -> int:
    found = re.search(rf"^[\"']?{re.escape(key)}[\"']?\s*:", matter, re.MULTILINE)
    return matter.count("\n", 0, found.start()) + 2 if found else 1


def to_html(text: str) -> str:
    """Render Markdown and keep of its HTML what cannot act: no script, no style, no handler."""
    try:
        rendered = markdown.markdown(text, extensions=_EXTENSIONS, output_format="html")
    except RecursionError:
        raise _Fault(0, "lists or quotations are nested too deeply") from None
    safe = nh3.clean(
        rendered, tags=_TAGS, attributes=_ATTRIBUTES, url_schemes=_SCHEMES, link_rel=None
    )
    # Once more, for some may have been written by their numbers.
    clean = clean_lines(safe)
    # The page's title is its one first-level heading.
    if "<h1>" in clean:
        clean = _HEADING_TAG.sub(lambda tag: f"<{tag[1]}h{int(tag[2]) + 1}>", clean)
    return clean


def _plain_text(heading: str) -> str:
    """Return what a line of Markdown says, without its marks."""
    return clean_text(html.unescape(re.sub(r"<[^>]*>", "", to_html(heading))))


def _parts(clean: str, cut: Cut, last: int) -> Iterator[Part]:
    """Cut HTML at its links, its pictures and the marks of its directives.

    Links and pictures keep the line they first stand in; the text ends in line `last` of its file.
    """
    # Whole tags come before what may stand in their attributes.
    pieces = re.compile(rf"(?:<p>)?{cut.mark}(\d+)(?:</p>)?|{_TAG}")
    at = 0
    for piece in pieces.finditer(clean):
        directive, tag, attributes = piece.groups()
        part: Part | None = None
        if directive:
            part = cut.directives[int(directive)]
        elif tag in ("a", "img"):
            part = _reference(tag, attributes, cut.plain, last)
        if part is None:
            continue
        if clean[at : piece.start()]:
            yield Html(clean[at : piece.start()])
        at = piece.end()
        yield part
    if clean[at:].strip():
        yield Html(clean[at:])


def _reference(tag: str, attributes: str, source: str, last: int) -> LinkRef | ImageRef | None:
    """Read the tag of a link or a picture; a link without an address is none."""
    values = {name: html.unescape(value) for name, value in _ATTRIBUTE.findall(attributes)}
    target = values.get("src" if tag == "img" else "href", "")
    title = values.get("title", "")
    line = last - source.count("\n", max(0, source.find(target)))
    if tag == "img":
        return ImageRef(target, values.get("alt", ""), title, line)
    return LinkRef(target, title, line) if target else None
