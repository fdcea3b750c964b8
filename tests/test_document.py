"""Markdown files: front matter with its faults, text made harmless, references kept."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from generator.core.errors import Problem, Unread
from generator.core.model import Document, FrontMatter, Html, ImageRef, LinkRef, Opening, Part
from generator.library.document import MAX_BYTES, MAX_MATTER, read_document, to_html
from tests.support.sites import surroundings


def read(folder: Path, text: str | bytes) -> Document | Unread:
    body = text if isinstance(text, bytes) else text.encode()
    (folder / "page.md").write_bytes(body)
    return read_document("page.md", folder)


def document(folder: Path, text: str | bytes) -> Document:
    found = read(folder, text)
    assert isinstance(found, Document), found
    return found


def problems(found: Document | Unread) -> tuple[Problem, ...]:
    assert isinstance(found, Unread), found
    return found.problems


def matter(folder: Path, text: str) -> FrontMatter:
    return document(folder, f"---\n{text}\n---\n").matter


def references(folder: Path, text: str) -> list[Part]:
    return [part for part in document(folder, text).parts if not isinstance(part, Html)]


def html(folder: Path, text: str) -> str:
    parts = document(folder, text).parts
    return "".join(part.text if isinstance(part, Html) else "*" for part in parts)


# What a hostile text may take, of a processor.
SECONDS = 5

EVERY_KEY = """\
title: Falls
description: At the end of the road
alt: White water over black rock
caption: Early, before the buses
date: 2025-05-03T18:30:05+02:00
keywords: [falls, mist]
cover: falls.jpg
sort: name
reverse: true
slug: the-falls
originals: scrub
map: false
aliases: [/old/falls.html, falls]
layout: columns
sections:
  Arrival: "1.jpg"
  The coast: 20.jpg
