"""What Markdown would take minutes for, found before it is asked. Pure.

It tries each open bracket against all after it, copies the rest of a paragraph for each heading and
each rule in it and all of it for each escape and each tag, reads all that follows a fence or an
open tag, and makes every cell that a table might have. What stands in a closed fence it leaves
alone. Each limit stands for about two seconds of its work, measured.
"""

import re
from collections.abc import Callable, Iterator

from msgspec import Struct

MAX_FENCES = 1_000
MAX_NESTED = 100
MAX_COLUMNS = 200
MAX_CELLS = 200_000
# How often a character is read again.
MAX_BRACKET_STEPS = 10_000_000
MAX_LINE_STEPS = 100_000_000
MAX_MARK_STEPS = 1_500_000_000
MAX_TAG_STEPS = 25_000_000

_BRACKETS = re.compile(r"[\[\]]")
_TARGETS = re.compile(r"\]\(|\)")
# A quotation mark that opens the title of a link, and is never closed.
_OPEN_TITLE = re.compile(r"""\]\([^()"'\n]*(["'])(?!.{0,300}?\1 *\))""")
_FENCES = re.compile(r"^[ >]*(?:`{3}|~{3})", re.MULTILINE)
_FENCE = re.compile(r"(`{3,}|~{3,}) *(\{[^={}]*\}|\.?[\w#.+-]* *)")
_FENCE_END = re.compile(r"(`{3,}|~{3,}) *")
# Those that Markdown may take for a fence, or not.
_ODD_FENCE = re.compile(r"(?:`{3}|~{3}).*(?:\{|hl_lines)")
# Headings, rules and addresses for links; of addresses in successive lines, all are read at once.
_ADDRESS = r"\[[^\]\n]*\]:"
_LINES = re.compile(
    rf"^[ >]*(?:#|=+ *$|[-*_][-*_ ]*$|{_ADDRESS}(?! *\S.*\n[ >]{{0,3}}{_ADDRESS}))", re.MULTILINE
)
_MARKS = re.compile(r"\\[\\`*_{}\[\]()>#+.!-]|<")
_OPEN_TAG = re.compile(r"<[A-Za-z/!?][^<>]*(?![^<])")
_NESTED = re.compile(rf"^ *(?:(?:[-*+:]|\d+\.) +|> *){{{MAX_NESTED},}}", re.MULTILINE)
_LONG = re.compile(r"^#.{2000}| {2000}|#{2000}", re.MULTILINE)
_TABLE = re.compile(r"^[ >]*(?=[ :|]*-)[ :|-]+$", re.MULTILINE)


class _Cost(Struct, frozen=True):
    """What a paragraph costs, the most that all of a text may, and what to say of more."""

    of: Callable[[str], int]
    most: int
    what: str
    hint: str


def slow_parts(body: str, line: int) -> Iterator[tuple[int, str, str]]:
    """Yield the line, what is wrong and what to do for all that is slow; the first has a number."""
    text = _normalised(body)
    if len(_FENCES.findall(text)) > MAX_FENCES:
        yield line, f"more than {MAX_FENCES:,} fences of code", "divide it into pages"
    text = _without_code(text)
    tags = _OPEN_TAG.findall(text)
    if len(tags) * len(text) > MAX_TAG_STEPS:
        at = line + text.count("\n", 0, text.index(tags[0]))
        yield at, "too many tags that are not closed", "close them, or write &lt; for each <"
    paragraphs = list(_paragraphs(text, line))
    for at, paragraph in paragraphs:
        for what, hint in _slow_paragraph(paragraph):
            yield at, what, hint
    for cost in _COSTS:
        spent = 0
        for at, paragraph in paragraphs:
            spent += cost.of(paragraph)
            if spent > cost.most:
                yield at, cost.what, cost.hint
                break


def _normalised(body: str) -> str:
    """Return a text with the line ends, spaces and empty lines that Markdown makes of its own."""
    text = body.replace("\r\n", "\n").replace("\r", "\n").expandtabs(4)
    return re.sub(r"^ +$", "", text, flags=re.MULTILINE)


def _without_code(text: str) -> str:
    """Return a text with empty lines for its closed fences, as `fenced_code` cuts them out."""
    lines = text.split("\n")
    ends = {end[1]: at for at, line in enumerate(lines) if (end := _FENCE_END.fullmatch(line))}
    code = ""
    for at, line in enumerate(lines):
        if code:
            lines[at] = ""
            code = "" if line.rstrip(" ") == code else code
        elif (fence := _FENCE.fullmatch(line)) and ends.get(fence[1], at) > at:
            lines[at], code = "", fence[1]
        elif _ODD_FENCE.match(line):
            break
    return "\n".join(lines)


def _paragraphs(text: str, line: int) -> Iterator[tuple[int, str]]:
    """Yield what stands between empty lines, and the line in which it begins."""
    for paragraph in text.split("\n\n"):
        begun = paragraph.lstrip("\n")
        if begun:
            yield line + len(paragraph) - len(begun), begun
        line += paragraph.count("\n") + 2


def _slow_paragraph(paragraph: str) -> Iterator[tuple[str, str]]:
    if _NESTED.search(paragraph):
        yield "lists or quotations are nested too deeply", "take some apart"
    if _LONG.search(paragraph):
        yield "a heading, or a row of spaces, of more than 2,000 characters", "shorten it"
    if _TABLE.search(paragraph) and max(map(_pipes, paragraph.split("\n"))) > MAX_COLUMNS:
        yield f"a table of more than {MAX_COLUMNS:,} columns", "divide it"


def _pipes(line: str) -> int:
    return line.count("|")


def _line_steps(paragraph: str) -> int:
    return len(_LINES.findall(paragraph)) * len(paragraph)


def _mark_steps(paragraph: str) -> int:
    return len(_MARKS.findall(paragraph)) * len(paragraph)


def _cells(paragraph: str) -> int:
    columns = max((_pipes(rule) + 1 for rule in _TABLE.findall(paragraph)), default=0)
    return columns * (paragraph.count("\n") + 1)


def _bracket_steps(paragraph: str) -> int:
    texts = _open_at_once(_BRACKETS.findall(paragraph), "[")
    targets = _open_at_once(_TARGETS.findall(paragraph), "](")
    titles = sum(1 for _ in _OPEN_TITLE.finditer(paragraph))
    return max(texts, targets + titles) * len(paragraph)


def _open_at_once(brackets: list[str], opening: str) -> int:
    depth = deepest = 0
    for bracket in brackets:
        depth = depth + 1 if bracket == opening else max(0, depth - 1)
        deepest = max(deepest, depth)
    return deepest


_COSTS = (
    _Cost(_bracket_steps, MAX_BRACKET_STEPS, "too many brackets are open at once", "close them"),
    _Cost(
        _line_steps,
        MAX_LINE_STEPS,
        "too many headings, rules or addresses in one paragraph",
        "put empty lines between its parts",
    ),
    _Cost(
        _mark_steps,
        MAX_MARK_STEPS,
        "too many backslashes or tags in one paragraph",
        "put empty lines between its parts",
    ),
    _Cost(_cells, MAX_CELLS, f"tables of more than {MAX_CELLS:,} cells", "divide them"),
)
