"""From a photo to its variants: compared with a Lanczos of our own, and searched for leaks."""

import io
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

import imagecodecs
import numpy as np
import pytest
from msgspec import structs
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from generator.core.config import ImageSettings
from generator.core.errors import DecodeError
from generator.core.formats import OUTPUTS
from generator.core.geometry import fit
from generator.core.model import Form, Job, Metadata, Photo, Recipe, Size, Stamp, photo_of
from generator.library.photo import read_photo
from generator.pixels.codec import encode
from generator.pixels.encode import encode_photo, render_job
from generator.pixels.render import decoded_bytes
from generator.planning.variants import planner
from generator.state import store
from tests.support.lanczos import resized
from tests.support.pictures import (
    chart,
    difference,
    disc,
    encoded,
    exif,
    gps_exif,
    lossless_jpeg,
    psnr,
    soft,
    stored,
    swapped_profile,
    values,
    xmp_packet,
)

LANCZOS = Image.Resampling.LANCZOS
QUALITY = {"avif": 64, "webp": 82, "jpeg": 75, "png": 0}

Source = Callable[[bytes], Photo]


@pytest.fixture
def source(tmp_path: Path) -> Source:
    """Put a picture, given as its bytes, among the photographs."""

    def read(body: bytes) -> Photo:
        (tmp_path / "photo").write_bytes(body)
        photo = read_photo("photo", tmp_path)
        assert isinstance(photo, Photo), photo
        return photo

    return read


def recipe(name: str, chain: tuple[int, ...], outputs: tuple[int, ...] = ()) -> Recipe:
    return Recipe("test", name, QUALITY[name], "fast", chain, outputs or chain)


def variants(photo: Photo, pictures: Path, *recipes: Recipe) -> dict[str, list[bytes]]:
    job = Job(photo, tuple((each.format, each) for each in recipes))
    return encode_photo(job, pictures)


def variant(photo: Photo, pictures: Path, step: int, *chain: int) -> Image.Image:
    """Return one variant as it is, losslessly; made directly, or by way of larger steps."""
    steps = (*chain, step)
    (body,) = variants(photo, pictures, recipe("png", steps, (step,)))["png"]
    return Image.open(io.BytesIO(body))