focus: 30% 20%
unlisted: true
download: false
"""


def test_every_key_is_accepted_and_arrives(tmp_path: Path) -> None:
    found = matter(tmp_path, EVERY_KEY)
    assert found == FrontMatter(
        title="Falls",
        description="At the end of the road",
        alt="White water over black rock",
        caption="Early, before the buses",
        date="2025-05-03T18:30:05",
        offset="+02:00",
        keywords=("falls", "mist"),
        cover="falls.jpg",
        sort="name",
        reverse=True,
        slug="the-falls",
        originals="scrub",
        map=False,
        aliases=("/old/falls.html", "falls"),
        aliases_line=14,
        layout="columns",
        focus=(30, 20),
        unlisted=True,
        download=False,
        sections=(Opening("Arrival", "1.jpg", 17), Opening("The coast", "20.jpg", 18)),
    )
    default = structs.asdict(FrontMatter())
    assert [key for key, value in structs.asdict(found).items() if value == default[key]] == []


@pytest.mark.parametrize(
    "text", ["", "\n", "plain text", "---\n---\n", "---\ntitle:\n---\n", "---\n# nothing\n---\n"]
)
def test_a_text_needs_no_front_matter(tmp_path: Path, text: str) -> None:
    assert document(tmp_path, text).matter == FrontMatter()


@pytest.mark.parametrize(
    "text", ["---\ntitle: Falls\n---\nHigh", "---  \r\ntitle: Falls\r\n---\r\nHigh"]
)
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_lines_may_end_either_way_and_a_mark_may_begin_them(
    tmp_path: Path, text: str, mark: bytes
) -> None:
    found = document(tmp_path, mark + text.encode())
    assert (found.matter.title, found.parts) == ("Falls", (Html("<p>High</p>"),))


@pytest.mark.parametrize(
    ("written", "date", "offset"),
    [
        ("2025-05-03", "2025-05-03", ""),
        ("2025-05-03 18:30:05", "2025-05-03T18:30:05", ""),
        ("2025-05-03T18:30", "2025-05-03T18:30:00", ""),
        ("'2025-05-03T18:30'", "2025-05-03T18:30:00", ""),
        ("2025-05-03T18:30:05Z", "2025-05-03T18:30:05", "+00:00"),
        ("2025-05-03T18:30:05-03:30", "2025-05-03T18:30:05", "-03:30"),
        ("2025-05-03 18:30:05 +05:45", "2025-05-03T18:30:05", "+05:45"),
    ],
)
def test_a_date_keeps_its_wall_time_and_its_offset(
    tmp_path: Path, written: str, date: str, offset: str
) -> None:
    found = matter(tmp_path, f"date: {written}")
    assert (found.date, found.offset) == (date, offset)


@pytest.mark.parametrize(
    ("written", "keywords"),
    [
        ("[falls, mist]", ("falls", "mist")),
        ("\n  - falls\n  - 2025", ("falls", "2025")),
        ("falls, mist", ("falls", "mist")),
        ("falls", ("falls",)),
        ("[]", ()),
        ("", None),
    ],
)
def test_keywords_are_a_list_or_words_between_commas(
    tmp_path: Path, written: str, keywords: tuple[str, ...] | None
) -> None:
    assert matter(tmp_path, f"keywords: {written}").keywords == keywords


def test_numbers_and_dates_are_taken_as_the_text_they_are(tmp_path: Path) -> None:
    found = matter(tmp_path, "title: 2025\ncaption: 2025-05-03\nslug: 1.5")
    assert (found.title, found.caption, found.slug) == ("2025", "2025-05-03", "1.5")


@pytest.mark.parametrize(
    ("text", "line", "what", "hint"),
    [
        ("---\ntitle: a\ntitel: b\n---\n", 3, "unknown key 'titel'", "did you mean 'title'?"),
        ("---\nzzz: 1\n---\n", 2, "unknown key 'zzz'", "known are title, description"),
        ("---\noffset: +01:00\n---\n", 2, "unknown key 'offset'", "known are"),
        ("---\ntitle: a\n\nsort: size\n---\n", 4, "sort: 'size' is none of taken, name", ""),
        ("---\nreverse: sometimes\n---\n", 2, "reverse: expected true or false", ""),
        ("---\ntitle: [a]\n---\n", 2, "title: expected text, got a list", ""),
        ("---\nkeywords: {a: b}\n---\n", 2, "keywords: expected a list", ""),
        ("---\nkeywords: [a, [b]]\n---\n", 2, "keywords: expected text, got a list", ""),
        ("---\ntitle: a\ndate: soon\n---\n", 3, "date: 'soon' is no date", "2025-05-03"),
        ("---\nfocus: 30 20\n---\n", 2, "focus: '30 20' is no point of a picture", "as 30% 20%"),
        ("---\nalt: a\nfocus: 130% 0%\n---\n", 3, "focus: '130% 0%' is no point", "30% 20%"),
        ("---\nfocus: [30%, 20%]\n---\n", 2, "focus: expected text, got a list", ""),
        ("---\ntitle: a\n", 1, "the front matter has no end", "a line of ---"),
        ("---\ntitle: a\n----\n", 1, "the front matter has no end", "a line of ---"),
        ("---\ntitle: 'a\n---\n", 3, "front matter: found unexpected end", ""),
        (
            "---\ntitle: a\n  b: c\n---\n",
            3,
            "mapping values are not allowed here",
            'put the text after the colon in quotes, as in title: "A: B"',
        ),
        ("---\ntitle:\ta: b\n---\n", 2, "cannot start any token", "write spaces, not tabs"),
        ("---\na: &x [1]\nb: *x\n---\n", 3, "aliases are not allowed", ""),
        ("---\na: &a [x]\nb: &b [*a, *a]\nc: [*b, *b]\n---\n", 3, "aliases are not allowed", ""),
        ("---\ntitle: a\nsort: name\ntitle: b\n---\n", 4, "'title' stands twice", ""),
        ("---\n? [a, b]\n: c\n---\n", 2, "a key that is no text", ""),
        ("---\ntitle: !!int '" + "1:" * 9000 + "1'\n---\n", 1, "front matter", ""),
        ("---\ntitle: {a: b}\n---\n", 2, "title: expected text, got a table", ""),
        ("---\nmap: [1]\n---\n", 2, "map: expected true or false, got a list", ""),
        ("---\naliases: {a: b}\n---\n", 2, "aliases: expected a list", ""),
        ("\ufeff---\ntitle: a\n", 1, "the front matter has no end", "a line of ---"),
        ("---\ntitle: a\n---\nx".encode("utf-16"), 1, "not UTF-8", "save it as UTF-8"),
        ("---\ntitle: !!python/name:os.system\n---\n", 2, "could not determine a constructor", ""),
        ("---\n- a\n---\n", 1, "not a list of 'key: value' lines", ""),
        ("---\ndate: 2025-13-45\n---\n", 0, "front matter", ""),
        ("---\ntitle: " + "[" * 5000 + "\n---\n", 1, "", ""),
        ("---\ntitle: " + "x" * MAX_MATTER + "\n---\n", 1, "front matter longer than", ""),
        ("one\ntwo\0", 2, "holds a NUL character", ""),
        (b"one\ntwo\n\xff", 3, "not UTF-8", "save it as UTF-8"),
        (b"x" * (MAX_BYTES + 1), 0, "larger than 100,000 bytes", "divide it into pages"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_x5_a_fault_is_told_with_its_line_and_what_would_be_right(
    tmp_path: Path, text: str | bytes, line: int, what: str, hint: str
) -> None:
    (problem,) = problems(read(tmp_path, text))
    assert problem.where.startswith(f"content/page.md:{line}" if line else "content/page.md")
    assert what in problem.what
    assert hint in problem.hint


def test_x5_all_faults_of_a_front_matter_are_told_at_once(tmp_path: Path) -> None:
    lines = "titel: a\nsort: size\ncover: b.jpg\ndate: soon\nreverse: 3\n"
    found = problems(read(tmp_path, f"---\n{lines}---\n# Falls\n"))
    assert [(problem.where, problem.what.split(": ")[1]) for problem in found] == [
        ("content/page.md:2", "unknown key 'titel'"),
        ("content/page.md:3", "sort"),
        ("content/page.md:5", "date"),
        ("content/page.md:6", "reverse"),
    ]


def test_x5_faults_of_all_parts_of_a_text_are_told_at_once(tmp_path: Path) -> None:
    text = (
        b"---\ntitel: a\nfocus: here\n---\nx \xff\n\n" + b"[" * 4000 + b"\n\ny\0\n\nz" + b" " * 3000
    )
    found = problems(read(tmp_path, text))
    assert [problem.where.partition(":")[2] for problem in found] == ["5", "9", "2", "3", "7", "11"]


def test_x5_numbers_are_no_numbers(tmp_path: Path) -> None:
    found = matter(
        tmp_path, f"title: 007\ncaption: {'9' * 1900}\nslug: 1:30\nalt: 0x1F\nfocus: ' '"
    )
    assert (found.title, found.caption, found.slug, found.alt) == (
        "007",
        "9" * 1900,
        "1:30",
        "0x1F",
    )


def test_characters_that_json_writes_in_halves_are_whole(tmp_path: Path) -> None:
    found = matter(tmp_path, r'title: "\ud83d\ude00 \ud800x"')
    assert found.title == "😀 x"


def test_a_line_of_hyphens_alone_is_a_rule(tmp_path: Path) -> None:
    assert html(tmp_path, "---\n\nHigh, no key\n") == "<hr>\n<p>High, no key</p>"


def test_a_missing_file_is_a_problem(tmp_path: Path) -> None:
    (problem,) = problems(read_document("gone.md", tmp_path))
    assert (problem.where, "cannot be read" in problem.what) == ("content/gone.md", True)


@pytest.mark.parametrize(
    ("text", "title", "body"),
    [
        ("# Falls\n\nHigh", "Falls", "<p>High</p>"),
        ("\n\n#   Falls  ##\n", "Falls", ""),
        ("---\ntitle: Set\n---\n# Falls\n", "Set", "<h2>Falls</h2>"),
        ("---\ndescription: d\n---\n\n# Falls\n", "Falls", ""),
        ("## Falls\n", "", "<h2>Falls</h2>"),
        ("High\n\n# Falls\n", "", "<p>High</p>\n<h2>Falls</h2>"),
        ("#falls\n", "", "<h2>falls</h2>"),
    ],
)
def test_a_first_heading_is_the_title_unless_there_is_one(
    tmp_path: Path, text: str, title: str, body: str
) -> None:
    assert document(tmp_path, text).matter.title == title
    assert html(tmp_path, text) == body


@pytest.mark.parametrize(
    ("text", "levels"),
    [
        ("# a\n\n## b\n\n###### c", "<h2>a</h2>\n<h3>b</h3>\n<h6>c</h6>"),
        ("## a\n\n### b", "<h2>a</h2>\n<h3>b</h3>"),
        ("##### a\n\n# b", "<h6>a</h6>\n<h2>b</h2>"),
    ],
)
def test_headings_step_down_where_one_would_equal_the_title(text: str, levels: str) -> None:
    assert to_html(text) == levels


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("| a | b |\n|---|---|\n| c | d |", "<td>c</td>"),
        ("```\n<b>\n```", "<pre><code>&lt;b&gt;"),
        ("term\n: meaning", "<dd>meaning</dd>"),
        ("3. three", '<ol start="3">'),
        ("<details><summary>more</summary>text</details>", "<summary>more</summary>"),
        ('<p lang="is">Ísland</p>', '<p lang="is">'),
        ("**bold** and `code`", "<strong>bold</strong>"),
    ],
)
def test_the_markup_of_texts_is_kept(text: str, kept: str) -> None:
    assert kept in to_html(text)


DANGERS = ("script", "alert", "onerror", "onclick", "style", "iframe", "object", "data:", "svg")


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<SCRIPT SRC=//x.example/a.js></SCRIPT>",
        '<img src="a.jpg" onerror="alert(1)">',
        '<p onclick="alert(1)" style="position:fixed">x</p>',
        '<iframe src="https://x.example"></iframe>',
        '<object data="a.swf"></object>',
        "<style>body { display: none }</style>",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](java&#10;script:alert(1))",
        "![x](javascript:alert(1))",
        "[x](data:text/html,alert)",
        '[x](a.jpg "t\\" onclick=\\"alert(1)")',
        '<a href="vbscript:alert(1)">x</a>',
        "<svg/onload=alert(1)>",
        "<scr<script>ipt>alert(1)</scr</script>ipt>",
        "<math><mi//xlink:href='data:x,<script>alert(1)</script>'>",
    ],
)
def test_x3_what_could_act_is_removed(text: str) -> None:
    # What is left of an attack may stand there as words, never inside a tag.
    tags = " ".join(piece.split(">")[0] for piece in to_html(text).lower().split("<")[1:])
    outside_titles = tags.split(' title="')[0]
    assert [danger for danger in DANGERS if danger in outside_titles] == []


@given(st.text("<>/\"'=&;:#! \n()[]`abimgscriptonhrefjv", max_size=80))
def test_x3_no_text_yields_a_tag_that_acts(text: str) -> None:
    rendered = to_html(text).lower()
    assert "<script" not in rendered
    assert 'href="javascript' not in rendered


def test_links_and_pictures_become_references_with_their_lines(tmp_path: Path) -> None:
    text = """---
