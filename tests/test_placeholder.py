"""What stands for a picture until it has loaded: averages of light, of the smallest variant."""

import re

import numpy as np
import pytest
from PIL import Image

from generator.pixels.colour import profile_of
from generator.pixels.placeholder import placeholder_of
from generator.state import store
from tests.support.pictures import disc, encoded, soft
from tests.support.sites import Site, tree


def blocks(*colours: str) -> Image.Image:
    """Draw six blocks of colour, two rows of three."""
    image = Image.new("RGB", (60, 40))
    for index, colour in enumerate(colours):
        left, top = index % 3 * 20, index // 3 * 20
        image.paste(f"#{colour}", (left, top, left + 20, top + 20))
    return image


def test_six_parts_have_their_colours() -> None:
    colours = ("102030", "a0b0c0", "ffffff", "000000", "00ff00", "804020")
    found = placeholder_of(encoded(blocks(*colours), "PNG"))
    assert re.findall("......", found.parts) == list(colours)


def test_the_average_is_of_light() -> None:
    checks = (np.indices((32, 32)).sum(axis=0) % 2 * 255).astype(np.uint8)
    assert placeholder_of(encoded(Image.fromarray(checks), "PNG")).colour == "bcbcbc"


def test_colours_are_those_of_srgb() -> None:
    body = encoded(Image.new("RGB", (8, 8), "#804020"), "PNG", icc_profile=profile_of("p3"))
    # Of Display P3's 0x80, 0x40, 0x20 light, by the matrices of both; LittleCMS rounds.
    found = np.array(list(bytes.fromhex(placeholder_of(body).colour)), int)
    assert np.abs(found - [0x8A, 0x3B, 0x15]).max() <= 1


def test_transparent_pixels_do_not_count() -> None:
    assert placeholder_of(encoded(disc(), "PNG")).colour == "ff0000"
    assert placeholder_of(encoded(Image.new("RGBA", (4, 4)), "PNG")).colour == "000000"


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (200, 1), (2, 3)])
def test_every_size_has_six_parts(size: tuple[int, int]) -> None:
    found = placeholder_of(encoded(Image.new("RGB", size, "#336699"), "PNG"))
    assert (found.colour, found.parts) == ("336699", "336699" * 6)


def test_a_page_shows_the_colour_of_its_picture(site: Site) -> None:
    site.write("pictures/blue.png", encoded(Image.new("RGB", (400, 300), "#3366cc"), "PNG"))
    site.write("pictures/disc.png", encoded(disc(), "PNG"))
    site.build()
    (blue,) = re.findall(r"<img [^>]*>", (site.output / "blue/index.html").read_text())
    assert 'class="x3 y6 zc"' in blue
    (clear,) = re.findall(r"<img [^>]*>", (site.output / "disc/index.html").read_text())
    assert "class" not in clear


@pytest.mark.parametrize("lost", [(store.PLACEHOLDERS,), (store.PLACEHOLDERS, store.MEMO)])
def test_placeholders_that_are_lost_are_found_again(site: Site, lost: tuple[str, ...]) -> None:
    site.write("pictures/soft.jpg", encoded(soft(800, 600), "JPEG"))
    site.build()
    before = tree(site.output)
    for name in (*lost, store.LAST):
        (site.root / ".cache" / name).unlink(missing_ok=True)
    report = site.build()
    assert (report.files_written, report.photos_rendered) == (0, 0)
    assert tree(site.output) == before
    assert (site.root / ".cache" / store.PLACEHOLDERS).exists()


def test_a_placeholder_is_of_the_smallest_variant_that_all_browsers_show(site: Site) -> None:
    site.write("pictures/soft.jpg", encoded(soft(800, 600), "JPEG"))
    site.build()
    jpegs = (site.output / "image").glob("soft.????????-*.jpg")
    small = min(jpegs, key=lambda path: path.stat().st_size)
    kept = store.load(site.root / ".cache", store.PLACEHOLDERS, bytes)
    assert kept is not None
    assert kept[16:] == bytes(placeholder_of(small.read_bytes()))
