"""Animations: the grid shows a still, the page offers all frames as the source means them."""

import io
import re
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs
from PIL import Image

from generator.core.config import ImageSettings, QualitySettings
from generator.core.geometry import MOVING_PIXELS, fit, moving_step
from generator.core.model import Job, Photo, Recipe, Size
from generator.pixels import decode
from generator.pixels.animation import animate
from generator.pixels.encode import encode_photo, render_job
from generator.planning.variants import planner
from generator.privacy.reader import findings
from generator.state import store
from tests.support.pictures import (
    chart,
    difference,
    disc,
    encoded,
    exif,
    gps_exif,
    png_chunk,
    psnr,
    soft,
    stored,
    wide_profile,
    with_chunk,
    xmp_packet,
)
from tests.support.rendering import read
from tests.support.sites import Site, clean_tree, stamps, tree

FORMATS = ("GIF", "WEBP", "PNG", "AVIF")
DURATIONS = [100, 250, 40, 600]

# As they are written in a source, next to without loss.
FINE: dict[str, dict[str, Any]] = {
    "GIF": {},
    "WEBP": {"lossless": True},
    "PNG": {},
    "AVIF": {"quality": 100, "subsampling": "4:4:4"},
}


def waves(count: int = 4, width: int = 96, height: int = 64) -> list[Image.Image]:
    """Draw frames that differ everywhere, of few colours, so that even a GIF holds them."""
    whole = soft(width, height).quantize(64).convert("RGB")
    transposed = (whole.transpose(way) for way in (Image.Transpose.ROTATE_180,))
    turned = (whole, *transposed, whole.point(lambda v: 255 - v), whole.point(lambda v: v // 2))
    return [turned[number % 4] for number in range(count)]


def moving(name: str, frames: Sequence[Image.Image], **options: Any) -> bytes:
    more = {"save_all": True, "append_images": list(frames[1:]), "duration": DURATIONS}
    return encoded(frames[0], name, **{**FINE[name], **more, **options})


def recipe_of(photo: Photo, **settings: Any) -> Recipe:
    """Return the recipe of the animation, of best quality."""
    settings = {"quality": QualitySettings(webp=100), "default_dimension": 64, **settings}
    recipes = planner(ImageSettings(**settings), lambda name: "test")(photo).recipes
    (recipe,) = (recipe for _, recipe in recipes if recipe.animated)
    return recipe


def animated(body: bytes, folder: Path, **settings: Any) -> Image.Image:
    """Put a picture in a folder and return the animation made of it."""
    photo = read(body, folder)
    return Image.open(io.BytesIO(animate(folder / "photo", photo, recipe_of(photo, **settings))))


def shown(image: Image.Image) -> list[tuple[Image.Image, int]]:
    """Return the frames of an animation, and for how many milliseconds each is shown."""
    frames = []
    for number in range(getattr(image, "n_frames", 1)):
        image.seek(number)
        image.load()
        frames.append((image.copy(), image.info["duration"]))
    return frames


def frames_in(body: bytes) -> int:
    return getattr(Image.open(io.BytesIO(body)), "n_frames", 1)


@pytest.mark.parametrize("name", FORMATS)
def test_i8_every_frame_is_there_as_long_as_in_the_source(tmp_path: Path, name: str) -> None:
    found = animated(moving(name, waves()), tmp_path)
    assert (found.format, found.size) == ("WEBP", (64, 43))
    assert [duration for _, duration in shown(found)] == DURATIONS
    for (frame, _), source in zip(shown(found), waves(), strict=True):
        wanted = source.resize((64, 43), Image.Resampling.LANCZOS)
        assert psnr(frame.convert("RGB"), wanted) > 33


@pytest.mark.parametrize("name", FORMATS)
def test_i8_the_still_is_the_first_frame(tmp_path: Path, name: str) -> None:
    photo = read(moving(name, waves()), tmp_path)
    recipe = Recipe("test", "png", 0, "fast", (96,), (96,))
    (still,) = encode_photo(Job(photo, (("key", recipe),)), tmp_path)["key"]
    assert photo.form.frames == 4
    assert psnr(Image.open(io.BytesIO(still)), waves()[0]) > 40


def test_a_png_shows_its_default_image_where_nothing_moves(tmp_path: Path) -> None:
    """If it is none of the animation's frames, it is the still, and is not in the animation."""
    body = moving("PNG", [chart(), *waves(2)], default_image=True, duration=[100, 250])
    photo = read(body, tmp_path)
    recipe = Recipe("test", "png", 0, "fast", (96,), (96,))
    (still,) = encode_photo(Job(photo, (("key", recipe),)), tmp_path)["key"]
    assert photo.form.frames == 2
    assert difference(Image.open(io.BytesIO(still)), chart()) == 0
    frames = shown(animated(body, tmp_path, default_dimension=96))
    assert [duration for _, duration in frames] == [100, 250]
    assert psnr(frames[0][0].convert("RGB"), waves()[0]) > 33


def test_a_png_of_one_frame_beside_its_default_image_is_a_still(tmp_path: Path) -> None:
    body = moving("PNG", [chart(), soft()], default_image=True, duration=100)
    assert read(body, tmp_path).form.frames == 1


@pytest.mark.parametrize(
    ("name", "options", "plays"),
    [
        ("GIF", {}, 1),
        ("GIF", {"loop": 0}, 0),
        ("GIF", {"loop": 3}, 4),
        ("GIF", {"loop": 65535}, 65535),
        ("PNG", {"loop": 0}, 0),
        ("PNG", {"loop": 3}, 3),
        ("PNG", {"loop": 70_000}, 65535),
        ("WEBP", {"loop": 0}, 0),
        ("WEBP", {"loop": 3}, 3),
        ("AVIF", {}, 0),
    ],
)
def test_it_is_played_as_often_as_the_source(
    tmp_path: Path, name: str, options: dict[str, int], plays: int
) -> None:
    assert animated(moving(name, waves(), **options), tmp_path).info["loop"] == plays


def edited(body: bytes, *, repeats: bool, times: int) -> bytes:
    """Change the edit list of an AVIF: whether it repeats, and for how many times its length."""
    changed = bytearray(body)
    edits, header = body.index(b"elst") + 4, body.index(b"tkhd") + 4
    changed[edits + 3] = repeats
    long_edit, long_header = body[edits] == 1, body[header] == 1
    (length,) = struct.unpack_from(">Q" if long_edit else ">I", body, edits + 8)
    at = header + (28 if long_header else 20)
    struct.pack_into(">Q" if long_header else ">I", changed, at, length * times)
    return bytes(changed)


@pytest.mark.parametrize(("repeats", "times", "plays"), [(False, 1, 1), (True, 1, 1), (True, 5, 5)])
def test_an_avif_is_played_until_its_track_ends(
    tmp_path: Path, repeats: bool, times: int, plays: int
) -> None:
    body = edited(moving("AVIF", waves()), repeats=repeats, times=times)
    assert animated(body, tmp_path).info["loop"] == plays


def test_an_avif_whose_edit_list_is_nonsense_is_played_for_ever(tmp_path: Path) -> None:
    body = moving("AVIF", waves()).replace(b"edts", b"free")
    assert animated(body, tmp_path).info["loop"] == 0


@pytest.mark.parametrize("name", ["WEBP", "PNG", "AVIF"])
def test_transparency_is_that_of_each_frame(tmp_path: Path, name: str) -> None:
    """Also where the first frame has none."""
    opaque = Image.new("RGBA", (64, 64), (0, 0, 255, 255))
    body = moving(name, [opaque, disc(), disc().rotate(180, translate=(9, 0)), opaque])
    photo = read(body, tmp_path)
    assert not photo.form.transparent
    frames = [frame.convert("RGBA") for frame, _ in shown(animated(body, tmp_path))]
    assert [frame.getpixel((1, 1))[3] >= 252 for frame in frames] == [True, False, False, True]  # type: ignore[index]
    red, green, blue, alpha = frames[1].getpixel((32, 32))  # type: ignore[misc]
    assert (red >= 240, green <= 12, blue <= 12, alpha >= 252) == (True,) * 4


def test_a_transparent_gif_stays_transparent(tmp_path: Path) -> None:
    body = moving("GIF", [disc(), disc().rotate(180, translate=(9, 0))], duration=100)
    for frame, _ in shown(animated(body, tmp_path)):
        assert frame.convert("RGBA").getpixel((1, 1))[3] <= 3  # type: ignore[index]
        assert frame.convert("RGBA").getpixel((32, 32))[3] >= 252  # type: ignore[index]


def test_a_wide_gamut_becomes_display_p3(tmp_path: Path) -> None:
    body = moving("PNG", waves(), icc_profile=wide_profile())
    wide = animated(body, tmp_path, default_dimension=96)
    assert b"Display P3" in wide.info["icc_profile"].replace(b"\0", b"")
    assert psnr(shown(wide)[0][0].convert("RGB"), waves()[0]) > 33
    plain = animated(body, tmp_path, profile="srgb", default_dimension=96)
    assert "icc_profile" not in plain.info
    assert psnr(shown(plain)[0][0].convert("RGB"), waves()[0]) < 33


def test_high_dynamic_range_is_tone_mapped(tmp_path: Path) -> None:
    """PQ of half its range is about 100 nits: far darker as it is coded than as it is meant."""
    grey = [Image.new("RGB", (64, 64), (value, value, value)) for value in (130, 100)]
    body = moving("PNG", grey, duration=100)
    plain = shown(animated(body, tmp_path))[0][0].convert("L").getpixel((9, 9))
    pq = with_chunk(body, png_chunk(b"cICP", bytes([9, 16, 0, 1])), b"acTL")
    seen = shown(animated(pq, tmp_path))[0][0].convert("L").getpixel((9, 9))
    recipe = Recipe("test", "png", 0, "fast", (64,), (64,))
    photo = read(pq, tmp_path)
    (still,) = encode_photo(Job(photo, (("key", recipe),)), tmp_path)["key"]
    wanted = Image.open(io.BytesIO(still)).convert("L").getpixel((9, 9))
    assert photo.form.hdr == "pq"
    assert isinstance(seen, int)
    assert isinstance(plain, int)
    assert isinstance(wanted, int)
    assert abs(seen - wanted) <= 2
    assert abs(seen - plain) > 10


@pytest.mark.parametrize("light", ["gamma", "linear"])
def test_a_turned_animation_is_upright(tmp_path: Path, light: str) -> None:
    frames = [stored(frame, 6) for frame in waves()]
    body = moving("WEBP", frames, exif=exif(6))
    found = animated(body, tmp_path, light=light, default_dimension=96)
    assert found.size == (96, 64)
    assert psnr(shown(found)[3][0].convert("RGB"), waves()[3]) > 33


def test_it_carries_nothing_but_pixels(tmp_path: Path) -> None:
    packet = xmp_packet("<dc:title>canary</dc:title>")
    told: dict[str, dict[str, Any]] = {
        "WEBP": {"exif": gps_exif().tobytes(), "xmp": packet},
        "GIF": {"comment": "canary"},
        "AVIF": {"exif": gps_exif().tobytes(), "xmp": packet},
    }
    for name, options in told.items():
        photo = read(moving(name, waves(), **options), tmp_path)
        body = animate(tmp_path / "photo", photo, recipe_of(photo))
        assert (findings(body), b"canary" in body, b"EXIF" in body) == ((), False, False)


def test_from_1080_pixels_it_says_whose_it_is(tmp_path: Path) -> None:
    packet = xmp_packet("<dc:rights>(c) Ada</dc:rights>")
    photo = read(moving("WEBP", waves(2, 1080, 40), xmp=packet, duration=100), tmp_path)
    for longest in (1080, 1079):
        recipe = recipe_of(photo, default_dimension=longest)
        assert (b"(c) Ada" in animate(tmp_path / "photo", photo, recipe)) == (longest == 1080)


def test_it_is_never_upscaled(tmp_path: Path) -> None:
    assert animated(moving("GIF", waves()), tmp_path, default_dimension=1080).size == (96, 64)


@pytest.mark.parametrize(
    ("size", "frames", "step"),
    [
        ((4000, 3000), 2, 1080),
        ((1600, 1200), 68, 1080),
        ((1600, 1200), 69, 720),
        ((800, 600), 300, 480),
        ((500, 400), 300, 500),
        ((500, 400), 301, 480),
        ((400, 400), 1250, 320),
    ],
)
def test_an_animation_of_many_frames_is_smaller(
    size: tuple[int, int], frames: int, step: int
) -> None:
    found = moving_step(Size(*size), frames, 1080, (320, 480, 720, 1080, 1620))
    small = fit(Size(*size), found)
    assert found == step
    assert step == 320 or frames * small.width * small.height <= MOVING_PIXELS


def broken(name: str) -> bytes:
    """Damage the data of the last frame; AVIF codes more than one from it."""
    body = bytearray(moving(name, [chart(seed=seed) for seed in range(4)]))
    match name:
        case "GIF" | "PNG":
            return bytes(body[: len(body) - 60])
        case "WEBP":
            at = body.rindex(b"VP8L") + 40
            body[at:] = b"\xff" * len(body[at:])
        case _:
            body[-20:] = bytes(20)
    return bytes(body)


@pytest.mark.parametrize("name", FORMATS)
def test_i4_an_animation_with_a_damaged_last_frame_is_a_still_and_says_why(
    tmp_path: Path, name: str
) -> None:
    photo = read(broken(name), tmp_path)
    assert photo.form.frames == 1
    assert re.match(r"frame [34] of 4: .+", photo.form.stilled)


def test_i4_an_animation_that_cannot_be_counted_is_a_still(tmp_path: Path) -> None:
    body = moving("GIF", waves())
    last = body.rindex(b"\x21\xf9\x04")
    photo = read(body[: last + 10], tmp_path)
    assert photo.form.frames == 1
    assert "cannot be counted" in photo.form.stilled


def test_i8_frames_times_pixels_are_limited(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = moving("PNG", waves())
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 4 * 96 * 64)
    assert (read(body, tmp_path).form.frames, read(body, tmp_path).form.stilled) == (4, "")
    decode.prepare(4 * 96 * 64 - 1)
    photo = read(body, tmp_path)
    assert photo.form.frames == 1
    assert photo.form.stilled == "4 frames of together 0 megapixels, more than the limit of 0"


def grown() -> bytes:
    """Encode a GIF of 40 x 30 pixels whose second frame has 96 x 64."""
    bodies = (encoded(each.quantize(64), "GIF") for each in (waves(1, 40, 30)[0], waves()[1]))
    (small, of_small), (large, of_large) = ((body, _colours(body)) for body in bodies)
    return small[:10] + large[10:of_large] + small[of_small:-1] + large[of_large:]


def _colours(gif: bytes) -> int:
    """Return where the palette of a GIF ends (GIF89a, section 18)."""
    return 13 + 3 * (2 << (gif[10] & 7))


def test_i8_a_gif_that_grows_beyond_the_limit_is_a_still(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each frame of a GIF says for itself how large it is."""
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 2 * 96 * 64 - 1)
    photo = read(grown(), tmp_path)
    assert photo.form.frames == 1
    assert photo.form.stilled.startswith("frame 2 of 2: 2 frames of together")


def test_frames_beyond_the_picture_are_cut_off(tmp_path: Path) -> None:
    frames = shown(animated(grown(), tmp_path))
    assert [frame.size for frame, _ in frames] == [(40, 30)] * 2
    assert psnr(frames[1][0].convert("RGB"), waves()[1].crop((0, 0, 40, 30))) > 25


PHOTO = "pictures/waves.gif"
PAGE = "waves/index.html"


def link(site: Site, page: str = PAGE) -> str:
    """Return the address of the animation that a page offers; empty if there is none."""
    _, found, after = site.html(page).partition('<p class="play"><a href="')
    return after.partition('"')[0].removeprefix("../") if found else ""


def test_the_page_offers_what_moves_and_the_grid_a_still(site: Site) -> None:
    site.write(PHOTO, moving("GIF", waves()))
    site.photo("still.jpg")
    site.build()
    address = link(site)
    assert address.startswith("image/waves.")
    assert address.endswith("-64.webp")
    with Image.open(site.output / address) as found:
        assert (found.n_frames, found.size) == (4, (64, 43))  # type: ignore[attr-defined]
    assert link(site, "still/index.html") == ""
    assert address not in site.html("index.html")
    others = [each for each in (site.output / "image").iterdir() if each.name not in address]
    assert [frames_in(each.read_bytes()) for each in others] == [1] * len(others)


@pytest.mark.parametrize("originals", ["verbatim", "scrub", "none"])
def test_it_is_offered_however_originals_are_published(site: Site, originals: str) -> None:
    site.settings(f'{Site.SETTINGS}originals = "{originals}"\n')
    site.write("pictures/waves.avif", moving("AVIF", waves()))
    site.build()
    assert (site.output / link(site)).is_file()


def test_a_second_build_writes_nothing_and_a_change_makes_what_a_clean_build_makes(
    site: Site, tmp_path: Path
) -> None:
    site.write(PHOTO, moving("GIF", waves()))
    site.build()
    before, address = stamps(site.output), link(site)
    assert site.build().variants_made == 0
    assert stamps(site.output) == before
    site.write(PHOTO, moving("GIF", waves()[::-1]))
    site.build()
    assert link(site) != address
    assert not (site.output / address).exists()
    assert tree(site.output) == clean_tree(site, tmp_path / "twin")
    site.photo("waves.gif")
    site.build()
    assert link(site) == ""
    assert tree(site.output) == clean_tree(site, tmp_path / "still")


def test_only_what_is_missing_is_made(tmp_path: Path) -> None:
    """A still is not made for an animation's sake: a damaged last frame is no matter to it."""
    photo = read(broken("GIF"), tmp_path)
    photo = structs.replace(photo, form=structs.replace(photo.form, frames=4))
    recipes = planner(ImageSettings(), lambda name: "test")(photo).recipes
    stills = tuple((key, recipe) for key, recipe in recipes if not recipe.animated)
    made = encode_photo(Job(photo, stills), tmp_path)
    assert {frames_in(body) for bodies in made.values() for body in bodies} == {1}
    photo = read(moving("GIF", waves()), tmp_path)
    recipe = recipe_of(photo)
    # No still could be made by this recipe, which says nothing of any.
    alone = Job(photo, (("key", structs.replace(recipe, chain=())),))
    (body,) = encode_photo(alone, tmp_path)["key"]
    assert frames_in(body) == 4


@pytest.mark.parametrize("name", FORMATS)
def test_i4_a_damaged_animation_is_published_as_a_still_and_warned_of(
    site: Site, name: str
) -> None:
    """Also where a still at its own size might be published as its source has it coded."""
    site.settings('[images]\nmax_dimensions = [96]\nformats = ["webp", "png"]\n')
    site.write(f"pictures/bad.{name.lower()}", broken(name))
    report = site.build()
    (problem,) = report.problems
    assert (problem.code, problem.severity) == ("damaged-animation", "warning")
    assert "shown as a still: frame" in problem.what
    assert link(site, "bad/index.html") == ""
    stills = list((site.output / "image").glob("bad.*"))
    assert stills
    assert {frames_in(each.read_bytes()) for each in stills} == {1}


def test_i8_a_first_frame_that_is_damaged_costs_the_picture(site: Site) -> None:
    site.photo("good.jpg")
    body = moving("GIF", waves())
    site.write("pictures/bad.gif", body[: body.index(b"\x21\xf9\x04") + 60])
    (problem,) = site.build().problems
    assert (problem.where, problem.severity) == ("pictures/bad.gif", "error")
    assert [path for path in tree(site.output) if "bad" in path] == []


def test_a_job_that_fails_keeps_no_still(tmp_path: Path) -> None:
    photo = read(broken("GIF"), tmp_path)
    photo = structs.replace(photo, form=structs.replace(photo.form, frames=4))
    recipes = planner(ImageSettings(), lambda name: "test")(photo).recipes
    done = render_job(Job(photo, recipes), tmp_path, tmp_path / "cache")
    assert done.problem is not None
    assert [store.get_pack(tmp_path / "cache", key) for key, _ in recipes] == [None] * len(recipes)


def test_the_same_animation_comes_out_with_the_same_bytes(tmp_path: Path) -> None:
    photo = read(moving("GIF", waves()), tmp_path)
    recipe = structs.replace(recipe_of(photo), quality=82)
    one, other = (animate(tmp_path / "photo", photo, recipe) for _ in range(2))
    assert one == other