title: Falls
---
See [the *road*](../road.md "How to get there").

![White water](falls.jpg "At dawn")

<img src="more falls.jpg" alt="More"> or [outside](https://example.org/?a=1&b=2#c).
"""
    assert references(tmp_path, text) == [
        LinkRef("../road.md", "How to get there", 4),
        ImageRef("falls.jpg", "White water", "At dawn", 6),
        ImageRef("more falls.jpg", "More", "", 8),
        LinkRef("https://example.org/?a=1&b=2#c", "", 8),
    ]
    assert html(tmp_path, text) == (
        "<p>See *the <em>road</em></a>.</p>\n<p>*</p>\n<p>* or *outside</a>.</p>"
    )


def test_the_line_of_a_reference_is_one_of_the_text(tmp_path: Path) -> None:
    text = "---\ncover: falls.jpg\n---\n\n![White water](falls.jpg)\n"
    assert references(tmp_path, text) == [ImageRef("falls.jpg", "White water", "", 5)]


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("[x](<a b.md>)", "a b.md"),
        ("[x](a%20b.md)", "a%20b.md"),
        ("[x](íslands.md)", "íslands.md"),
        ("[x][1]\n\n[1]: road.md", "road.md"),
        ("<https://example.org/>", "https://example.org/"),
        ("[x](#part)", "#part"),
        ("[x](mailto:ada@example.org)", "mailto:ada@example.org"),
        ('<a href="a&quot;b.md">x</a>', 'a"b.md'),
        ("[x](road.md?a=1&amp;b)", "road.md?a=1&b"),
    ],
)
def test_a_target_is_the_one_that_was_written(tmp_path: Path, text: str, target: str) -> None:
    (reference,) = references(tmp_path, text)
    assert isinstance(reference, LinkRef)
    assert reference.target == target


def test_an_anchor_without_a_target_is_no_reference(tmp_path: Path) -> None:
    assert references(tmp_path, '<a title="x">x</a> <a href="">y</a>') == []


TABLE = "a|b\n-|-\n"
SLOW = {
    "quotations": "> " * 5_000 + "x",
    "brackets": "[" * 50_000,
    "brackets closed": "[" * 25_000 + "]" * 25_000,
    "pictures": "![" * 25_000,
    "links": "[a](" * 12_500,
    "links in angles": "[a](<" * 10_000,
    "tags": "<a " * 20_000,
    "data": "<![CDATA[" * 5_000,
    "spaces in a heading": "# a" + " " * 50_000 + "b",
    "hashes in a heading": "# a" + "#" * 50_000 + "b",
    "emphasis": "*a _b " * 10_000,
    "bold tags": "<b>" * 20_000,
    "lists": "".join("  " * depth + "- x\n" for depth in range(200)),
    "front matter": "---\nkeywords: " + "[" * 10_000 + "\n---\n",
    "keys": "---\n" + "".join(f"title{number}: 1\n" for number in range(5_000)) + "---\n",
    "fences": "```a\n" * 19_800,
    "fences with attributes": "``` {.a}\n" * 11_000,
    "headings": "# a\n" * 24_700,
    "headings underlined": "a\n=\n" * 24_700,
    "rules": "---\n" * 24_700,
    "rules of list marks": "- " * 49_000 + "x",
    "addresses": "[a]:\n" * 19_800,
    "escapes": r"\*" * 49_000,
    "columns": "|".join("a" * 4_000) + "\n" + "|".join("-" * 4_000) + "\n" + "a\n" * 40_000,
    "cells": TABLE + "c|d\n" * 24_700,
    "code in cells": TABLE + "`|" * 49_000,
    "escapes in cells": TABLE + r"\|" * 49_000,
    "rows": "|".join("a" * 5) + "\n" + "|".join("-" * 5) + "\n" + "a\n" * 40_000,
    "wide tables": ("a|" * 199 + "a\n" + "-|" * 199 + "-\n" + "a\n" * 100 + "\n") * 70,
    "paragraphs of rules": ("---\n" * 8_000 + "\n") * 3,
    "paragraphs of brackets": ("[" * 1_000 + "a" * 9_000 + "\n\n") * 9,
    "brackets behind closing ones": "]" * 45_000 + "[" * 45_000,
    "titles": '[a](b "x) ' * 9_000,
    "tags in paragraphs": "<a \n\n" * 19_000,
    "tags open in quotes": '<a href="\n\n' * 8_300,
    "tags behind closing ones": ">" * 40_000 + "<a " * 15_000,
    "titles of addresses": '[a]: b\n"t"\n' * 8_000,
    "addresses apart": "[a]: b\nx\n" * 10_000,
    "escapes in lines": (r"\*" * 10 + " aaaaaaaaa\n") * 3_000,
    "bullets without words": "- \n" * 24_000,
    "headings in an open fence": "```\n" + "# a\n" * 24_000,
    "headings behind a fence that is none": "``` {a=}\n```\n" + "# a\n" * 24_000 + "```\n",
}


@pytest.mark.parametrize("kind", SLOW)
def test_x8_no_text_takes_long(tmp_path: Path, kind: str) -> None:
    text = SLOW[kind]
    assert len(text) <= MAX_BYTES
    (tmp_path / "page.md").write_text(text, encoding="utf-8")
    code = "import sys, time; from pathlib import Path;"
    code += "from generator.library.document import read_document as read;"
    code += "found = type(read('page.md', Path())).__name__; print(found, time.process_time())"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=surroundings(),
        capture_output=True,
        text=True,
        timeout=20 * SECONDS,
        check=True,
    )
    found, seconds = done.stdout.split()
    assert found in ("Document", "Unread")
    assert float(seconds) < SECONDS


ROW = "|".join("abcdefghij") + "\n"
LONG = {
    "headings": "# Title\n" + "## Part\nWords.\n" * 400,
    "paragraphs": ("## Part\n\nWords.\n\n") * 1_500,
    "empty lines of spaces": ("## Part\n  \nWords [a\n\t\n") * 1_500,
    "headings in one paragraph": "# a\n" * 1_100,
    "fences": "```\ncode\n```\n\n" * 300,
    "comments in code": "```bash\n" + "# c\n" * 1_200 + "```\n",
    "comments in indented code": "    # comment\n" * 1_001,
    "rules in code": "``` {.text}\n" + "---\n" * 16_000 + "```\n",
    "tags in code": "~~~cpp\n" + "cout <<a <<b\n" * 5_000 + "~~~\n",
    "brackets in code": "```\n" + "[0;32mOK[0m [K\n" * 5_000 + "```\n",
    "intervals": "The interval [0, 1) is half open.\n" * 120,
    "comparisons": "a < b and c <d\n" * 500,
    "links": "- [a](b.md) *c* \\* <b>d</b>\n" * 2_000,
    "titles": "- [a](b.md \"c (d)\") [e](f.md 'g')\n" * 1_000,
    "bullets without words": "- \n" * 1_100,
    "stars alone": "*\n" * 1_100,
    "table": TABLE + "[c](d.md) | `e`\n" * 2_000,
    "table of ten columns": ROW + re.sub("[a-j]", "-", ROW) + ROW * 1_900,
    "table in HTML": "<table>" + f"<tr>{'<td>1</td>' * 10}</tr>\n" * 580 + "</table>\n",
    "formulas": r"\alpha\_\beta\*\[x\]" * 2_000,
    "addresses": "[x]\n\n" + "[x]: https://example.org/\n" * 3_000,
    "footnotes": "[^1]: note\n" * 1_001 + "\nWords.",
}


@pytest.mark.parametrize("ends", ["\n", "\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize("kind", LONG)
def test_x8_long_texts_of_people_are_read(tmp_path: Path, kind: str, ends: str) -> None:
    text = LONG[kind].replace("\n", ends)
    assert len(document(tmp_path, text).parts) > 0


@pytest.mark.parametrize("ends", ["\n", "\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize(
    ("before", "line"),
    [
        ("", 1),
        ("a\n\n", 3),
        ("a\n \n\n\nb\n\n", 7),
        ("---\ntitle: a\n---\n\nb\n\n", 7),
        ("a\n```\n\n# a\n\n```\n", 7),
    ],
)
def test_x8_what_is_slow_is_told_with_its_line(
    tmp_path: Path, before: str, line: int, ends: str
) -> None:
    text = (before + "## a\n" * 6_000).replace("\n", ends)
    (problem,) = problems(read(tmp_path, text))
    assert problem.where == f"content/page.md:{line}"
