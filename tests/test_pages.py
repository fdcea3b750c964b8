"""The pages of a rich site: whole, honest about their pictures, and safe."""

import json
import re
import sys
import unicodedata
from itertools import pairwise
from pathlib import Path

import pytest
from PIL import Image, ImageOps

from generator.report import Report
from tests.support.crawl import Crawl, Element, addresses, candidates, read_page
from tests.support.pictures import chart, exif, gps_exif, save
from tests.support.sites import Site, tree

PREFIX = "/gallery/"
LADDER = """
[images]
max_dimensions = [32, 64, 100]
default_dimension = 64
"""
SETTINGS = f"""
[site]
title = "Light & <Shade>"
author = "A \\"B\\" C"
language = "pt-BR"
base_url = "https://example.org/gallery/"
{LADDER}
"""
# What a page must show and never obey.
HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)>{{ 7 * 7 }}{% raw %}'
ODD = "100% #1 it's ünï 🜁" + ('? "q" <x> \\' if sys.platform != "win32" else "")
# A bell, and a mark that turns the rest of a line round.
UNSEEN = "a\x07b\u202ec" if sys.platform != "win32" else "abc"

VARIANT = re.compile(r"\.[0-9a-f]{8}-\d+\.\w+$")


@pytest.fixture(scope="module")
def rich(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A site with nested albums, odd names, all shapes of pictures, and texts that refer to them.

    Module-wide and only ever read; `result` builds it.
    """
    site = Site(tmp_path_factory.mktemp("rich") / "site")
    site.settings(SETTINGS)
    site.photo("front door.jpg", 1)
    site.photo(f"Sea & Sky/{ODD}.jpg", 2)
    site.photo("Sea & Sky/deep/er/portrait.jpg", 3, 64, 160)
    site.photo("Sea & Sky/deep/er/panorama.jpg", 4, 400, 40)
    veil = chart(80, 80, 5).convert("RGBA")
    veil.putalpha(Image.linear_gradient("L").resize(veil.size))
    save(veil, site.pictures / "Sea & Sky/deep/er/veil.png")
    save(chart(90, 60, 6).quantize(32), site.pictures / "Sea & Sky/deep/er/moving.gif")
    save(chart(90, 60, 7), site.pictures / "Sea & Sky/deep/er/small.webp")
    for number in range(1, 13):
        taken = exif(t36867=f"2024:05:{number:02} 10:00:00")
        save(chart(60, 40, number + 10), site.pictures / f"many/IMG_{number}.jpg", exif=taken)
    told = gps_exif()
    told[0x0112] = 6
    save(chart(120, 80, 30), site.pictures / "many/turned.jpg", exif=told)
    save(chart(60, 40, 31), site.pictures / "hostile/said.jpg", exif=exif(t270=HOSTILE))
    site.photo("hostile/written.jpg", 32)
    site.photo("hostile/named {{ 7 * 7 }}.jpg", 33)
    site.photo(f"hostile/{UNSEEN}/within.jpg", 34)

    site.text(
        "index.md", "# Welcome\n\n![](front%20door.jpg)\n\nSee [the sea](Sea%20%26%20Sky/).\n"
    )
    site.text("about.md", ABOUT)
    site.text("Sea & Sky/notes.md", "Up to [all](../) and [one](deep/er/portrait.jpg).\n")
    site.text(
        "Sea & Sky/index.md",
        "---\ntitle: The sea\ncover: deep/er/veil.png\n---\n# Not the title\n[Notes](notes.md)\n",
    )
    site.text("Sea & Sky/deep/er/portrait.md", "---\ntitle: A tower\nalt: A tower in fog\n---\n")
    site.text("Sea & Sky/deep/er/panorma.md", "This was meant for a picture.\n")
    quoted = HOSTILE.replace("\\", "\\\\").replace('"', '\\"')
    site.text(
        "hostile/written.md",
        f'---\ntitle: "{quoted}"\ncaption: "{quoted}a\\u0007b\\u202ec"\nkeywords: ["{quoted}"]\n'
        f'description: "{quoted}"\n---\n{HOSTILE} <b onclick="x()" style="color:red">bold</b>\n\n'
        "[go](javascript:alert(3)) [ref](<data:text/html,x>)\n",
    )
    return site


ABOUT = """---
description: All about it
---
# About

A [picture](Sea%20%26%20Sky/deep/er/portrait.jpg), an [album](/many/), this [page](about.md),
the [old address](/image/many/IMG_1.jpg), an [original](/full/many/IMG_2.jpg),
[elsewhere](https://example.com/a?b=c&d#e) and [mail](mailto:me@example.com).

![One of many](many/IMG_3.jpg "Said below")

Within a line ![a door](/front%20door.jpg) and [![linked](many/IMG_4.jpg)](/many/).

[![alone in a link](many/turned.jpg)](https://example.com/)

## More

[Lost](many/IMG_33.jpg) and ![lost too](Sea%20%26%20Sky/deep/er/portrat.jpg).
![foreign](https://example.com/x.jpg)
"""


@pytest.fixture(scope="module")
def result(rich: Site) -> Report:
    return rich.build()


@pytest.fixture(scope="module")
def crawl(rich: Site, result: Report) -> Crawl:
    return Crawl(rich.output, PREFIX)


def photo_pages(crawl: Crawl) -> dict[str, Path]:
    """Return the source of the photo that each photo page shows, known by the original's bytes."""
    pictures = crawl.output.parent / "pictures"
    sources = {path.read_bytes(): path for path in pictures.rglob("*") if path.is_file()}
    return {
        path: sources[original.read_bytes()]
        for path, page in crawl.pages.items()
        for link in page.links()
        if link.text == "Open the original"
        and (original := crawl.file(path, link["href"])).is_file()
    }


def address_of(crawl: Crawl, name: str) -> str:
    """Return the page of the photo whose file has this name."""
    (found,) = [page for page, source in photo_pages(crawl).items() if source.name == name]
    return found


def images(page: Element) -> list[tuple[Element, list[Element]]]:
    """Return every picture of a page: its img, and the sources a browser tries before."""
    return [(each.one("img"), each.all("source")) for each in page.all("picture")]


def test_every_photo_has_a_page(rich: Site, crawl: Crawl) -> None:
    sources = sorted(path for path in rich.pictures.rglob("*") if path.is_file())

    assert sorted(photo_pages(crawl).values()) == sources


def test_every_page_says_what_it_is(crawl: Crawl) -> None:
    for path, page in crawl.pages.items():
        assert page.one("html")["lang"] == "pt-BR", path
        assert len(page.all("h1")) == 1, path
        assert page.one("h1").text.strip(), path
        assert page.one("title").text.strip(), path
        assert "width=device-width" in page.one("meta", name="viewport")["content"], path
        assert len(page.all("main")) == 1, path


def test_headings_do_not_skip_a_level(crawl: Crawl) -> None:
    for path, page in crawl.pages.items():
        levels = [int(each.tag[1]) for each in page.walk() if re.fullmatch("h[1-6]", each.tag)]
        assert all(after <= before + 1 for before, after in pairwise(levels)), path


def test_titles_tell_pages_apart(crawl: Crawl) -> None:
    titles = [page.one("title").text for page in crawl.pages.values()]

    assert len(set(titles)) == len(titles)


def test_no_id_stands_twice_in_a_page(crawl: Crawl) -> None:
    for path, page in crawl.pages.items():
        ids = [each["id"] for each in page.walk() if "id" in each.attributes]
        assert len(ids) == len(set(ids)), path


def test_p3_every_address_leads_to_a_file_and_every_fragment_to_an_id(crawl: Crawl) -> None:
    assert crawl.broken() == []


def test_every_page_is_reached_by_links_from_the_front_page(crawl: Crawl) -> None:
    assert set(crawl.pages) - crawl.reachable() == {"404.html"}


def test_every_file_is_named_by_a_page_or_known_by_its_address(rich: Site, crawl: Crawl) -> None:
    named = {path for page in crawl.pages for path, _ in crawl.named(page) if path != page}
    manifest = json.loads(rich.html("manifest.webmanifest"))
    known = {
        ".nojekyll",
        "404.html",
        "index.html",
        "_headers",
        "robots.txt",
        "sitemap.xml",
        "search.json",
    }
    known |= {icon["src"] for icon in manifest["icons"]}

    unnamed = set(tree(rich.output)) - named - known

    assert all(path.startswith("image/") and not VARIANT.search(path) for path in unnamed)
    assert len(unnamed) <= len(photo_pages(crawl))


def test_a_srcset_tells_true_widths_from_small_to_large(crawl: Crawl) -> None:
    checked = set()
    for path, page in crawl.pages.items():
        for element in page.walk():
            widths = candidates(element.attributes.get("srcset", "x 0w"))
            assert list(widths.values()) == sorted(set(widths.values())), path
            for address, width in widths.items():
                if width and (file := crawl.file(path, address)) not in checked:
                    with Image.open(file) as image:
                        assert image.width == width, file
                    checked.add(file)
    assert len(checked) > 80


def test_a_picture_is_offered_as_avif_before_a_format_for_all(crawl: Crawl) -> None:
    for path, source in photo_pages(crawl).items():
        ((image, sources),) = images(crawl.pages[path])
        fallback = ".png" if source.name == "veil.png" else ".jpg"
        assert [each["type"] for each in sources] == ["image/avif"], path
        assert {Path(each).suffix for each in candidates(sources[0]["srcset"])} == {".avif"}
        assert {Path(each).suffix for each in candidates(image["srcset"])} == {fallback}
        assert image["src"] in candidates(image["srcset"])


def test_a_picture_has_the_width_and_height_of_its_upright_source(crawl: Crawl) -> None:
    for path, source in photo_pages(crawl).items():
        ((image, _),) = images(crawl.pages[path])
        with Image.open(source) as original:
            upright = ImageOps.exif_transpose(original).size
        assert (int(image["width"]), int(image["height"])) == upright, path


def test_every_picture_is_described_in_words_that_are_no_file_name(crawl: Crawl) -> None:
    sources = photo_pages(crawl).values()
    names = {each.name.casefold() for each in sources} | {each.stem.casefold() for each in sources}
    for path, page in crawl.pages.items():
        for image in page.all("img"):
            assert image["alt"].strip(), path
            assert image["alt"].casefold() not in names, path


def test_a_picture_has_a_size_to_choose_by_and_a_box_to_wait_in(crawl: Crawl) -> None:
    for path, page in crawl.pages.items():
        for image, sources in images(page):
            assert {"width", "height", "sizes", "srcset", "src"} <= image.attributes.keys(), path
            assert {each["sizes"] for each in sources} == {image["sizes"]}, path


def test_the_first_pictures_of_a_grid_are_loaded_at_once_and_the_later_ones_when_near(
    crawl: Crawl,
) -> None:
    (grid,) = crawl.pages["many/index.html"].all("ul", kind="grid hold")
    lazy = [image.attributes.get("loading") for image in grid.all("img")]

    first = lazy.index("lazy")
    assert len(lazy) == 13
    assert 4 <= first <= 10
    assert set(lazy[:first]) == {None}
    assert set(lazy[first:]) == {"lazy"}


def test_one_picture_of_a_page_at_most_is_fetched_before_all_else(crawl: Crawl) -> None:
    for path, page in crawl.pages.items():
        images = page.all("img")
        urgent = [image for image in images if image["fetchpriority"] != "low"]
        at_once = [image for image in images if "loading" not in image.attributes]
        assert [image["fetchpriority"] for image in urgent] == ["high"] * bool(at_once), path
        assert all(image in at_once for image in urgent), path


def test_that_is_the_largest_that_a_phone_shows_first(small: Site) -> None:
    shapes = [(40, 60), (60, 40), (40, 60), (60, 60), *[(60, 40)] * 4, (300, 60)]
    for number, (width, height) in enumerate(shapes):
        small.photo(f"a/p{number}.png", number, width, height)
    small.build()
    (grid,) = read_page(small.html("a/index.html")).all("ul", kind="grid hold")

    lead = [image["fetchpriority"] for image in grid.all("img")].index("high")
    assert lead != 0
    starts = [at for at, tile in enumerate(grid.all("li")) if {"a", "A"} & {*tile["class"].split()}]
    areas = {
        at: width / height / sum(w / h for w, h in shapes[start:end]) ** 2
        for start, end in pairwise([*starts, len(shapes)])
        for at, (width, height) in enumerate(shapes[start:end], start)
        if at < 8
    }
    assert areas[lead] == pytest.approx(max(areas.values()))


def test_the_picture_of_a_photo_page_is_loaded_at_once(crawl: Crawl) -> None:
    for path in photo_pages(crawl):
        assert "loading" not in crawl.pages[path].one("img").attributes, path


def test_the_picture_of_a_photo_page_leads_to_its_largest_file(site: Site) -> None:
    site.photo("a/large.jpg", 1, 900, 600)
    site.photo("a/small.jpg", 2, 640, 480)
    site.build()

    page = read_page(site.html("a/large/index.html"))
    (link,) = page.all("a", title="View at full size")
    image = link.one("img")
    widths = candidates(image["srcset"])
    assert widths[link["href"]] == max(widths.values())
    # It is called what the picture is called.
    assert image["alt"]
    assert "aria-label" not in link.attributes
    # What is shown as large as it is leads nowhere.
    assert read_page(site.html("a/small/index.html")).all("a", title="View at full size") == []


def test_x7_nothing_in_a_page_acts(crawl: Crawl) -> None:
    for path, page in crawl.pages.items():
        for element in page.walk():
            if element.attributes.get("type") == "application/ld+json":
                continue
            assert element.tag not in ("style", "iframe", "object", "embed", "form"), path
            assert element.tag != "script" or (element["src"] and not element.text), path
            assert "style" not in element.attributes, path
            assert not any(name.startswith("on") for name in element.attributes), path
        for _, address in addresses(page):
            assert not address.casefold().startswith(("javascript:", "data:", "vbscript:")), path


def test_x1_hostile_words_are_shown_as_they_are(crawl: Crawl) -> None:
    page = crawl.pages[address_of(crawl, "written.jpg")]

    assert page.one("h1").text == HOSTILE
    assert page.one("meta", name="description")["content"] == HOSTILE
    assert page.one("p", kind="caption").text.startswith(HOSTILE)
    # A slash stands between a keyword and those below it.
    said = [tag.text for tag in crawl.pages["tags/index.html"].one("main").links()]
    assert "/".join(said[:2]) == HOSTILE
    assert said[1] in [each.text for each in page.all("dd")]
    assert HOSTILE in crawl.pages[address_of(crawl, "said.jpg")].one("p", kind="caption").text
    assert "{{ 7 * 7 }}" in page.one("div", kind="prose").text


def test_x2_no_page_holds_characters_that_cannot_be_seen(rich: Site, crawl: Crawl) -> None:
    for path in crawl.pages:
        categories = {char: unicodedata.category(char) for char in rich.html(path)}
        unseen = {char for char, category in categories.items() if category in ("Cc", "Cf")}
        assert unseen <= {"\n"}, path


def test_the_next_page_of_each_photo_is_the_next_of_its_album(crawl: Crawl) -> None:
    for album in ("many/index.html", "hostile/index.html", "sea-sky/deep/er/index.html"):
        (grid,) = crawl.pages[album].all("ul", kind="grid hold")
        tiles = [crawl.target(album, link["href"]) for link in grid.links()]
        order = [tile[0] for tile in tiles if tile]
        for before, page, after in zip([None, *order], order, [*order[1:], None], strict=False):
            assert turn(crawl, page, "prev") == before
            assert turn(crawl, page, "next") == after
            up = crawl.pages[page].one("a", kind="up")
            assert up.text == f"{order.index(page) + 1} of {len(order)}"
            assert (crawl.target(page, up["href"]) or [""])[0] == album


def turn(crawl: Crawl, page: str, way: str) -> str | None:
    """Return where a photo page's links lead in one direction; in the head and in the body."""
    links = crawl.pages[page].links(rel=way) + crawl.pages[page].all("link", rel=way)
    found = {crawl.target(page, link["href"]) for link in links}
    assert len(links) in (0, 2) and len(found) <= 1
    return next(((each or ("",))[0] for each in found), None)


def test_breadcrumbs_lead_all_the_way_up(crawl: Crawl) -> None:
    page = address_of(crawl, "portrait.jpg")
    links = crawl.pages[page].one("nav", kind="crumbs").links()

    # The way home is the title of the site, above.
    home = crawl.pages[page].one("a", kind="site-title")
    assert home.text == "Light & <Shade>"
    assert crawl.target(page, home["href"]) == ("index.html", "")
    assert [link.text for link in links] == ["The sea", "Deep", "Er"]
    assert [crawl.target(page, link["href"]) for link in links] == [
        ("sea-sky/index.html", ""),
        *[("sea-sky/deep/index.html", ""), ("sea-sky/deep/er/index.html", "")],
    ]


def test_the_page_for_missing_addresses_works_at_any_address(crawl: Crawl) -> None:
    found = [address for _, address in addresses(crawl.pages["404.html"])]

    assert found
    assert all(each.startswith((PREFIX, "https://example.org/gallery/", "#")) for each in found)


def test_no_other_page_depends_on_where_the_site_lies(crawl: Crawl) -> None:
    for path, page in crawl.pages.items():
        for element, address in addresses(page):
            canonical = element.attributes.get("rel") == "canonical"
            elsewhere = re.match(r"https://example\.com/|mailto:", address)
            assert (
                path == "404.html" or canonical or elsewhere or not re.match("/|[a-z]+:", address)
            )


def test_a_page_names_its_own_address(crawl: Crawl) -> None:
    assert not crawl.pages["404.html"].all("link", rel="canonical")
    for path, page in crawl.pages.items():
        if path == "404.html":
            continue
        address = page.one("link", rel="canonical")["href"]
        assert address.startswith("https://example.org/gallery/")
        here = address.removeprefix("https://example.org")
        assert crawl.target(path, here) == (path, "")


def test_a_site_that_knows_no_address_of_its_own_names_none(site: Site) -> None:
    site.photo("a.jpg")
    site.build()
    crawl = Crawl(site.output)

    assert crawl.broken() == []
    assert not any(page.all("link", rel="canonical") for page in crawl.pages.values())
    assert all(each.startswith(("/", "#")) for _, each in addresses(crawl.pages["404.html"]))


def test_links_to_files_work_without_a_server(rich: Site, tmp_path: Path) -> None:
    twin = rich.copy(tmp_path / "site")
    twin.settings(f'{LADDER}[gallery]\nlinks = "file"\n')
    twin.build()
    crawl = Crawl(twin.output)

    assert crawl.broken() == []
    assert set(crawl.pages) - crawl.reachable() == {"404.html"}
    for path, page in crawl.pages.items():
        for link in page.links():
            address = link["href"].partition("#")[0]
            assert not address or not address.endswith("/") or ":" in address, path


def test_references_that_lead_nowhere_are_named_with_their_line_and_what_was_meant(
    result: Report,
) -> None:
    found = {problem.where: problem for problem in result.problems if "about.md" in problem.where}
    lines = ABOUT.splitlines()
    lost = next(number for number, line in enumerate(lines, 1) if "IMG_33" in line)

    assert set(found) == {f"content/about.md:{lost}", f"content/about.md:{lost + 1}"}
    said = [problem for problem in result.problems if problem.where == f"content/about.md:{lost}"]
    assert len(said) == 2
    assert "many/img_3" in " ".join(each.hint for each in said).casefold()
    assert "portrait.jpg" in " ".join(each.hint for each in said)
    assert "https://example.com/x.jpg" in found[f"content/about.md:{lost + 1}"].what


def test_a_picture_that_is_all_of_its_paragraph_is_wide_and_others_are_thumbnails(
    crawl: Crawl,
) -> None:
    page = crawl.pages["about/index.html"]
    wide = {image["alt"] for figure in page.all("figure") for image in figure.all("img")}
    sizes = {image["alt"]: image["sizes"] for image in page.one("main").all("img")}
    (door,) = [image for image in page.all("img") if image["alt"] == "a door"]

    assert wide == {"One of many", "alone in a link"}
    assert {alt for alt, said in sizes.items() if "92vw" in said} == wide
    assert max(int(door["width"]), int(door["height"])) <= 200
    assert door["sizes"] == f"auto, {door['width']}px"
    assert [each.all("p") for each in page.all("p") if each.all("figure")] == []


def test_a_text_that_almost_has_the_name_of_a_picture_is_named(result: Report) -> None:
    (problem,) = [each for each in result.problems if each.where.endswith("panorma.md")]

    assert problem.severity == "warning"
    assert "pictures/Sea & Sky/deep/er/panorama.jpg" in problem.hint


def test_a_picture_in_a_text_leads_to_its_photo_unless_it_is_in_a_link(crawl: Crawl) -> None:
    page = crawl.pages["about/index.html"]
    links = {
        link.one("img")["alt"]: crawl.target("about/index.html", link["href"])
        for link in page.links()
        if link.all("img")
    }

    assert links == {
        "One of many": ("many/img-3/index.html", ""),
        "a door": ("front-door/index.html", ""),
        "linked": ("many/index.html", ""),
        "alone in a link": None,
    }
    assert page.one("figcaption").text == "Said below"
    assert page.one("meta", name="description")["content"] == "All about it"


def test_references_within_texts_are_resolved(crawl: Crawl) -> None:
    page = crawl.pages["about/index.html"]
    links = {
        link.text: link["href"]
        for link in page.one("article").all(
            "a",
        )
        if link.attributes
    }

    assert crawl.target("about/index.html", links["picture"]) == (
        address_of(crawl, "portrait.jpg"),
        "",
    )
    assert crawl.target("about/index.html", links["original"]) == ("full/many/IMG_2.jpg", "")
    assert crawl.target("about/index.html", links["old address"]) == ("image/many/IMG_1.jpg", "")
    assert links["elsewhere"] == "https://example.com/a?b=c&d#e"
    assert links["mail"] == "mailto:me@example.com"
    assert "Lost" not in links


@pytest.mark.parametrize(
    ("source", "alias", "kind", "size"),
    [
        ("many/IMG_1.jpg", "many/IMG_1.jpg", "JPEG", (60, 40)),
        ("many/turned.jpg", "many/turned.jpg", "JPEG", (43, 64)),
        ("front door.jpg", "front door.jpg", "JPEG", (64, 43)),
        ("Sea & Sky/deep/er/veil.png", "Sea & Sky/deep/er/veil.png", "PNG", (64, 64)),
        ("Sea & Sky/deep/er/moving.gif", "Sea & Sky/deep/er/moving.gif.jpg", "JPEG", (64, 43)),
        ("Sea & Sky/deep/er/small.webp", "Sea & Sky/deep/er/small.webp", "WEBP", (64, 43)),
    ],
)
def test_the_resampled_picture_stands_at_its_old_address(
    crawl: Crawl, source: str, alias: str, kind: str, size: tuple[int, int]
) -> None:
    file = crawl.output / "image" / alias
    with Image.open(file) as image:
        assert (image.format, image.size) == (kind, size)

    page = address_of(crawl, Path(source).name)
    shown = crawl.pages[page].one("img")
    if kind in ("JPEG", "PNG"):
        by_width = {
            width: crawl.file(page, each) for each, width in candidates(shown["srcset"]).items()
        }
        assert by_width[size[0]].read_bytes() == file.read_bytes()


def test_the_front_page_opens_with_the_picture_that_its_text_names(site: Site) -> None:
    site.photo("a/one.jpg", 1)
    site.photo("a/two.jpg", 2)
    site.text("index.md", "---\ncover: a/two.jpg\n---\nWords\n")
    site.build()
    page = site.html("index.html")

    assert page.index('<a class="hero r1 t5 u0" href="a/two/">') < page.index("<h1>")
    assert page.count('fetchpriority="high"') == 1
    assert page.index('fetchpriority="high"') < page.index("<h1>")

    site.text("index.md", "Words\n")
    site.build()

    assert "hero" not in site.html("index.html")


def test_a_description_parts_blocks_and_no_words(site: Site) -> None:
    site.photo("a/one.jpg")
    site.text("a/index.md", "Seen from [the *road*](one.jpg).\n\n- first\n- sec**ond**\n")
    site.build()

    assert 'content="Seen from the road. first second"' in site.html("a/index.html")


def test_a_dot_in_the_name_of_a_folder_begins_no_suffix(site: Site) -> None:
    site.photo("St. Moritz/one.jpg", 1)
    site.photo("2024.05 Iceland/two.jpg", 2)

    assert site.build().problems == ()

    assert (site.output / "st-moritz/one/index.html").is_file()
    assert (site.output / "2024-05-iceland/two/index.html").is_file()


def test_numbers_are_written_as_the_language_has_them(site: Site) -> None:
    site.settings(Site.SETTINGS + '[site]\nlanguage = "de"\n')
    first = site.photo("a/0000.jpg")
    for number in range(1, 1001):
        (site.pictures / f"a/{number:04}.jpg").hardlink_to(first)
    site.build()

    assert "Foto 1.000 von 1.001, A" in site.html("a/0999/index.html")
