"""The icons of a site: their pixels, their sizes, their names; and the manifest that lists them."""

import json
import re
from pathlib import Path

import pytest
from PIL import Image

from generator.core.model import Icon
from generator.machines import icons
from tests.support.crawl import Crawl
from tests.support.pictures import QUADRANTS, chart, save, wide_profile
from tests.support.sites import Site, clean_tree, tree

ROOT = Path(__file__).parent.parent
SIZES = {"icon-48": 48, "apple-touch-icon": 180, "icon-192": 192, "icon-512": 512}
ACCENT, PAPER = (31, 95, 139), (251, 250, 248)


def icon(site: Site, name: str) -> Path:
    (found,) = (site.output / "static").glob(f"{name}.????????.png")
    return found


def pixels(file: Path) -> Image.Image:
    with Image.open(file) as image:
        assert image.format == "PNG"
        return image.copy()


def near(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    return all(abs(a - b) <= 12 for a, b in zip(one[:3], other[:3], strict=True))


def colours(image: Image.Image) -> set[tuple[int, ...]]:
    found = image.convert("RGBA").getcolors(1 << 20) or []
    return {colour for _, colour in found if isinstance(colour, tuple)}


def test_a_letter_stands_in_the_middle_of_the_colour_of_the_theme(site: Site) -> None:
    site.settings(f'[site]\ntitle = "Hills"\n{site.SETTINGS}')
    site.photo("a.jpg")
    site.build()

    for name, side in SIZES.items():
        image = pixels(icon(site, name))
        assert image.size == (side, side)
        drawn = image.convert("RGB")
        # The bar of an H, and left and right of it the ground.
        assert near(drawn.getpixel((side // 2, side // 2)), PAPER)  # type: ignore[arg-type]
        assert near(drawn.getpixel((side // 12, side // 2)), ACCENT)  # type: ignore[arg-type]
        assert near(drawn.getpixel((side // 2, side // 12)), ACCENT)  # type: ignore[arg-type]
        has_corner = image.convert("RGBA").getpixel((0, 0))[3] > 0  # type: ignore[index]
        assert has_corner == (name == "apple-touch-icon")


def test_the_colours_are_those_of_the_style() -> None:
    style = (ROOT / "templates/static/site.css").read_text("utf-8")
    head = (ROOT / "templates/_meta.html").read_text("utf-8")
    light, dark = re.findall(r"--paper: (#\w+)", style)[:2]

    assert light == icons.PAPER
    assert re.findall(r"--accent: (#\w+)", style)[0] == icons.ACCENT
    assert re.findall(r'content="(#\w+)" media="\(prefers-color-scheme: (\w+)', head) == [
        (light, "light"),
        (dark, "dark"),
    ]


@pytest.mark.parametrize(
    ("title", "letter"),
    [("light", "L"), (" «Été»", "É"), ("9 lives", "9"), ("🜁 !", ""), ("ßa", "S")],
)
def test_the_letter_is_the_first_of_the_title(title: str, letter: str) -> None:
    assert icons._initial(title) == letter


def drawn(letter: str) -> bytes:
    return icons.draw(Icon("icon-192.png", 192, letter), b"")


def test_a_letter_that_the_font_lacks_loses_its_accents_or_becomes_hills() -> None:
    assert drawn("É") == drawn("E") != drawn("F")
    assert drawn("日") == drawn("א") == drawn("")
    assert drawn("日") not in (drawn("E"), drawn("F"))


def test_an_icon_may_be_the_middle_of_a_picture(site: Site) -> None:
    site.settings(f'[site]\nicon = "a/Wide.jpg"\n{site.SETTINGS}')
    image = Image.new("RGB", (300, 100), (0, 0, 0))
    image.paste(Image.new("RGB", (100, 100), QUADRANTS[0]), (100, 0))
    save(image, site.pictures / "a/Wide.jpg", quality=95)
    site.photo("b.jpg")
    report = site.build()

    assert not report.problems
    for name, side in SIZES.items():
        found = pixels(icon(site, name)).convert("RGB")
        assert found.size == (side, side)
        edge = side // 6
        for place in ((edge, edge), (side - edge, edge), (side // 2, side // 2)):
            assert near(found.getpixel(place), QUADRANTS[0])  # type: ignore[arg-type]


def test_a_transparent_picture_is_opaque_on_ios_only(site: Site) -> None:
    site.settings(f'[site]\nicon = "veil.png"\n{site.SETTINGS}')
    save(Image.new("RGBA", (80, 80), (0, 0, 0, 0)), site.pictures / "veil.png")
    site.build()

    assert colours(pixels(icon(site, "icon-192"))) == {(0, 0, 0, 0)}
    assert colours(pixels(icon(site, "apple-touch-icon"))) == {(*PAPER, 255)}


def test_a_wide_gamut_keeps_its_profile(site: Site) -> None:
    site.settings(f'[site]\nicon = "wide.jpg"\n{site.SETTINGS}')
    save(chart(80, 80), site.pictures / "wide.jpg", icc_profile=wide_profile())
    site.build()

    assert pixels(icon(site, "icon-48")).info.get("icc_profile")


@pytest.mark.parametrize("wanted", ["a/Wid.jpg", "drawing.svg", "../site.toml"])
def test_a_picture_that_cannot_be_an_icon_is_named(site: Site, wanted: str) -> None:
    site.settings(f'[site]\nicon = "{wanted}"\n{site.SETTINGS}svg = true\n')
    site.photo("a/Wide.jpg")
    site.write(
        "pictures/drawing.svg",
        b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><path d="M0 0h9v9z"/></svg>',
    )
    (problem,) = site.build().problems

    assert problem.severity == "warning"
    assert problem.where == "site.toml"
    assert wanted in problem.what
    assert pixels(icon(site, "icon-48")).size == (48, 48)


def test_a_theme_may_bring_its_own(site: Site) -> None:
    site.photo("a.jpg")
    own = save(chart(48, 48), site.root / "templates/static/icon-48.png")
    site.build()

    assert icon(site, "icon-48").read_bytes() == own.read_bytes()
    assert pixels(icon(site, "icon-192")).size == (192, 192)


def test_every_page_names_them_and_no_page_names_what_is_not_there(site: Site) -> None:
    site.photo("a/b.jpg")
    site.build()
    crawl = Crawl(site.output)

    assert crawl.broken() == []
    for page in crawl.pages.values():
        named = [link for link in page.all("link") if "icon" in link["rel"]]
        assert [link.attributes.get("sizes") for link in named] == ["48x48", "192x192", None]
        assert page.one("link", rel="manifest")


def test_the_manifest_says_who_the_site_is(site: Site) -> None:
    site.settings(
        f'[site]\ntitle = "שלום \\"<&>"\ndescription = "Words"\nlanguage = "he"\n{site.SETTINGS}'
    )
    site.photo("a.jpg")
    site.build()
    manifest = json.loads(site.html("manifest.webmanifest"))

    assert manifest["name"] == 'שלום "<&>'
    assert (manifest["lang"], manifest["dir"], manifest["description"]) == ("he", "rtl", "Words")
    assert (manifest["start_url"], manifest["display"]) == ("./", "browser")
    assert re.fullmatch("#[0-9a-f]{6}", manifest["theme_color"])
    for each in manifest["icons"]:
        side = pixels(site.output / each["src"]).width
        assert each["sizes"] == f"{side}x{side}"
        assert each["type"] == "image/png"
    assert {each["sizes"] for each in manifest["icons"]} == {"192x192", "512x512"}


def test_another_title_or_picture_makes_other_names_and_a_clean_build_the_same(
    site: Site, tmp_path: Path
) -> None:
    site.settings(f'[site]\ntitle = "One"\nicon = "a.jpg"\n{site.SETTINGS}')
    site.photo("a.jpg", 1)
    site.build()
    first = icon(site, "icon-48").name
    site.photo("a.jpg", 2)
    site.build()
    second = icon(site, "icon-48").name
    site.settings(f'[site]\ntitle = "One"\n{site.SETTINGS}')
    site.build()
    third = icon(site, "icon-48").name
    site.settings(f'[site]\ntitle = "Two"\n{site.SETTINGS}')
    site.build()

    assert len({first, second, third, icon(site, "icon-48").name}) == 4
    assert tree(site.output) == clean_tree(site, tmp_path / "clean")


def test_an_icon_that_is_lost_is_drawn_anew_although_the_cache_is_gone(site: Site) -> None:
    site.settings(f'[site]\nicon = "a.jpg"\n{site.SETTINGS}')
    site.photo("a.jpg", 1)
    site.build()
    before = tree(site.output)
    icon(site, "icon-48").unlink()
    for pack in (site.cache / "variants").rglob("*"):
        if pack.is_file():
            pack.unlink()
    site.build()

    assert tree(site.output) == before
