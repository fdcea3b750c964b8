"""Colours survive: every variant, seen through its own profile, looks as its source does."""

import io
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Literal

import imagecodecs
import numpy as np
import numpy.typing as npt
import pytest
from msgspec import Struct, structs
from PIL import Image, ImageCms

from generator.core.formats import OUTPUTS
from generator.core.model import Size
from tests.support.colour import (
    COLOURS,
    INKS,
    LABS,
    converted,
    de2000,
    embedded_profile,
    lab_of,
    lab_profile,
    patch_means,
    patches,
    seen,
    wanted,
)
from tests.support.containers import (
    AS_PROPERTIES,
    CIELAB,
    MIN_IS_BLACK,
    MIN_IS_WHITE,
    RGB,
    SEPARATED,
    avif,
    chrm,
    cicp,
    gama,
    heic,
    lab_levels,
    levels,
    png,
    tiff,
    with_profile,
    with_properties,
    ycck_jpeg,
)
from tests.support.pictures import (
    encoded,
    exif,
    nearly_srgb_profile,
    soft,
    srgb_profile,
    values,
)
from tests.support.profiles import (
    ADOBE_RGB,
    DISPLAY_P3,
    GAMMA22_SRGB,
    LINEAR_SRGB,
    PROPHOTO,
    REC2020,
    REC2020_SRGB,
    SRGB,
    cmyk_profile,
    grey_profile,
    rgb_profile,
    rgb_table_profile,
)
from tests.support.rendering import Rendering, rendered
from tests.support.sites import Site

Values = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]


class Source(Struct, frozen=True):
    """A picture of 48 patches, their colours as it stores them, and what these are meant in."""

    body: bytes
    colours: Values
    profile: bytes
    space: str = "rgb"


def rgb(
    write: Callable[[Values], bytes], profile: bytes, bits: int = 8, colours: Floats = COLOURS
) -> Source:
    stored = levels(colours, bits)
    return Source(write(patches(stored)), stored / (2.0**bits - 1), profile)


def grey(write: Callable[[Values], bytes], profile: bytes, bits: int = 8) -> Source:
    return Source(*_grey(write, bits), profile, "gray")


def _grey(write: Callable[[Values], bytes], bits: int) -> tuple[bytes, Values]:
    stored = levels(np.linspace(0, 1, 48)[:, None], bits)
    return write(patches(stored)), stored / (2.0**bits - 1)


def ink(write: Callable[[Values], bytes], bits: int = 8) -> Source:
    stored = levels(INKS, bits)
    exact = levels(stored / (2.0**bits - 1), 16)
    return Source(write(patches(stored)), exact, cmyk_profile(), "cmyk")


def plain_ink(write: Callable[[Values], bytes], bits: int = 8) -> Source:
    """Inks without a profile mean what browsers take them for."""
    stored = levels(INKS, bits)
    inks = stored / (2.0**bits - 1)
    return Source(write(patches(stored)), (1 - inks[:, :3]) * (1 - inks[:, 3:]), rgb_profile(SRGB))


def lab(bits: Literal[8, 16]) -> Source:
    body = tiff(patches(lab_levels(LABS, bits, CIELAB)), CIELAB)
    return Source(body, LABS, lab_profile(), "lab")


def by_pillow(name: str, mode: str = "RGB", **options: Any) -> Callable[[Values], bytes]:
    def write(pixels: Values) -> bytes:
        flat = pixels[..., 0] if pixels.shape[2] == 1 else pixels
        return encoded(Image.fromarray(np.ascontiguousarray(flat), mode), name, **options)

    return write


def by_libtiff(**options: Any) -> Callable[[Values], bytes]:
    return lambda pixels: bytes(imagecodecs.tiff_encode(pixels, **options))


def icc(profile: bytes) -> tuple[bytes, bytes]:
    return b"iCCP", profile


BEST_JPEG: dict[str, Any] = {"quality": 100, "subsampling": 0}
LOSSLESS: dict[str, Any] = {"lossless": True}
P3 = rgb_profile(DISPLAY_P3)
P3_OLD = rgb_profile(DISPLAY_P3, 2)
ADOBE = rgb_profile(ADOBE_RGB, 2)
ROMM = rgb_profile(PROPHOTO, 4)
BT2020 = rgb_profile(REC2020)
GREY = grey_profile(2.2)
PRESS = cmyk_profile()
SCANNER = rgb_table_profile()
PLAIN = rgb_profile(SRGB)
SRGB_GREY = grey_profile(*SRGB.curve, version=4)

# How far patches may be off in the mean, and one of them: what rounding to eight bits and what a
# codec at its best costs.
LIMITS = {"png": (0.5, 1.5), "webp": (1.5, 5), "jpeg": (1.5, 5), "avif": (1.5, 5)}