def grainy(width: int, height: int) -> Image.Image:
    """Draw waves of colour under a coarse grain, which costs encoders what a photograph does."""
    grain = np.random.default_rng(1).normal(0, 40, (height // 2, width // 2)).astype(np.float32)
    coarse = Image.fromarray(grain).resize((width, height), Image.Resampling.BICUBIC)
    pixels = values(soft(width, height)) + np.asarray(coarse)[..., None]
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def calm(image: Image.Image) -> Image.Image:
    """Keep the values so far from black and white that no resampling has to cut them off."""
    return image.point(lambda value: 64 + value // 2)


def layered() -> Image.Image:
    image = soft(97, 61)
    image.putalpha(soft(97, 61).getchannel("G").rotate(180))
    return image


SOURCES = {
    "chart": calm(chart(97, 61)),
    "portrait": calm(chart(61, 97)),
    "soft": soft(97, 61),
    "grey": calm(chart(97, 61)).convert("L"),
    "line": calm(chart(97, 1)),
}


@pytest.mark.parametrize("step", [96, 64, 33, 16])
@pytest.mark.parametrize("name", SOURCES)
def test_a_variant_is_the_lanczos_resampling_of_its_source(
    source: Source, tmp_path: Path, name: str, step: int
) -> None:
    image = SOURCES[name]
    found = variant(source(encoded(image, "PNG")), tmp_path, step)
    size = fit(Size(*image.size), step)
    wanted = resized(image, (size.width, size.height))
    assert found.mode == wanted.mode
    assert abs(values(found) - values(wanted)).max() <= 2
    assert difference(found, wanted) < 0.5


@pytest.mark.parametrize("step", [64, 33, 16])
def test_a_transparent_variant_averages_colours_by_their_opacity(
    source: Source, tmp_path: Path, step: int
) -> None:
    found = variant(source(encoded(layered(), "PNG")), tmp_path, step)
    seen, wanted = values(found), values(resized(layered(), found.size))
    assert abs(seen - wanted)[..., 3].max() <= 2
    # As it is seen on black: a colour counts for as much as it covers.
    assert (abs(seen - wanted)[..., :3] * wanted[..., 3:] / 255).max() <= 2


@pytest.mark.parametrize("step", [48, 20, 7])
def test_no_dark_fringe_surrounds_a_cut_out(source: Source, tmp_path: Path, step: int) -> None:
    seen = values(variant(source(encoded(disc(), "PNG")), tmp_path, step))
    visible = seen[seen[..., 3] >= 16]
    assert visible[:, 0].min() >= 240
    assert visible[:, 1:3].max() == 0


@pytest.mark.parametrize("image", [chart(960, 640), soft(960, 640)], ids=["chart", "soft"])
def test_a_cascade_equals_the_direct_way(
    source: Source, tmp_path: Path, image: Image.Image
) -> None:
    photo = source(encoded(image, "PNG"))
    cascaded = variant(photo, tmp_path, 120, 607, 405, 270, 180)
    assert psnr(cascaded, variant(photo, tmp_path, 120)) > 45


@pytest.mark.parametrize("size", [(960, 640), (64, 96), (97, 61), (500, 1), (30, 30)])
def test_every_variant_has_the_planned_size(
    source: Source, tmp_path: Path, size: tuple[int, int]
) -> None:
    photo = source(encoded(soft(*size), "PNG"))
    chain = tuple(step for step in (480, 320, 96, 30) if step <= max(size))
    made = variants(photo, tmp_path, *(recipe(name, chain) for name in OUTPUTS))
    assert made.keys() == OUTPUTS.keys()
    for name, bodies in made.items():
        for step, body in zip(chain, bodies, strict=True):
            with Image.open(io.BytesIO(body)) as found:
                assert found.format == OUTPUTS[name].pillow
                assert Size(*found.size) == fit(photo.size, step)


def test_variants_come_in_the_order_a_recipe_asks_for(source: Source, tmp_path: Path) -> None:
    photo = source(encoded(soft(), "PNG"))
    made = variants(photo, tmp_path, recipe("png", (80, 40, 20), (20, 80)), recipe("jpeg", (50,)))
    widths = {
        key: [Image.open(io.BytesIO(body)).width for body in bodies] for key, bodies in made.items()
    }
    assert widths == {"png": [20, 80], "jpeg": [50]}


def test_variants_are_in_srgb(source: Source, tmp_path: Path) -> None:
    photo = source(encoded(soft(), "PNG", icc_profile=swapped_profile()))
    red, green, blue = soft().resize((48, 32), LANCZOS).split()
    assert difference(variant(photo, tmp_path, 48), Image.merge("RGB", (blue, green, red))) < 1


@pytest.mark.parametrize("name", ["avif", "webp", "jpeg"])
def test_lossy_variants_look_like_the_lossless_ones(
    source: Source, tmp_path: Path, name: str
) -> None:
    photo = source(encoded(soft(400, 300), "PNG"))
    (body,) = variants(photo, tmp_path, recipe(name, (200,)))[name]
    found = Image.open(io.BytesIO(body)).convert("RGB")
    assert psnr(found, variant(photo, tmp_path, 200)) > 38


def test_jpeg_is_progressive(source: Source, tmp_path: Path) -> None:
    (body,) = variants(source(encoded(soft(), "PNG")), tmp_path, recipe("jpeg", (64,)))["jpeg"]
    assert Image.open(io.BytesIO(body)).info["progressive"]


@pytest.mark.parametrize("name", ["avif", "webp", "png"])
def test_i6_transparency_survives(source: Source, tmp_path: Path, name: str) -> None:
    (body,) = variants(source(encoded(disc(), "PNG")), tmp_path, recipe(name, (48,)))[name]
    alpha = values(Image.open(io.BytesIO(body)).convert("RGBA"))[..., 3]
    assert alpha[0, 0] <= 3
    assert alpha[24, 24] >= 252


def test_an_alpha_channel_without_a_transparent_pixel_is_dropped(
    source: Source, tmp_path: Path
) -> None:
    photo = source(encoded(chart().convert("RGBA"), "PNG"))
    assert not photo.form.transparent
    assert variant(photo, tmp_path, 48).mode == "RGB"


CANARY = "canary"
PRIVATE = gps_exif()
PRIVATE[0x010E] = CANARY
PACKET = xmp_packet(f"<dc:title>{CANARY}</dc:title>")
WORDS = PngInfo()
WORDS.add_text("Comment", CANARY)
WORDS.add_itxt("XML:com.adobe.xmp", PACKET.decode())
SPOKEN = {"exif": PRIVATE.tobytes(), "icc_profile": swapped_profile()}
TALKATIVE: Mapping[str, Mapping[str, Any]] = {
    "JPEG": {**SPOKEN, "xmp": PACKET, "comment": CANARY, "dpi": (299, 299)},
    "PNG": {**SPOKEN, "pnginfo": WORDS, "dpi": (299, 299)},
    "WEBP": {**SPOKEN, "xmp": PACKET},
    "TIFF": {**SPOKEN, "tiffinfo": {700: PACKET, 315: CANARY}, "dpi": (299, 299)},
    "GIF": {"comment": CANARY},
    "JPEG2000": {"comment": CANARY},
    "AVIF": {**SPOKEN, "xmp": PACKET},
    "HEIF": {**SPOKEN, "xmp": PACKET},
}


@pytest.mark.parametrize("name", TALKATIVE)
def test_no_variant_carries_anything_but_pixels(source: Source, tmp_path: Path, name: str) -> None:
    body = encoded(chart(), name, **TALKATIVE[name])
    assert CANARY.encode() in body
    made = variants(source(body), tmp_path, *(recipe(each, (64,)) for each in OUTPUTS))
    for (variant_body,) in made.values():
        leaks = (CANARY.encode(), b"Exif", b"xmpmeta", b"ICC_PROFILE", b"iCCP", b"prof", b"lcms")
        assert [leak for leak in leaks if leak in variant_body] == []
        with Image.open(io.BytesIO(variant_body)) as found:
            assert not found.getexif()
            assert found.info.keys().isdisjoint(
                {"exif", "xmp", "icc_profile", "comment", "Comment"}
            )
            assert found.info.get("dpi", (72, 72)) != (299, 299)


@pytest.mark.parametrize("factor", [2.3, 3, 4.5, 9])
@pytest.mark.parametrize("orientation", [1, 6])
def test_a_large_jpeg_decoded_small_looks_as_if_decoded_whole(
    source: Source, tmp_path: Path, factor: float, orientation: int
) -> None:
    large = soft(round(100 * factor) + 5, round(75 * factor))
    body = encoded(stored(large, orientation), "JPEG", quality=95, exif=exif(orientation))
    photo = source(body)
    scaled = variant(photo, tmp_path, 100)
    # A photo of another format is never decoded small.
    whole = variant(
        structs.replace(photo, form=structs.replace(photo.form, format="TIFF")), tmp_path, 100
    )
    assert scaled.tobytes() != whole.tobytes()
    assert psnr(scaled, whole) > 40


def test_i4_a_jpeg_that_cannot_be_decoded_small_is_decoded_whole(
    source: Source, tmp_path: Path
) -> None:
    grey = calm(chart(400, 300)).convert("L")
    found = variant(source(lossless_jpeg(grey)), tmp_path, 100)
    assert difference(found, resized(grey, (100, 75))) < 0.5


def edit(file: Path) -> None:
    file.write_bytes(encoded(chart(seed=1), "PNG"))


def touch(file: Path) -> None:
    os.utime(file, ns=(1, 1))


@pytest.mark.parametrize("change", [edit, touch, Path.unlink])
def test_i11_a_source_that_is_not_the_one_that_was_read_is_refused(
    source: Source, tmp_path: Path, change: Callable[[Path], None]
) -> None:
    photo = source(encoded(chart(), "PNG"))
    change(tmp_path / "photo")
    with pytest.raises(DecodeError):
        variants(photo, tmp_path, recipe("png", (48,)))


def test_a_job_keeps_what_it_makes_under_the_keys_of_its_recipes(
    source: Source, tmp_path: Path
) -> None:
    photo, cache = source(encoded(chart(), "PNG")), tmp_path / "cache"
    job = Job(photo, (("aa11", recipe("png", (64, 32))), ("bb22", recipe("jpeg", (64,)))))
    done = render_job(job, tmp_path, cache)
    kept = [*(store.get_pack(cache, "aa11") or []), *(store.get_pack(cache, "bb22") or [])]
    assert (done.problem, done.variants, done.byte_count) == (None, 3, sum(map(len, kept)))


def test_i3_a_job_on_a_damaged_picture_is_a_problem_and_keeps_nothing(
    source: Source, tmp_path: Path
) -> None:
    photo, cache = source(encoded(chart(), "PNG")), tmp_path / "cache"
    whole = (tmp_path / "photo").read_bytes()
    (tmp_path / "photo").write_bytes(whole[: len(whole) // 2])
    done = render_job(Job(photo, (("aa11", recipe("png", (64,))),)), tmp_path, cache)
    assert done.problem is not None
    assert done.problem.where == "pictures/photo"
    assert store.get_pack(cache, "aa11") is None


def pattern(side: int = 648) -> Image.Image:
    """Draw lines that a codec of repetitions takes for nothing, until they are resampled."""
    y, x = np.mgrid[0:side, 0:side]
    lines = ((x // 2 + y // 2) % 2)[..., None] * [200, 120, 40] + 30
    return Image.fromarray(lines.astype(np.uint8))


DRAWN = {"chart": chart(960, 640), "soft": soft(960, 640), "pattern": pattern()}


@pytest.mark.parametrize("picture", DRAWN)
@pytest.mark.parametrize("name", OUTPUTS)
def test_no_variant_is_larger_than_one_of_more_pixels(
    source: Source, tmp_path: Path, name: str, picture: str
) -> None:
    """Nor is one of more pixels given out for it: every one has the size that pages say."""
    photo = source(encoded(DRAWN[picture], "PNG"))
    longest = photo.size.longest
    chain = (longest, *(step for step in (720, 480, 320) if step < longest))
    made = variants(photo, tmp_path, recipe(name, chain))[name]
    assert [max(Image.open(io.BytesIO(body)).size) for body in made] == list(chain)
    # Without loss, lines are next to nothing until they are resampled; photographs never are.
    if name != "png" or picture == "soft":
        assert [len(body) for body in made] == sorted(map(len, made), reverse=True)


@pytest.mark.parametrize("name", OUTPUTS)
def test_the_same_photo_and_recipe_give_the_same_bytes(
    source: Source, tmp_path: Path, name: str
) -> None:
    photo = source(encoded(chart(400, 300), "JPEG"))
    asked = recipe(name, (200, 100))
    assert variants(photo, tmp_path, asked) == variants(photo, tmp_path, asked)


@pytest.mark.parametrize("name", ["avif", "webp"])
def test_an_effort_takes_fewer_bytes_for_the_same_looks(name: str) -> None:
    picture = grainy(480, 320)
    made = [
        encode(picture, Recipe("test", name, QUALITY[name], effort, (), ()))
        for effort in ("fast", "balanced", "small")
    ]
    fast, balanced, small = (len(body) for body in made)
    assert fast > balanced > small
    looks = [psnr(Image.open(io.BytesIO(body)).convert("RGB"), picture) for body in made]
    assert max(looks) - min(looks) < 0.5


@pytest.mark.parametrize("effort", ["fast", "balanced", "small"])
@pytest.mark.parametrize("quality", [1, 100])
def test_the_ends_of_the_scale_of_quality_hold_at_every_effort(quality: int, effort: str) -> None:
    body = encode(soft(48, 32), Recipe("test", "avif", quality, effort, (), ()))
    assert Image.open(io.BytesIO(body)).size == (48, 32)


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("light", ["gamma", "linear"])
def test_opaque_pixels_inside_an_edge_do_not_glow(
    source: Source, tmp_path: Path, bits: int, light: Literal["gamma", "linear"]
) -> None:
    dull = values(disc(300))[..., 3:] / 255 * [255, 220, 0, 255]
    body = imagecodecs.png_encode((dull * (257 if bits == 16 else 1)).astype(f"uint{bits}"))
    asked = structs.replace(recipe("png", (200,)), light=light)
    (made,) = variants(source(bytes(body)), tmp_path, asked)["png"]
    found = values(Image.open(io.BytesIO(made)))
    assert np.abs(found[found[..., 3] == 255][:, :3] - [255, 220, 0]).max() <= 1


@pytest.mark.parametrize("bits", [8, 10])
def test_black_that_nobody_sees_is_not_smeared_over_edges(
    source: Source, tmp_path: Path, bits: int
) -> None:
    dull = values(disc(300))[..., 3:] / 255 * [255, 220, 0, 255]
    body = imagecodecs.png_encode((dull * 257).astype(np.uint16))
    asked = structs.replace(recipe("avif", (200,)), bits=bits)
    (made,) = variants(source(bytes(body)), tmp_path, asked)["avif"]
    with Image.open(io.BytesIO(made)) as opened:
        found = values(opened)
    alpha = found[..., 3:] / 255
    shown = found[..., :3] * alpha + np.array([255, 220, 0]) * (1 - alpha)
    # With black around it, blue was off by 51, by 13 at the average edge.
    assert np.abs(shown - [255, 220, 0]).max() < 20
    edge = (alpha[..., 0] > 0.02) & (alpha[..., 0] < 0.98)
    assert np.abs(shown - [255, 220, 0])[edge].mean() < 3


def photo_in(name: str, **said: Any) -> Photo:
    values: dict[str, Any] = {"size": Size(6000, 4000), "transparent": False}
    form = Form(name, **{**values, **said})
    return photo_of("a", "00" * 32, Stamp(0, 0, 0, 0), form, Metadata())


@pytest.mark.parametrize(
    ("photo", "least"),
    [
        (photo_in("JPEG"), 72),
        (photo_in("PNG"), 24 * 5.6),
        (photo_in("WEBP"), 24 * 15),
        (photo_in("PNG", transparent=True), 24 * 14),
        (photo_in("TIFF", deep=True), 24 * 20),
    ],
    ids=["JPEG", "PNG", "WEBP", "with alpha", "deep"],
)
def test_i13_what_is_reckoned_for_a_picture_is_no_less_than_what_was_measured(
    photo: Photo, least: float
) -> None:
    """Megabytes of the process, without those that it takes for small pictures."""
    recipes = planner(ImageSettings(), lambda name: "test")(photo).recipes
    assert least <= decoded_bytes(Job(photo, recipes)) / 1e6 <= 2 * least
