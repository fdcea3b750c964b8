"""Which formats and sizes a photo gets, by what it is and by the settings."""

import pytest
from msgspec import structs

from generator.core.config import FormatName, ImageSettings
from generator.core.model import Form, Metadata, Photo, Size, Stamp, photo_of
from generator.planning.variants import planner

FORM = Form("PNG", Size(900, 600), transparent=False)


def picture(form: Form) -> Photo:
    return photo_of("a.png", "00" * 32, Stamp(1, 1, 1, 1), form, Metadata())


PHOTO = picture(FORM)


def formats(photo: Photo, *wanted: FormatName) -> list[str]:
    """Return the formats of a photo in the order a browser shall try them."""
    return [name for name, _ in planner(ImageSettings(formats=wanted), str)(photo).shown]


@pytest.mark.parametrize(
    ("wanted", "opaque", "transparent"),
    [
        (("avif", "jpeg"), ["avif", "jpeg"], ["avif", "png"]),
        (("jpeg",), ["jpeg"], ["png"]),
        (("jpeg", "webp", "avif"), ["avif", "webp", "jpeg"], ["avif", "webp"]),
        (("jpeg", "webp"), ["webp", "jpeg"], ["webp"]),
        (("png", "jpeg"), ["jpeg", "png"], ["png"]),
        (("avif",), ["avif"], ["avif"]),
    ],
)
def test_what_jpeg_cannot_show_gets_another_format(
    wanted: tuple[FormatName, ...], opaque: list[str], transparent: list[str]
) -> None:
    assert formats(PHOTO, *wanted) == opaque
    assert formats(picture(structs.replace(FORM, transparent=True)), *wanted) == transparent


def test_depth_and_gamut_make_other_recipes() -> None:
    deep = picture(structs.replace(FORM, deep=True, wide=True))
    recipes = [recipe for _, recipe in planner(ImageSettings(), str)(deep).recipes]
    assert {recipe.gamut for recipe in recipes} == {"p3"}
    assert {recipe.format: recipe.bits for recipe in recipes} == {"avif": 10, "jpeg": 8, "png": 8}
    plain = planner(ImageSettings(profile="srgb"), str)(deep).recipes
    assert {recipe.gamut for _, recipe in plain} == {"srgb"}


@pytest.mark.parametrize("side", [1, 15, 320, 321])
def test_a_small_source_gets_its_own_size_and_no_other(side: int) -> None:
    photo = picture(structs.replace(FORM, size=Size(side, 1)))
    assert planner(ImageSettings(), str)(photo).steps == (side,)


@pytest.mark.parametrize(
    ("size", "steps"),
    [
        (Size(1, 2000), (2000,)),
        (Size(3, 2000), (720, 1620, 2000)),
        (Size(2000, 1), (320, 480, 720, 1080, 1620, 2000)),
    ],
)
def test_of_steps_of_one_width_the_largest_is_left(size: Size, steps: tuple[int, ...]) -> None:
    photo = picture(structs.replace(FORM, size=size))
    made = planner(ImageSettings(), str)(photo)
    assert made.steps == steps
    keys = {key for _, key in made.shown}
    assert {recipe.outputs for key, recipe in made.recipes if key in keys} == {steps}