# What is sRGB, by its own word or for want of any other.
PLAIN_SOURCES: dict[str, Callable[[], Source]] = {
    "PNG": lambda: rgb(png, PLAIN),
    "PNG of 16 bits": lambda: rgb(png, PLAIN, 16),
    "PNG sRGB": lambda: rgb(lambda p: png(p, icc(PLAIN)), PLAIN),
    "PNG cICP 1/13": lambda: rgb(lambda p: png(p, cicp(1, 13)), PLAIN),
    "PNG gAMA": lambda: rgb(lambda p: png(p, gama(0.45455)), PLAIN),
    "PNG gAMA and sRGB's cHRM": lambda: rgb(lambda p: png(p, gama(0.45455), chrm(SRGB)), PLAIN),
    "PNG sRGB before gAMA": lambda: rgb(
        lambda p: png(p, (b"sRGB", b"\0"), gama(0.6), chrm(ADOBE_RGB)), PLAIN
    ),
    "PNG cICP of sRGB before iCCP": lambda: rgb(lambda p: png(p, cicp(1, 13), icc(ADOBE)), PLAIN),
    "JPEG": lambda: rgb(by_pillow("JPEG", **BEST_JPEG), PLAIN),
    "JPEG sRGB": lambda: rgb(by_pillow("JPEG", **BEST_JPEG, icc_profile=srgb_profile()), PLAIN),
    "WebP": lambda: rgb(by_pillow("WEBP", **LOSSLESS), PLAIN),
    "TIFF": lambda: rgb(lambda p: tiff(p, RGB), PLAIN),
    "TIFF of 16 bits": lambda: rgb(lambda p: tiff(p, RGB), PLAIN, 16),
    "BMP": lambda: rgb(by_pillow("BMP"), PLAIN),
    "JPEG 2000": lambda: rgb(by_pillow("JPEG2000"), PLAIN),
    "JPEG 2000 of 16 bits": lambda: rgb(
        lambda p: bytes(imagecodecs.jpeg2k_encode(p, level=0)), PLAIN, 16
    ),
    "AVIF": lambda: rgb(lambda p: avif(p, 1, 13), PLAIN),
    "AVIF of 10 bits": lambda: rgb(lambda p: avif(p, 1, 13, bits=10), PLAIN, 10),
    "AVIF of 12 bits": lambda: rgb(lambda p: avif(p, 1, 13, bits=12), PLAIN, 12),
    "HEIC": lambda: rgb(heic, PLAIN),
    "HEIC of 10 bits": lambda: rgb(lambda p: heic(p, bits=10), PLAIN, 10),
    "grey PNG": lambda: grey(lambda p: png(p[..., 0]), SRGB_GREY),
    "grey PNG of 16 bits": lambda: grey(lambda p: png(p[..., 0]), SRGB_GREY, 16),
    "grey TIFF of 16 bits": lambda: grey(lambda p: tiff(p, MIN_IS_BLACK), SRGB_GREY, 16),
    "grey JPEG": lambda: grey(by_pillow("JPEG", "L", quality=100), SRGB_GREY),
}

