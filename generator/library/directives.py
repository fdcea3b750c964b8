"""Directives in Markdown: blocks between colons that name pictures, one a line.

They are cut out before Markdown is rendered, and a mark is left where each stood.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import get_args

from msgspec import Struct

from generator.core.model import Directive, DirectiveKind, Flaw, Reference

KINDS: tuple[DirectiveKind, ...] = get_args(DirectiveKind)

_COLONS = re.compile(r" {0,3}:{3,}[ \t]*(.*)")
# Where code begins, and how it ends, for the extension fenced_code.
_CODE = re.compile(r"(`{3,}|~{3,})")
_CODE_END = re.compile(r"(`{3,}|~{3,}) *")


class Cut(Struct, frozen=True):
    """A text without its directives.

    In `marked`, the nth directive has left the word `mark` with n behind it, a paragraph of its
    own. In `plain` it has left empty lines: all else stands on the line where it stood.
    """

    marked: str
    plain: str
    mark: str
    directives: tuple[Directive, ...]
    flaws: tuple[Flaw, ...]


class _Block(Struct, frozen=True):
    """The lines of a directive, from its opening to its end; `name` is as written."""

    start: int
    end: int
    name: str
    closed: bool


def cut_directives(body: str, first: int) -> Cut:
    """Cut the directives out of Markdown whose first line has this number in its file."""
    lines = body.replace("\r\n", "\n").split("\n")
    # No text can hold what is made of all of it.
    mark = f"directive{hashlib.sha256(body.encode()).hexdigest()[:24]}n"
    marked, plain = list(lines), list(lines)
    directives: list[Directive] = []
    flaws: list[Flaw] = []
    for block in _blocks(lines):
        flaw = _flaw(block, lines, first)
        if flaw:
            flaws.append(flaw)
        if not block.closed or block.name not in KINDS:
            continue
        inside = range(block.start, block.end + 1)
        for index in inside:
            marked[index] = plain[index] = ""
        marked[block.start] = f"\n{mark}{len(directives)}\n"
        references = tuple(_references(block, lines, first))
        directives.append(Directive(block.name, references))
    return Cut("\n".join(marked), "\n".join(plain), mark, tuple(directives), tuple(flaws))


def _blocks(lines: Sequence[str]) -> Iterator[_Block]:
    """Yield all that begins like a directive, code apart.

    One that is open where code or the next one begins has no end.
    """
    code_ends = {end[1]: at for at, line in enumerate(lines) if (end := _CODE_END.fullmatch(line))}
    code = ""
    begun: tuple[int, str] | None = None
    for at, line in enumerate(lines):
        if code:
            code = "" if line.rstrip(" ") == code else code
            continue
        fence = _CODE.match(line)
        if fence and code_ends.get(fence[1], at) > at:
            code = fence[1]
        colons = _COLONS.fullmatch(line)
        if not code and not colons:
            continue
        name = colons[1].strip() if colons else ""
        if begun:
            yield _Block(begun[0], at, begun[1], closed=bool(colons) and not name)
        begun = (at, name) if name else None
    if begun:
        yield _Block(begun[0], len(lines), begun[1], closed=False)


def _references(block: _Block, lines: Sequence[str], first: int) -> Iterator[Reference]:
    for index in range(block.start + 1, block.end):
        if target := lines[index].strip():
            yield Reference(target, first + index)


def _flaw(block: _Block, lines: Sequence[str], first: int) -> Flaw | None:
    line = first + block.start
    if block.name not in KINDS:
        near = get_close_matches(block.name.casefold(), KINDS, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(KINDS)}"
        return Flaw(line, f"unknown directive {block.name!r}", hint)
    if not block.closed:
        return Flaw(line, f"the {block.name} has no end", "close it with a line of :::")
    if not any(map(str.strip, lines[block.start + 1 : block.end])):
        hint = "write a photo, an album or a #keyword on each line"
        return Flaw(line, f"the {block.name} names nothing", hint)
    return None
