"""What is averaged where a picture gets smaller: its values, or the light that they stand for."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from generator.core.config import ImageSettings
from generator.core.geometry import fit
from generator.core.model import Size
from generator.planning.variants import planner
from tests.support.colour import de2000, seen
from tests.support.containers import RGB, levels, png, tiff
from tests.support.lanczos import Light, averaged, resized
from tests.support.pictures import chart, difference, disc, encoded, psnr, soft, values
from tests.support.profiles import (
    ADOBE_RGB,
    PROPHOTO,
    Space,
    grey_profile,
    linear,
    rgb_profile,
    to_xyz,
    xyz_to_lab,
)
from tests.support.rendering import read, rendered

LIGHTS: tuple[Light, Light] = ("gamma", "linear")

# The mean of black and white: of values, and of light (sRGB's curve at one half).
GREY = {"gamma": 127.5, "linear": 187.5}


def board(side: int = 128) -> Image.Image:
    """Draw a checkerboard of black and white pixels."""
    y, x = np.mgrid[0:side, 0:side]
    return Image.fromarray(((x + y) % 2 * 255).astype(np.uint8))


def edges() -> Image.Image:
    """Draw black on white and white on black, of all widths: where a kernel rings most."""
    line = np.repeat(np.arange(16) % 2, np.arange(1, 17)) * 255
    pixels = np.minimum.outer(line, line[::-1])
    return Image.fromarray(np.stack([pixels, pixels.T, 255 - pixels], axis=-1).astype(np.uint8))


def night() -> Image.Image:
    """Draw what is close to black, where a little light is many steps of the curve."""
    return soft(97, 61).point(lambda value: value // 12)


def layered(image: Image.Image) -> Image.Image:
    """Make a picture transparent here and there."""
    image = image.copy()
    image.putalpha(soft(*image.size).getchannel("G").rotate(180))
    return image


PICTURES = {
    "chart": chart(97, 61),
    "portrait": chart(61, 97),
    "soft": soft(97, 61),
    "edges": edges(),
    "night": night(),
    "grey": chart(97, 61).convert("L"),
    "line": chart(97, 1),
}


def picture(name: str, light: str) -> Image.Image:
    """Return a picture; for values, which are cut off between the two directions, a calm one."""
    image = PICTURES[name]
    return image if light == "linear" else image.point(lambda value: 64 + value // 2)


def variant(image: Image.Image, folder: Path, step: int, light: str) -> Image.Image:
    """Return one variant of a picture, losslessly."""
    made = rendered(encoded(image, "PNG"), folder, step, formats=("png",), light=light)
    return Image.open(io.BytesIO(made.variants["png"][0]))


def test_values_are_averaged_unless_light_is_asked_for(tmp_path: Path) -> None:
    assert ImageSettings().light == "gamma"
    made = rendered(encoded(board(), "PNG"), tmp_path, 32, formats=("png",))
    assert values(Image.open(io.BytesIO(made.variants["png"][0]))).mean() == pytest.approx(
        127.5, abs=1
    )


@pytest.mark.parametrize("mode", ["L", "RGB", "P", "1"])
@pytest.mark.parametrize("light", LIGHTS)
def test_a_checkerboard_becomes_its_mean(tmp_path: Path, light: str, mode: str) -> None:
    found = variant(board().convert(mode), tmp_path, 32, light)
    inside = values(found.convert("RGB"))[4:-4, 4:-4]
    assert np.abs(inside - GREY[light]).max() <= 1


@pytest.mark.parametrize("light", LIGHTS)
def test_every_format_and_size_has_the_same_mean(tmp_path: Path, light: str) -> None:
    made = rendered(encoded(board(512), "PNG"), tmp_path, 32, 64, 128, light=light)
    for bodies in made.variants.values():
        for body in bodies:
            inside = seen(body).values[4:-4, 4:-4] * 255
            assert inside.mean() == pytest.approx(GREY[light], abs=1.5)


@pytest.mark.parametrize("light", LIGHTS)
def test_a_jpeg_is_not_made_small_in_another_light(tmp_path: Path, light: str) -> None:
    """A codec that decodes at an eighth averages values, whatever light was asked for."""
    body = encoded(board(1024), "JPEG", quality=100)
    made = rendered(body, tmp_path, 100, formats=("png",), light=light)
    inside = seen(made.variants["png"][0]).values[4:-4, 4:-4] * 255
    assert inside.mean() == pytest.approx(GREY[light], abs=2)


@pytest.mark.parametrize("step", [96, 64, 33, 16])
@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("light", LIGHTS)
def test_a_variant_is_what_floating_point_makes_of_it(
    tmp_path: Path, light: Light, name: str, step: int
) -> None:
    image = picture(name, light)
    size = fit(Size(*image.size), min(step, max(image.size)))
    found = variant(image, tmp_path, min(step, max(image.size)), light)
    wanted = resized(image, (size.width, size.height), light)
    assert found.mode == wanted.mode
    assert np.abs(values(found) - values(wanted)).max() <= 2
    assert difference(found, wanted) < 0.5


@pytest.mark.parametrize("level", [0, 1, 2, 5, 10, 11, 50, 128, 200, 254, 255])
@pytest.mark.parametrize("light", LIGHTS)
def test_what_is_even_stays_as_it_is(tmp_path: Path, light: str, level: int) -> None:
    image = Image.new("RGB", (64, 48), (level, 255 - level, level // 2))
    found = values(variant(image, tmp_path, 24, light))
    assert (found == values(image)[:18, :24]).all()


@pytest.mark.parametrize("light", LIGHTS)
def test_not_a_value_changes_at_full_size(tmp_path: Path, light: str) -> None:
    assert difference(variant(soft(), tmp_path, 96, light), soft()) == 0


@pytest.mark.parametrize("image", [chart(960, 640), soft(960, 640)], ids=["chart", "soft"])
@pytest.mark.parametrize("light", LIGHTS)
def test_a_cascade_equals_the_direct_way(tmp_path: Path, light: str, image: Image.Image) -> None:
    made = rendered(
        encoded(image, "PNG"), tmp_path, 120, 180, 270, 405, 607, formats=("png",), light=light
    )
    small = Image.open(io.BytesIO(made.variants["png"][0]))
    assert psnr(small, variant(image, tmp_path, 120, light)) > 45


@pytest.mark.parametrize("kind", ["soft", "night", "chart", "grey"])
@pytest.mark.parametrize("light", LIGHTS)
def test_colours_count_as_far_as_they_cover(tmp_path: Path, light: Light, kind: str) -> None:
    image = layered(picture(kind, light))
    size = fit(Size(*image.size), 48)
    found = variant(image, tmp_path, 48, light).convert("RGBA")
    wanted = values(resized(image, (size.width, size.height), light).convert("RGBA"))
    assert np.abs(values(found) - wanted)[..., 3].max() <= 2
    seen_on_black = np.abs(values(found) - wanted)[..., :3] * wanted[..., 3:] / 255
    assert seen_on_black.max() <= 2.5
    assert seen_on_black.mean() < 0.6


@pytest.mark.parametrize("step", [48, 20, 7])
@pytest.mark.parametrize("light", LIGHTS)
def test_no_fringe_surrounds_what_is_cut_out(tmp_path: Path, light: str, step: int) -> None:
    found = values(variant(disc(), tmp_path, max(step, 16), light))
    visible = found[found[..., 3] >= 16]
    assert visible[:, 0].min() >= 240
    assert visible[:, 1:3].max() <= 2


@pytest.mark.parametrize("light", LIGHTS)
def test_opacity_is_a_share_in_any_light(tmp_path: Path, light: str) -> None:
    white = Image.new("RGBA", (128, 128), (255, 255, 255, 255))
    white.putalpha(board())
    found = values(variant(white, tmp_path, 32, light))[4:-4, 4:-4]
    assert np.abs(found[..., 3] - 127.5).max() <= 1
    assert found[..., :3].min() >= 254


@pytest.mark.parametrize("name", ["soft", "night", "edges"])
@pytest.mark.parametrize("light", LIGHTS)
@pytest.mark.parametrize("container", ["PNG", "TIFF"])
def test_sixteen_bits_are_averaged_before_they_are_eight(
    tmp_path: Path, container: str, light: Light, name: str
) -> None:
    shares = values(picture(name, light)) / 255
    pixels = levels(shares, 16)
    body = png(pixels) if container == "PNG" else tiff(pixels, RGB)
    made = rendered(body, tmp_path, 48, formats=("png",), light=light)
    found = seen(made.variants["png"][0]).values
    wanted = averaged(shares, (found.shape[1], found.shape[0]), light=light)
    assert np.abs(found - wanted).max() * 255 <= 1.1


def checks(one: tuple[float, ...], other: tuple[float, ...], bits: int) -> npt.NDArray[Any]:
    y, x = np.mgrid[0:128, 0:128]
    return levels(np.where(((x + y) % 2)[..., None] == 0, np.array(one), np.array(other)), bits)


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("space", [ADOBE_RGB, PROPHOTO], ids=["Adobe", "ProPhoto"])
def test_light_is_that_of_the_profile(tmp_path: Path, space: Space, bits: int) -> None:
    """Two colours of a wide space, finely mixed, look like the colour of their mean light.

    Screens have both: what is cut off before it is averaged is not what is tested.
    """
    one, other = (0.85, 0.7, 0.6), (0.25, 0.3, 0.35)
    body = png(checks(one, other, bits), (b"iCCP", rgb_profile(space)))
    made = rendered(body, tmp_path, 32, formats=("png",), light="linear")
    light = (linear(space, np.array(one)) + linear(space, np.array(other))) / 2
    wanted = xyz_to_lab(to_xyz(space) @ light)
    found = seen(made.variants["png"][0]).lab[4:-4, 4:-4]
    assert de2000(found, np.broadcast_to(wanted, found.shape)).max() < 1.5


@pytest.mark.parametrize("bits", [8, 16])
def test_light_of_a_grey_is_that_of_its_profile(tmp_path: Path, bits: int) -> None:
    body = png(checks((0.2,), (0.9,), bits)[..., 0], (b"iCCP", grey_profile(1.8)))
    made = rendered(body, tmp_path, 32, formats=("png",), light="linear")
    mean = (0.2**1.8 + 0.9**1.8) / 2
    found = seen(made.variants["png"][0]).lab[4:-4, 4:-4]
    wanted = xyz_to_lab(to_xyz(ADOBE_RGB).sum(axis=1) * mean)
    assert de2000(found, np.broadcast_to(wanted, found.shape)).max() < 1.5


def test_another_light_is_another_variant(tmp_path: Path) -> None:
    photo = read(encoded(soft(), "PNG"), tmp_path)
    keys = {
        light: {key for key, _ in planner(ImageSettings(light=light), str)(photo).recipes}
        for light in LIGHTS
    }
    assert not keys["gamma"] & keys["linear"]