# What is not, and has more colours than sRGB.
WIDE_SOURCES: dict[str, Callable[[], Source]] = {
    "PNG P3": lambda: rgb(lambda p: png(p, icc(P3)), P3),
    "PNG P3 of 16 bits": lambda: rgb(lambda p: png(p, icc(P3)), P3, 16),
    "PNG Adobe": lambda: rgb(lambda p: png(p, icc(ADOBE)), ADOBE),
    "PNG ProPhoto": lambda: rgb(lambda p: png(p, icc(ROMM)), ROMM),
    "PNG ProPhoto of 16 bits": lambda: rgb(lambda p: png(p, icc(ROMM)), ROMM, 16),
    "PNG Rec. 2020 of 16 bits": lambda: rgb(lambda p: png(p, icc(BT2020)), BT2020, 16),
    "PNG cICP P3": lambda: rgb(lambda p: png(p, cicp(12, 13)), P3),
    "PNG cICP P3 of 16 bits": lambda: rgb(lambda p: png(p, cicp(12, 13)), P3, 16),
    "PNG cICP Rec. 2020 of 16 bits": lambda: rgb(
        lambda p: png(p, cicp(9, 13)), rgb_profile(REC2020_SRGB), 16
    ),
    "PNG cICP P3 before iCCP": lambda: rgb(lambda p: png(p, cicp(12, 13), icc(PLAIN)), P3),
    "PNG iCCP before gAMA": lambda: rgb(
        lambda p: png(p, icc(P3), gama(1.0), chrm(LINEAR_SRGB)), P3
    ),
    "PNG gAMA and Adobe's cHRM": lambda: rgb(
        lambda p: png(p, gama(1 / 2.2), chrm(ADOBE_RGB)),
        rgb_profile(structs.replace(ADOBE_RGB, curve=(2.2,))),
    ),
    "JPEG P3": lambda: rgb(by_pillow("JPEG", **BEST_JPEG, icc_profile=P3), P3),
    "JPEG P3 of version 2": lambda: rgb(by_pillow("JPEG", **BEST_JPEG, icc_profile=P3_OLD), P3_OLD),
    "JPEG Adobe": lambda: rgb(by_pillow("JPEG", **BEST_JPEG, icc_profile=ADOBE), ADOBE),
    "WebP P3": lambda: rgb(by_pillow("WEBP", **LOSSLESS, icc_profile=P3), P3),
    "TIFF Adobe": lambda: rgb(lambda p: tiff(p, RGB, profile=ADOBE), ADOBE),
    "TIFF Adobe of 16 bits": lambda: rgb(lambda p: tiff(p, RGB, profile=ADOBE), ADOBE, 16),
    "TIFF ProPhoto of 16 bits": lambda: rgb(lambda p: tiff(p, RGB, profile=ROMM), ROMM, 16),
    "TIFF in planes of 16 bits": lambda: rgb(
        lambda p: tiff(p, RGB, profile=ROMM, planar=True), ROMM, 16
    ),
    "TIFF of Motorola's order, 16 bits": lambda: rgb(
        lambda p: tiff(p, RGB, profile=ROMM, order=">"), ROMM, 16
    ),
    "TIFF of 16 bits, deflated": lambda: rgb(
        by_libtiff(iccprofile=ROMM, compression="deflate", predictor=True), ROMM, 16
    ),
    "TIFF of 16 bits, in tiles": lambda: rgb(by_libtiff(iccprofile=ROMM, tile=(32, 32)), ROMM, 16),
    "AVIF P3": lambda: rgb(lambda p: avif(p, 12, 13), P3),
    "AVIF P3 of 10 bits": lambda: rgb(lambda p: avif(p, 12, 13, bits=10), P3, 10),
    "AVIF Rec. 2020 of 10 bits": lambda: rgb(
        lambda p: avif(p, 9, 13, bits=10), rgb_profile(REC2020_SRGB), 10
    ),
    "AVIF of a profile": lambda: rgb(
        by_pillow("AVIF", quality=100, subsampling="4:4:4", icc_profile=ADOBE), ADOBE
    ),
    "HEIC P3": lambda: rgb(lambda p: heic(p, color_primaries=12, transfer_characteristics=13), P3),
    "HEIC P3 of 10 bits": lambda: rgb(
        lambda p: heic(p, bits=10, color_primaries=12, transfer_characteristics=13), P3, 10
    ),
    "HEIC P3 of 12 bits": lambda: rgb(
        lambda p: heic(p, bits=12, color_primaries=12, transfer_characteristics=13), P3, 12
    ),
    "HEIC of a profile": lambda: rgb(lambda p: heic(p, icc_profile=ADOBE), ADOBE),
}

# What is neither: judged in whichever of the two its variants are.
OTHER_SOURCES: dict[str, Callable[[], Source]] = {
    "PNG gAMA of 1, 16 bits": lambda: rgb(
        lambda p: png(p, gama(1.0)), rgb_profile(LINEAR_SRGB), 16
    ),
    "PNG gAMA and cHRM of 1, 16 bits": lambda: rgb(
        lambda p: png(p, gama(1.0), chrm(SRGB)), rgb_profile(LINEAR_SRGB), 16
    ),
    "PNG cICP of linear light, 16 bits": lambda: rgb(
        lambda p: png(p, cicp(1, 8)), rgb_profile(LINEAR_SRGB), 16
    ),
    "PNG cICP of gamma 2.2": lambda: rgb(lambda p: png(p, cicp(1, 4)), rgb_profile(GAMMA22_SRGB)),
    "PNG of a table": lambda: rgb(lambda p: png(p, icc(SCANNER)), SCANNER),
    "TIFF of a table, 16 bits": lambda: rgb(lambda p: tiff(p, RGB, profile=SCANNER), SCANNER, 16),
    "CMYK JPEG": lambda: ink(by_pillow("JPEG", "CMYK", **BEST_JPEG, icc_profile=PRESS)),
    "YCCK JPEG": lambda: ink(lambda p: ycck_jpeg(p, PRESS)),
    "CMYK TIFF": lambda: ink(lambda p: tiff(p, SEPARATED, profile=PRESS)),
    "CMYK TIFF of 16 bits": lambda: ink(lambda p: tiff(p, SEPARATED, profile=PRESS), 16),
    "CMYK JPEG without": lambda: plain_ink(by_pillow("JPEG", "CMYK", **BEST_JPEG)),
    "YCCK JPEG without": lambda: plain_ink(ycck_jpeg),
    "CMYK TIFF without": lambda: plain_ink(lambda p: tiff(p, SEPARATED)),
    "CMYK TIFF of 16 bits without": lambda: plain_ink(lambda p: tiff(p, SEPARATED), 16),
    "Lab TIFF": lambda: lab(8),
    "Lab TIFF of 16 bits": lambda: lab(16),
    "grey PNG of a profile": lambda: grey(lambda p: png(p[..., 0], icc(GREY)), GREY),
    "grey PNG of a profile, 16 bits": lambda: grey(lambda p: png(p[..., 0], icc(GREY)), GREY, 16),
    "grey JPEG of a profile": lambda: grey(
        lambda p: with_profile(by_pillow("JPEG", "L", quality=100)(p), grey_profile(1.8)),
        grey_profile(1.8),
    ),
    "grey TIFF of a profile, 16 bits": lambda: grey(
        lambda p: tiff(p, MIN_IS_BLACK, profile=grey_profile(1.0)), grey_profile(1.0), 16
    ),
    "grey TIFF of a profile, 8 bits": lambda: grey(
        lambda p: tiff(p, MIN_IS_BLACK, profile=grey_profile(1.8)), grey_profile(1.8)
    ),
}

