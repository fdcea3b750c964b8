"""What Markdown would take minutes for, found before it is asked. Pure.

It tries each open bracket against all after it, copies the rest of a paragraph for each heading and
each rule in it, reads all that follows a fence, and makes every cell that a table might have. No
text of a person's comes near the limits; at each of them, it takes less than five seconds.
"""

import re
from collections.abc import Iterator

MAX_OPEN = 100
MAX_LINES = 1_000
MAX_MARKS = 10_000
MAX_COLUMNS = 200
MAX_CELLS = 20_000

_BRACKETS = re.compile(r"[\[\]]")
_FENCES = re.compile(r"^[ \t>]*(?:`{3}|~{3})", re.MULTILINE)
# Headings, rules and addresses for links.
_LINES = re.compile(r"^[ >]*(?:#|=+[ \t]*$|[-*_][-*_ \t]*$|\[[^\]\n]*\]:)", re.MULTILINE)
_MARKS = re.compile(r"[\\<]")
_NESTED = re.compile(rf"^[ \t]*(?:(?:[-*+:]|\d+\.)[ \t]+|>[ \t]*){{{MAX_OPEN},}}", re.MULTILINE)
_LONG = re.compile(r"^#.{2000}|[ \t]{2000}|#{2000}", re.MULTILINE)
_TABLE = re.compile(r"^[ >]*(?=[ :|]*-)[ :|-]+$", re.MULTILINE)


def slow_parts(body: str, line: int) -> Iterator[tuple[int, str, str]]:
    """Yield the line, what is wrong and what to do for all that is slow; the first has a number."""
    if len(_FENCES.findall(body)) > MAX_LINES:
        yield line, f"more than {MAX_LINES:,} fences of code", "divide it into pages"
    for paragraph in body.split("\n\n"):
        for what, hint in _slow_paragraph(paragraph):
            yield line, what, hint
        line += paragraph.count("\n") + 2


def _slow_paragraph(paragraph: str) -> Iterator[tuple[str, str]]:
    parts = "put empty lines between its parts"
    if _open_at_once(paragraph) > MAX_OPEN:
        yield f"more than {MAX_OPEN} brackets are open at once", "close them"
    if _NESTED.search(paragraph):
        yield "lists or quotations are nested too deeply", "take some apart"
    if _LONG.search(paragraph):
        yield "a heading, or a row of spaces, of more than 2,000 characters", "shorten it"
    if len(_LINES.findall(paragraph)) > MAX_LINES:
        yield f"more than {MAX_LINES:,} headings, rules or addresses in one paragraph", parts
    if len(_MARKS.findall(paragraph)) > MAX_MARKS:
        yield f"more than {MAX_MARKS:,} backslashes or tags in one paragraph", parts
    yield from _large_table(paragraph)


def _large_table(paragraph: str) -> Iterator[tuple[str, str]]:
    if not _TABLE.search(paragraph):
        return
    lines = paragraph.split("\n")
    columns = max(line.count("|") for line in lines)
    if columns > MAX_COLUMNS:
        yield f"a table of more than {MAX_COLUMNS:,} columns", "divide it"
    elif columns * len(lines) > MAX_CELLS:
        yield f"a table of more than {MAX_CELLS:,} cells", "divide it"


def _open_at_once(paragraph: str) -> int:
    depth, deepest = 0, paragraph.count("](") - paragraph.count(")")
    for bracket in _BRACKETS.findall(paragraph):
        depth += 1 if bracket == "[" else -1
        deepest = max(deepest, depth)
    # Tags are closed at once: five times as many take no longer.
    return max(deepest, (paragraph.count("<") - paragraph.count(">")) // 5)
