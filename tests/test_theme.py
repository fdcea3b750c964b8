"""The contract of a theme: what docs/themes.md says, another theme, and errors in templates."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_type_hints

import msgspec
import pytest
from jinja2 import Environment

from generator.core.errors import TemplateError
from generator.core.model import Theme
from generator.pages.html import Renderer
from generator.pages.language import Language
from generator.views import values
from generator.views.values import AnyPage, Site
from tests.support.crawl import Crawl
from tests.support.pictures import chart, exif, save
from tests.support.sites import CHECKOUT, stamps, tree
from tests.support.sites import Site as Folder

DOCS = (CHECKOUT / "docs/themes.md").read_text("utf-8")
TEMPLATES = {
    file.name: file.read_text("utf-8") for file in sorted((CHECKOUT / "templates").glob("*.html"))
}
# It is redirected from, and nobody reads it.
UNDOCUMENTED = {"MovedPage"}


def section(heading: str) -> str:
    """Return what docs/themes.md says under a heading."""
    found = re.search(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#|\Z)", DOCS, re.MULTILINE | re.DOTALL)
    assert found, f"docs/themes.md has no heading {heading!r}: describe it there"
    return found[1]


def rows(heading: str, before: str = "") -> list[list[str]]:
    """Return the cells of the table under a heading; of several, of the one that begins so."""
    text = section(heading)
    table = re.search(r"^(?:\|.*\|\n?)+", text[text.index(before) :], re.MULTILINE)
    lines = table[0].splitlines() if table else []
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def names(cells: list[list[str]]) -> list[str]:
    return [name for cell in cells for name in re.findall(r"`([\w.-]+)", cell[0])]


def structs(kind: Any) -> Iterator[type[msgspec.Struct]]:
    """Yield every value that a type is made of."""
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        yield kind
    for part in get_args(kind):
        yield from structs(part)


def reachable() -> dict[str, type[msgspec.Struct]]:
    """Return the kinds of all values that templates can come to, by name."""
    found: dict[str, type[msgspec.Struct]] = {"Page": values.Page, "GridPage": values.GridPage}
    waiting: list[type[msgspec.Struct]] = [Site, *structs(AnyPage)]
    while waiting:
        each = waiting.pop()
        if each.__name__ not in found:
            found[each.__name__] = each
            hints = [*get_type_hints(each).values(), *map(returned, properties(each).values())]
            waiting += [kind for hint in hints for kind in structs(hint)]
    return {name: each for name, each in sorted(found.items()) if name not in UNDOCUMENTED}


def properties(kind: type) -> dict[str, property]:
    return {name: each for name, each in vars(kind).items() if isinstance(each, property)}


def returned(each: property) -> Any:
    return get_type_hints(each.fget)["return"]


def members(kind: type[msgspec.Struct]) -> set[str]:
    """Return what a kind has that those above it do not have."""
    own = {*kind.__struct_fields__, *properties(kind), *vars(kind).get("__annotations__", ())}
    above = {name for base in kind.__mro__[1:] for name in (*vars(base),)}
    return {name for name in own - above - {"template"} if not name.startswith("_")}


@pytest.mark.parametrize("name", reachable())
def test_every_field_of_every_kind_of_page_is_documented(name: str) -> None:
    stated, there = set(names(rows(f"`{name}`"))), members(reachable()[name])
    assert there - stated == set(), f"add a row for it under '### `{name}`' in docs/themes.md"
    assert stated - there == set(), f"remove it under '### `{name}`' in docs/themes.md"


def test_no_kind_is_documented_that_there_is_not() -> None:
    assert set(re.findall(r"^### `(\w+)`$", DOCS, re.MULTILINE)) == set(reachable())


def test_every_block_is_documented_in_its_order() -> None:
    stated = {
        cells[0].strip("`"): re.findall(r"`(\w+)`", cells[1])
        for cells in rows("Parts of templates", "| template | blocks")
        if cells[0].strip("`") in TEMPLATES and not cells[0].startswith("`_")
    }
    there = {
        name: list(dict.fromkeys(re.findall(r"{% block (\w+) %}", text)))
        for name, text in TEMPLATES.items()
    }
    there = {name: blocks for name, blocks in there.items() if blocks}
    assert stated == there, "mend the table of blocks in docs/themes.md"


def test_every_template_is_documented() -> None:
    parts = names(rows("Parts of templates", "Parts that other"))
    pages = names(rows("Templates of your own", "| template | page"))
    assert {*parts, *pages} == set(TEMPLATES), "mend the tables of templates"


def test_every_macro_is_documented() -> None:
    stated = [re.sub("`", "", cells[0]) for cells in rows("Macros", "| macro") if "(" in cells[0]]
    there = re.findall(r"{% macro (\w+\(.*?\)) -?%}", TEMPLATES["_lists.html"])
    assert sorted(stated) == sorted(there), "mend the table of macros in docs/themes.md"


def renderer(**templates: str) -> Renderer:
    bodies = {f"{name}.html": text.encode() for name, text in templates.items()}
    values: dict[str, Any] = {**dict.fromkeys(Site.__struct_fields__, ""), "assets": {}}
    return Renderer(Theme(bodies, "", ()), Site(**values), Language("en", {}))


def test_every_filter_is_documented() -> None:
    there = renderer()._environment.filters.keys() - Environment().filters.keys()
    assert set(names(rows("Filters"))) == there, "mend the table of filters in docs/themes.md"


def test_every_token_is_documented() -> None:
    styles = (CHECKOUT / "templates/static/site.css").read_text("utf-8")
    tokens = re.search(r":root {(.*?)}", styles, re.DOTALL)
    assert tokens
    there = re.findall(r"^\s+(--[\w-]+):", tokens[1], re.MULTILINE)
    assert names(rows("A stylesheet on top")) == there, "mend the table of tokens"


def test_links_within_the_documentation_lead_to_its_headings() -> None:
    headings = {
        re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-")
        for heading in re.findall(r"^#+ (.*)$", DOCS, re.MULTILINE)
    }
    assert set(re.findall(r"\]\(#([\w-]+)\)", DOCS)) <= headings


@pytest.fixture
def small(tmp_path: Path) -> Folder:
    """A site that has every kind of page."""
    site = Folder(tmp_path / "small")
    site.photo("front.jpg", 1)
    for number in range(2, 5):
        told = exif(t36867=f"2024:0{number}:03 10:00:00")
        save(chart(60, 40, number), site.pictures / f"coast/{number}.jpg", exif=told)
    site.photo("coast/inner/5.jpg", 5)
    site.text("coast/2.md", "---\ntitle: Two\nkeywords: [sea/deep, sun]\n---\n")
    site.text("coast/index.md", "---\nlayout: story\n---\n::: row\n2.jpg\n3.jpg\n:::\n")
    site.text("about.md", "# About\n\n::: gallery\n/coast/\n:::\n\n![One](front.jpg)\n")
    return site


def test_a_stylesheet_of_the_user_comes_after_ours_on_every_page(small: Folder) -> None:
    small.build()
    assert not any("user" in path for path in tree(small.output))
    small.write("templates/static/user.css", b":root { --ink: red }")
    small.build()
    crawl = Crawl(small.output)
    for path, page in crawl.pages.items():
        styles = [Path(each["href"]).name for each in page.all("link", rel="stylesheet")]
        assert [re.sub(r"\..*", "", name) for name in styles] == ["site", "user"], path
    assert crawl.broken() == []


def test_one_block_is_overridden_and_the_rest_stays_ours(small: Folder) -> None:
    small.build()
    before = Crawl(small.output).pages["about/index.html"]
    body = '{% extends "theme/base.html" %}{% block colophon %}<h6>{{ super() | length > 9 }}</h6>'
    small.write("templates/base.html", f"{body}{{% endblock %}}".encode())
    small.build()
    after = Crawl(small.output).pages["about/index.html"]
    assert [len(before.all("footer")), len(after.all("footer"))] == [1, 0]
    assert after.one("h6").text == "True"
    assert after.one("main").text == before.one("main").text


def test_ours_can_be_extended_by_a_template_of_another_name_too(small: Folder) -> None:
    small.write("templates/page.html", b'{% extends "theme/album.html" %}{% block main %}x')
    with pytest.raises(TemplateError, match=r"page\.html"):
        small.build()
    small.write(
        "templates/page.html", b'{% extends "theme/404.html" %}{% block main %}x{% endblock %}'
    )
    small.build()
    assert Crawl(small.output).pages["about/index.html"].one("main").text.strip() == "x"


def test_another_theme_shows_everything_with_templates_of_its_own(
    small: Folder, tmp_path: Path
) -> None:
    ours = small.copy(tmp_path / "ours")
    ours.build()
    shutil.copytree(CHECKOUT / "tests/themes/plain", small.root / "templates")
    small.build()
    crawl, usual = Crawl(small.output), Crawl(ours.output)
    assert crawl.broken() == []
    assert set(crawl.pages) == set(usual.pages)
    assert set(crawl.pages) - crawl.reachable() == {"404.html"}
    for path, page in crawl.pages.items():
        assert len(page.all("h1")) == len(page.all("main")) == 1, path
        assert all(image["alt"] and image["width"] for image in page.all("img")), path
        ids = [each["id"] for each in page.walk() if "id" in each.attributes]
        assert len(ids) == len(set(ids)), path
        there = {link["href"] for link in usual.pages[path].one("main").links()}
        assert there - {link["href"] for link in page.links()} <= {"../", "./"}, path


def test_it_takes_less_than_a_hundred_lines() -> None:
    files = [each for each in (CHECKOUT / "tests/themes/plain").rglob("*") if each.is_file()]
    assert sum(len(each.read_text("utf-8").splitlines()) for each in files) < 100


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        (
            "photo",
            "{{ page.titel }}",
            "photo.html:1: PhotoPage has no 'titel', did you mean 'title'?",
        ),
        (
            "photo",
            "\n{{ page.metadata.lense }}",
            ":2: Metadata has no 'lense', did you mean 'lens'?",
        ),
        ("base", "{{ pgae }}", "base.html:1: 'pgae' is unknown, did you mean 'page'?"),
        (
            "base",
            "{{ site.assets['site.cs'] | url }}",
            "has no 'site.cs', did you mean 'site.css'?",
        ),
        ("base", "{{ site.assets['x'] | url }}", "has no 'x', known are apple-touch-icon.png, "),
        ("base", "{{ page.crumbs[9] }}", "this list has no element 9"),
        ("photo", "{{ page.previous.url }}", "there may be nothing that has 'url': ask with {% if"),
        (
            "base",
            "\n\n{{ 1 | nmber }}",
            "base.html:3: there is no filter 'nmber', did you mean 'number'?",
        ),
        ("base", "{{ 1 is od }}", "base.html:1: there is no test 'od', did you mean 'odd'?"),
        ("base", "{% extends 'bas.html' %}", "no template 'bas.html', did you mean 'base.html'?"),
        ("base", "{% include 'base.html' %}", "base.html:1: it extends or includes itself"),
        ("base", "{% extends 'base.html' %}", "base.html:1: it extends or includes itself"),
        ("base", "{% if x %}\n{{ a", "base.html:2: unexpected end of template"),
        ("base", "{% blok x %}", "base.html:1: Encountered unknown tag 'blok'"),
        ("base", "{{ page.title + 1 }}", "base.html:1: can only concatenate str"),
        ("base", "{{ {}.popitem() }}", "base.html:1: "),
        ("photo", "\n{{ 'Falls' | date }}", "photo.html:2: date wants a date, got 'Falls' (on /"),
        ("photo", "{{ page.album | url }}", "photo.html:1: url wants an address, got Link (on /"),
        ("photo", "{{ '' | month }}", "month wants a date, got nothing: ask with {% if %} first"),
        ("photo", "{{ '2025-05-03' | time }}", "time wants a date with a time, got '2025-05-03'"),
        ("photo", "{{ [1] | number }}", "number wants a number, got [1]"),
        ("photo", "{{ page.titel | date }}", "has no 'titel', did you mean 'title'?"),
        ("base", "{% from '_lists.html' import gird %}{{ gird }}", "'gird'"),
        ("_lists", "{% macro x() %}{% endmacro %}", ".html:"),
    ],
)
def test_an_error_names_template_line_and_what_was_meant_and_the_site_stays(
    small: Folder, name: str, text: str, said: str
) -> None:
    small.build()
    before = stamps(small.output)
    small.write(f"templates/{name}.html", text.encode())
    with pytest.raises(TemplateError) as caught:
        small.build()
    (problem,) = caught.value.problems
    assert said in str(problem)
    assert str(problem).startswith("templates/")
    assert "\n" not in str(problem)
    assert stamps(small.output) == before


def test_an_error_names_the_page(small: Folder) -> None:
    small.write("templates/page.html", b"{{ page.x }}")
    with pytest.raises(TemplateError, match=r"\(on /about/\)"):
        small.build()


MISSPELT = "{% extends 'theme/base.html' %}\n{% block collophon %}x{% endblock %}"


@pytest.mark.parametrize(
    ("files", "where", "what", "hint"),
    [
        ({"base.html": MISSPELT}, "base.html:2", "'collophon'", "did you mean 'colophon'?"),
        (
            {
                "base.html": "{% extends 'theme/base.html' %}",
                "page.html": "{% extends 'base.html' %}{% if 1 %}{% block qqq %}{% endblock %}"
                "{% endif %}{% block main %}{% block mine %}{% endblock %}{% endblock %}",
            },
            "page.html:1",
            "'qqq'",
            "there are colophon, crumbs",
        ),
        ({"albun.html": "x"}, "albun.html", "nothing uses", "did you mean album.html?"),
        ({"albun.html": "{% if"}, "albun.html", "nothing uses", "did you mean album.html?"),
        ({"user.css": "x"}, "user.css", "nothing uses", "templates/static/"),
        ({"lost.jinja": "x"}, "lost.jinja", "nothing uses", "templates/static/"),
    ],
)
def test_what_has_no_effect_is_warned_of(
    small: Folder, files: dict[str, str], where: str, what: str, hint: str
) -> None:
    for name, text in files.items():
        small.write(f"templates/{name}", text.encode())
    (problem,) = small.build().problems
    assert (problem.where, problem.severity) == (f"templates/{where}", "warning")
    assert what in problem.what
    assert hint in problem.hint
    assert small.build().problems == (problem,)


@pytest.mark.parametrize(
    "files",
    [
        {"base.html": "{% extends 'theme/base.html' %}{% block head %}{% endblock %}"},
        {
            "page.html": "{% extends 'theme/page.html' %}{% block main %}{{ super() }}"
            "{% include 'parts/note.html' %}{% block mine %}{% endblock %}{% endblock %}",
            "parts/note.html": "{% from 'parts/macros.html' import x %}{{ x() }}",
            "parts/macros.html": "{% macro x() %}x{% endmacro %}",
        },
        {
            "page.html": "{% set part = 'note' %}{% include part ~ '.html' %}",
            "note.html": "x",
        },
        {"page.html": "{{ page.title }}{% block mine %}{% endblock %}"},
        {"page.html": "{% extends 'theme/' ~ 'page.html' %}{% block mine %}{% endblock %}"},
        {
            "base.html": "{% extends 'theme/base.html' %}{% block colophon %}"
            "{% include 'logo.svg' %}{% include 'part.jinja' %}{% endblock %}",
            "logo.svg": "<svg xmlns='http://www.w3.org/2000/svg'></svg>",
            "part.jinja": "{% include 'within.inc' %}",
            "within.inc": "x",
        },
        {"README.md": "x", "languages/eo.po": 'msgid ""\nmsgstr ""\n', "static/x.html": "x"},
    ],
)
def test_what_has_an_effect_or_may_have_one_is_not_warned_of(
    small: Folder, files: dict[str, str]
) -> None:
    for name, text in files.items():
        small.write(f"templates/{name}", text.encode())
    assert small.build().problems == ()


def test_a_list_without_the_macro_that_texts_need_is_told_where_to_find_it(small: Folder) -> None:
    small.write("templates/_lists.html", b"")
    small.write("templates/page.html", b"{{ page.body | prose('1px') }}")
    for name in ("album", "front", "photo", "tag", "tags", "year", "years", "search", "404"):
        small.write(f"templates/{name}.html", b"x")
    with pytest.raises(TemplateError, match=r"no macro 'grid'.*theme/_lists\.html"):
        small.build()