SOURCES = {**PLAIN_SOURCES, **WIDE_SOURCES, **OTHER_SOURCES}
assert len(SOURCES) == len(PLAIN_SOURCES) + len(WIDE_SOURCES) + len(OTHER_SOURCES)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("colour")


@pytest.fixture(scope="module")
def made(folder: Path) -> Callable[[str, str], Rendering]:
    """Make the variants of a source, of every format and of its own size, once."""
    sources: dict[str, Source] = {}

    @cache
    def render(name: str, profile: str) -> Rendering:
        source = sources.setdefault(name, SOURCES[name]())
        return rendered(source.body, folder / name.replace("/", " "), profile=profile)

    return render


Made = Callable[[str, str], Rendering]


def distances(source: Source, body: bytes) -> Floats:
    """Return how far each patch of a variant is from the source's, as far as its space has it."""
    variant = seen(body)
    target = wanted(source.colours, source.profile, variant.profile, source.space)
    return de2000(patch_means(variant.lab), target)


@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("name", SOURCES)
def test_i6_every_patch_looks_as_it_did(made: Made, name: str, output: str) -> None:
    (body,) = made(name, "keep").variants[output]
    far = distances(SOURCES[name](), body)
    assert far.mean() < LIMITS[output][0]
    assert far.max() < LIMITS[output][1]


@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("name", WIDE_SOURCES)
def test_colours_beyond_srgb_are_kept_in_display_p3(made: Made, name: str, output: str) -> None:
    (body,) = made(name, "keep").variants[output]
    variant = seen(body)
    assert variant.declared, "nothing says that this is not sRGB"
    assert de2000(lab_of(COLOURS, variant.profile), lab_of(COLOURS, P3)).max() < 0.5


@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("name", PLAIN_SOURCES)
def test_what_is_srgb_stays_so_and_needs_no_profile(made: Made, name: str, output: str) -> None:
    (body,) = made(name, "keep").variants[output]
    assert seen(body).declared == ""
    assert embedded_profile(body) is None


@pytest.mark.parametrize("name", SOURCES)
def test_everything_is_srgb_if_asked_for(made: Made, name: str) -> None:
    source = SOURCES[name]()
    for output, (body,) in made(name, "srgb").variants.items():
        assert seen(body).declared == "", output
        far = distances(source, body)
        assert far.mean() < LIMITS[output][0], output
        assert far.max() < LIMITS[output][1], output


@pytest.mark.parametrize("output", ["webp", "jpeg", "png"])
def test_the_profile_is_compact_and_whole(made: Made, output: str) -> None:
    (body,) = made("PNG Adobe", "keep").variants[output]
    profile = embedded_profile(body)
    assert profile is not None
    assert len(profile) <= 1024
    assert int.from_bytes(profile[:4], "big") == len(profile)
    assert (profile[12:16], profile[16:20], profile[36:40]) == (b"mntr", b"RGB ", b"acsp")
    opened = ImageCms.ImageCmsProfile(io.BytesIO(profile)).profile
    assert "P3" in (opened.profile_description or "")
    assert opened.copyright is not None
    assert opened.media_white_point is not None


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("profile", [P3, ADOBE, ROMM, BT2020, SCANNER])
def test_every_value_is_the_one_that_exact_arithmetic_gives(
    folder: Path, profile: bytes, bits: int
) -> None:
    """Of colours at random, not only of those that a table of LittleCMS may have nodes at."""
    stored = levels(np.random.default_rng(1).random((64, 64, 3)), bits)
    made = rendered(png(stored, icc(profile)), folder / "random", formats=("png",))
    variant = seen(made.variants["png"][0])
    exact = converted(stored / (2.0**bits - 1), profile, variant.profile).clip(0, 1)
    assert np.abs(variant.values - exact).max() * 255 <= 1.05
    assert np.abs(variant.values - exact).mean() * 255 <= 0.3


@pytest.mark.parametrize("name", ["PNG Adobe", "CMYK TIFF", "Lab TIFF"])
def test_all_variants_of_a_photo_have_the_same_colours(made: Made, name: str) -> None:
    labs = [patch_means(seen(body).lab) for (body,) in made(name, "keep").variants.values()]
    for one in labs[1:]:
        assert de2000(one, labs[0]).mean() < 1


@pytest.mark.parametrize("name", ["PNG P3 of 16 bits", "CMYK TIFF", "Lab TIFF of 16 bits"])
def test_colours_are_right_in_every_size(folder: Path, name: str) -> None:
    source = SOURCES[name]()
    made = rendered(source.body, folder / "sizes", 48, 64, 96, 128, formats=("png",))
    assert len(made.variants["png"]) == 4
    for body in made.variants["png"]:
        far = distances(source, body)
        assert far.mean() < LIMITS["png"][0]
        assert far.max() < LIMITS["png"][1]


SRGB_PROFILES = {
    "none": None,
    "version 2": rgb_profile(SRGB, 2),
    "version 4": rgb_profile(SRGB, 4),
    "LittleCMS": srgb_profile(),
    "other arithmetic": nearly_srgb_profile(),
}


@pytest.mark.parametrize("name", SRGB_PROFILES)
def test_not_a_value_changes_of_what_is_srgb(folder: Path, name: str) -> None:
    body = encoded(soft(), "PNG", icc_profile=SRGB_PROFILES[name])
    made = rendered(body, folder / "exact")
    assert not made.photo.form.wide
    found = Image.open(io.BytesIO(made.variants["png"][0]))
    assert (values(found) == values(soft())).all()


@pytest.mark.parametrize(
    "added",
    [
        [gama(0.45455)],
        [gama(0.45455), chrm(SRGB)],
        [gama(0.0)],
        [(b"sRGB", b"\0"), gama(0.45455), chrm(SRGB)],
        [cicp(1, 13)],
    ],
    ids=["gAMA", "gAMA and cHRM", "gAMA of nothing", "sRGB", "cICP"],
)
def test_not_a_value_changes_of_what_says_srgb_without_a_profile(
    folder: Path, added: list[tuple[bytes, bytes]]
) -> None:
    made = rendered(
        png(values(soft()).astype(np.uint8), *added), folder / "exact", formats=("png",)
    )
    (body,) = made.variants["png"]
    assert embedded_profile(body) is None
    assert (values(Image.open(io.BytesIO(body))) == values(soft())).all()


DEEP_BY_ANOTHER_NAME = ("TIFF in planes", "TIFF of Motorola's order")


def test_a_photo_says_that_it_is_wide_or_deep(made: Made) -> None:
    for name in PLAIN_SOURCES:
        assert not made(name, "keep").photo.form.wide, name
    for name in WIDE_SOURCES:
        assert made(name, "keep").photo.form.wide, name
    for name in SOURCES:
        deep = ("bits" in name and "8 bits" not in name) or name in DEEP_BY_ANOTHER_NAME
        assert made(name, "keep").photo.form.deep == deep, name


BROKEN = {
    "words": b"no profile",
    "truncated": PLAIN[:200],
    "zeros": bytes(588),
    "of another kind of picture": PRESS,
}


@pytest.mark.parametrize("name", BROKEN)
def test_i6_a_broken_profile_is_warned_of_and_taken_for_srgb(site: Site, name: str) -> None:
    site.settings('[images]\nmax_dimensions = [96]\nformats = ["png"]\n')
    site.write("pictures/photo.png", png(values(soft()).astype(np.uint8), icc(BROKEN[name])))
    report = site.build()
    (problem,) = report.problems
    assert (problem.where, problem.severity) == ("pictures/photo.png", "warning")
    assert "profile" in problem.what
    assert report.exit_code == 0
    (variant,) = (site.output / "image").glob("photo.*-96.png")
    assert (values(Image.open(variant)) == values(soft())).all()
    assert site.build().problems == report.problems


def test_a_whole_profile_is_not_warned_of(site: Site) -> None:
    for number, profile in enumerate((PLAIN, P3, ADOBE, ROMM, BT2020, SCANNER)):
        site.write(f"pictures/{number}.png", png(values(soft()).astype(np.uint8), icc(profile)))
    for number, name in enumerate(("CMYK TIFF", "Lab TIFF", "grey PNG of a profile")):
        site.write(f"pictures/other {number}.png", SOURCES[name]().body)
    assert site.build().problems == ()


def test_a_grey_profile_on_a_colour_picture_is_warned_of(site: Site) -> None:
    site.write("pictures/photo.jpg", encoded(soft(), "JPEG", icc_profile=GREY))
    (problem,) = site.build().problems
    assert problem.severity == "warning"


@pytest.mark.parametrize("name", ["CMYK JPEG", "YCCK JPEG without", "CMYK TIFF"])
def test_i6_no_jpeg_is_published_in_ink(made: Made, name: str) -> None:
    for profile in ("keep", "srgb"):
        with Image.open(io.BytesIO(made(name, profile).variants["jpeg"][0])) as image:
            assert image.mode == "RGB"


def test_ink_without_a_profile_is_what_browsers_take_it_for(made: Made) -> None:
    (body,) = made("CMYK TIFF without", "keep").variants["png"]
    inks = levels(INKS, 8) / 255.0
    shown = 255 * (1 - inks[:, :3]) * (1 - inks[:, 3:])
    assert seen(body).declared == ""
    assert np.abs(patch_means(seen(body).values) * 255 - shown).max() <= 1


def test_the_rendering_intent_is_perceptual(made: Made) -> None:
    """The profile's colorimetric table has a yellowish paper, the perceptual one has not."""
    (body,) = made("CMYK TIFF", "srgb").variants["png"]
    assert np.abs(patch_means(seen(body).values)[0] - 1).max() < 0.01


@pytest.mark.parametrize("bits", [8, 16])
def test_grey_without_colours_says_which_end_is_white(folder: Path, bits: int) -> None:
    stored = levels(np.linspace(0, 1, 48)[:, None], bits)
    made = rendered(tiff(patches(stored), MIN_IS_WHITE), folder / "white", formats=("png",))
    found = patch_means(seen(made.variants["png"][0]).values)
    assert np.abs(found - (1 - np.linspace(0, 1, 48)[:, None])).max() < 1.5 / 255


# ---- depth ------------------------------------------------------------------------------------

WIDTH = 1024


def ramp(low: float, high: float, bits: int = 16, channels: int = 3, gamma: float = 1.0) -> Values:
    """Draw a smooth ramp from left to right: every value between two shares of the whole range."""
    line = levels(np.linspace(low, high, WIDTH) ** gamma, bits)
    return np.broadcast_to(line[None, :, None], (16, WIDTH, channels)).copy()


def lab_ramp(low: float, high: float) -> Values:
    lightness = np.linspace(low, high, WIDTH) * 100
    line = np.stack([lightness, lightness * 0, lightness * 0], axis=-1)
    return np.broadcast_to(lab_levels(line, 16, CIELAB)[None], (16, WIDTH, 3)).copy()


# Ramps in more than 8 bits whose variants have to hold each of their own levels in between.
RAMPS: dict[str, Callable[[float, float], bytes]] = {
    "PNG": lambda low, high: png(ramp(low, high)),
    "PNG P3": lambda low, high: png(ramp(low, high), icc(P3)),
    "PNG ProPhoto": lambda low, high: png(ramp(low, high), icc(ROMM)),
    "PNG cICP Rec. 2020 of 16 bits": lambda low, high: png(ramp(low, high), cicp(9, 13)),
    "PNG gAMA of 1": lambda low, high: png(ramp(low, high, gamma=2.2), gama(1.0)),
    "TIFF": lambda low, high: tiff(ramp(low, high), RGB),
    "TIFF Adobe": lambda low, high: tiff(ramp(low, high), RGB, profile=ADOBE),
    "TIFF Lab": lambda low, high: tiff(lab_ramp(low, high), CIELAB),
    "grey PNG": lambda low, high: png(ramp(low, high, channels=1)[..., 0]),
    "grey PNG of a profile": lambda low, high: png(
        ramp(low, high, channels=1)[..., 0], icc(grey_profile(1.8))
    ),
    "grey TIFF": lambda low, high: tiff(ramp(low, high, channels=1), MIN_IS_BLACK),
    "HEIC of 12 bits": lambda low, high: heic(ramp(low, high, 12), bits=12),
}


@pytest.mark.parametrize("bounds", [(0.0, 1.0), (0.02, 0.12)], ids=["whole", "shadows"])
@pytest.mark.parametrize("name", RAMPS)
def test_a_ramp_has_no_bands(folder: Path, name: str, bounds: tuple[float, float]) -> None:
    made = rendered(RAMPS[name](*bounds), folder / "ramp", formats=("png",))
    line = np.rint(seen(made.variants["png"][0]).values * 255).astype(int)[8, :, 1]
    # Noise below a level, to hide bands where there are some, would be welcome; steps would not.
    assert np.diff(line).min() >= -1
    assert np.diff(line).max() <= 1
    assert set(line) == set(range(line.min(), line.max() + 1))
    assert line.max() - line.min() >= (255 if bounds[1] == 1 else 15)


@pytest.mark.parametrize("profile", [None, PRESS], ids=["plain", "profile"])
def test_ink_of_sixteen_bits_keeps_its_depth(folder: Path, profile: bytes | None) -> None:
    inks = np.concatenate([ramp(0, 0, channels=3), ramp(0.3, 0, channels=1)], axis=2)
    body = tiff(inks, SEPARATED, profile=profile)
    made = rendered(body, folder / "ink", formats=("avif", "png"))
    line = np.rint(seen(made.variants["png"][0]).values[8, :, 1] * 255)
    assert (np.diff(line).min(), np.diff(line).max()) == (0, 1)
    assert line[-1] == 255
    variant = seen(made.variants["avif"][0])
    assert variant.bits == 10
    deep = len(np.unique(np.rint(variant.values[..., 1] * 1023)))
    assert deep > 2.5 * (line[-1] - line[0])


@pytest.mark.parametrize("output", ["jpeg", "webp"])
def test_lossy_ramps_only_rise(folder: Path, output: str) -> None:
    made = rendered(png(ramp(0, 1), icc(ROMM)), folder / "ramp", formats=(output,))
    line = seen(made.variants[output][0]).values[..., 1].mean(axis=0) * 255
    smooth = np.convolve(line, np.ones(8) / 8, "valid")
    assert np.diff(smooth).min() > -0.5
    assert np.diff(smooth).max() < 1.5
    assert line.max() - line.min() >= 250


@pytest.mark.parametrize("name", RAMPS)
def test_a_deep_source_gets_a_deep_avif(folder: Path, name: str) -> None:
    made = rendered(RAMPS[name](0.0, 1.0), folder / "ramp", formats=("avif",))
    assert made.photo.form.deep
    variant = seen(made.variants["avif"][0])
    assert variant.bits == 10
    green = np.rint(variant.values[..., 1] * 1023)
    assert len(np.unique(green)) > 256
    assert np.diff(green.mean(axis=0)).min() > -2


def test_a_deep_avif_stays_deep_in_every_size(folder: Path) -> None:
    made = rendered(png(ramp(0, 1)), folder / "ramp", 320, 640, 1024, formats=("avif",))
    for body in made.variants["avif"]:
        variant = seen(body)
        assert variant.bits == 10
        levels_seen = len(np.unique(np.rint(variant.values[..., 1] * 1023)))
        assert levels_seen > min(256, variant.values.shape[1] * 0.75)


TURNED: dict[str, Callable[[int], bytes]] = {
    "TIFF": lambda to: tiff(turned_ramp(16, to), RGB, orientation=to),
    "PNG": lambda to: png(
        turned_ramp(16, to), (b"eXIf", exif(to).tobytes().removeprefix(b"Exif\0\0"))
    ),
    "AVIF": lambda to: with_properties(
        avif(turned_ramp(10, to), 1, 13, bits=10), AS_PROPERTIES[to]
    ),
    "HEIC": lambda to: with_properties(heic(turned_ramp(12, to), bits=12), AS_PROPERTIES[to]),
}


def turned_ramp(bits: int, orientation: int) -> Values:
    """Draw an upright ramp as it is stored under an orientation (EXIF 2.32, tag 274)."""
    pixels = ramp(0, 1, bits)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return np.ascontiguousarray(pixels.swapaxes(0, 1) if orientation > 4 else pixels)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("name", TURNED)
def test_a_deep_source_stays_deep_whichever_way_it_was_held(
    folder: Path, name: str, orientation: int
) -> None:
    made = rendered(TURNED[name](orientation), folder / "turned", formats=("avif", "png"))
    assert made.photo.size == Size(WIDTH, 16)
    variant = seen(made.variants["avif"][0])
    assert variant.bits == 10
    assert len(np.unique(np.rint(variant.values[..., 1] * 1023))) > 256
    line = seen(made.variants["png"][0]).values[8, :, 1]
    assert np.diff(line).min() >= 0
    assert (line[0], line[-1]) == (0, 1)


@pytest.mark.parametrize("name", ["PNG", "PNG Adobe", "JPEG P3", "CMYK TIFF", "Lab TIFF", "HEIC"])
def test_a_source_of_eight_bits_gets_an_avif_of_eight(made: Made, name: str) -> None:
    assert not made(name, "keep").photo.form.deep
    assert seen(made(name, "keep").variants["avif"][0]).bits == 8


@pytest.mark.parametrize("output", ["png", "webp", "jpeg"])
def test_other_variants_of_a_deep_source_have_eight_bits(made: Made, output: str) -> None:
    assert seen(made("PNG ProPhoto of 16 bits", "keep").variants[output][0]).bits == 8


def test_values_are_rounded_not_cut(folder: Path) -> None:
    """A level of 16 bits is that of 8 bits next to it: 257 times as much is the same."""
    pixels = ramp(0, 1)
    made = rendered(png(pixels), folder / "ramp", formats=("png",))
    found = seen(made.variants["png"][0]).values * 255
    assert np.abs(found - pixels / 257).max() <= 0.51


# ---- transparency -----------------------------------------------------------------------------

CLEAR = np.concatenate([COLOURS, np.tile([1.0, 0.75, 0.5, 0.25], 12)[:, None]], axis=1)


def with_clear(bits: int) -> Values:
    return patches(levels(CLEAR, bits))


def multiplied(pixels: Values) -> Values:
    """Multiply colours by their alpha, as TIFF's associated alpha has them."""
    top = 2 ** (8 * pixels.dtype.itemsize) - 1
    shares = pixels / float(top)
    shares[..., :3] *= shares[..., 3:]
    return levels(shares, 8 if top == 255 else 16)


CLEAR_SOURCES: dict[str, tuple[Callable[[], bytes], bytes]] = {
    "PNG": (lambda: png(with_clear(8)), PLAIN),
    "PNG P3": (lambda: png(with_clear(8), icc(P3)), P3),
    "PNG ProPhoto of 16 bits": (lambda: png(with_clear(16), icc(ROMM)), ROMM),
    "PNG cICP P3": (lambda: png(with_clear(16), cicp(12, 13)), P3),
    "TIFF of 8 bits": (lambda: tiff(with_clear(8), RGB, extra=2, profile=ADOBE), ADOBE),
    "TIFF of 16 bits": (lambda: tiff(with_clear(16), RGB, extra=2, profile=ADOBE), ADOBE),
    "TIFF multiplied": (lambda: tiff(multiplied(with_clear(8)), RGB, extra=1), PLAIN),
    "TIFF multiplied, 16 bits": (
        lambda: tiff(multiplied(with_clear(16)), RGB, extra=1, profile=ADOBE),
        ADOBE,
    ),
    "WebP P3": (
        lambda: by_pillow("WEBP", "RGBA", lossless=True, exact=True, icc_profile=P3)(with_clear(8)),
        P3,
    ),
    "AVIF of 10 bits": (
        lambda: avif(patches(levels(CLEAR, 10)), 12, 13, bits=10),
        P3,
    ),
}


@pytest.mark.parametrize("profile", ["keep", "srgb"])
@pytest.mark.parametrize("name", CLEAR_SOURCES)
def test_transparent_colours_are_converted_and_alpha_is_not(
    folder: Path, name: str, profile: str
) -> None:
    write, meant = CLEAR_SOURCES[name]
    made = rendered(write(), folder / "clear", profile=profile)
    assert made.photo.form.transparent
    assert set(made.variants) == {"avif", "webp", "png"}
    for output, (body,) in made.variants.items():
        variant = seen(body)
        alpha = patch_means(variant.alpha[..., None])[:, 0]
        assert np.abs(alpha - CLEAR[:, 3]).max() < 0.015, output
        target = wanted(COLOURS, meant, variant.profile)
        far = de2000(patch_means(variant.lab), target)
        assert far.mean() < 1.5, output
        assert far.max() < 5, output


@pytest.mark.parametrize("kind", ["RGB", "grey"])
def test_of_sixteen_bits_only_the_very_value_is_transparent(folder: Path, kind: str) -> None:
    """A tRNS chunk names one colour; one that is the same in eight bits is another (PNG 11.3.1)."""
    channels = 3 if kind == "RGB" else 1
    pixels = np.full((32, 64, channels), 0x8001, np.uint16)
    pixels[:, :32] = 0x8000
    key = (b"tRNS", b"\x80\x00" * channels)
    body = png(pixels if channels == 3 else pixels[..., 0], key)
    made = rendered(body, folder / "key", formats=("png",))
    assert made.photo.form.transparent
    alpha = seen(made.variants["png"][0]).alpha
    assert alpha[:, :32].max() == 0
    assert alpha[:, 32:].min() == 1


def test_a_deep_alpha_channel_without_a_transparent_pixel_is_dropped(folder: Path) -> None:
    pixels = levels(patches(np.concatenate([COLOURS, COLOURS[:, :1] * 0 + 1], axis=1)), 16)
    made = rendered(png(pixels), folder / "opaque", formats=("jpeg",))
    assert not made.photo.form.transparent
    assert "jpeg" in made.variants


@pytest.mark.parametrize("name", ["PNG", "16 bits", "P3"])
def test_no_fringe_surrounds_what_is_cut_out(folder: Path, name: str) -> None:
    """Pure red next to transparent black stays pure red, however little of it is left."""
    y, x = np.mgrid[0:64, 0:64] - 31.5
    shares = (x**2 + y**2 < 400)[..., None] * np.array([1.0, 0.0, 0.0, 1.0])
    pixels = levels(shares, 8 if name == "PNG" else 16)
    made = rendered(
        png(pixels, *([icc(P3)] if name == "P3" else [])), folder / "disc", 20, 48, formats=("png",)
    )
    for body in made.variants["png"]:
        variant = seen(body)
        visible = variant.values[variant.alpha >= 16 / 255]
        assert visible[:, 0].min() >= 240 / 255
        assert visible[:, 1:].max() <= 2 / 255
