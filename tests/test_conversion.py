"""Through a profile to a gamut of ours: as LittleCMS does it, or not at all."""

import io

import numpy as np
import pytest
from PIL import Image, ImageCms

from generator.containers.icc import (
    BT709,
    BT2020,
    P3,
    PRIMARIES,
    coded_profile,
    is_srgb,
    matrix_profile,
)
from generator.pixels.coding import is_wide
from generator.pixels.colour import converted, is_usable, profile_of
from generator.pixels.deep_colour import converted_deep
from tests.support.pictures import (
    chart,
    difference,
    nearly_srgb_profile,
    soft,
    srgb_profile,
    swapped_profile,
    values,
    wide_profile,
)

LAB = ImageCms.profileToProfile(
    chart(), ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), outputMode="LAB"
)
assert LAB is not None


def by_littlecms(image: Image.Image, profile: bytes) -> Image.Image:
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    found = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("image", "most"),
    [
        (chart(), 0.0),
        (chart().convert("CMYK"), 1.0),
        (LAB, 3.0),
    ],
    ids=["RGB", "CMYK", "LAB"],
)
def test_without_a_profile_a_picture_looks_as_it_did(image: Image.Image, most: float) -> None:
    assert difference(converted(image, b"", "srgb"), chart()) <= most


def test_a_profile_that_swaps_channels_swaps_them_back() -> None:
    red, green, blue = chart().split()
    swapped = Image.merge("RGB", (blue, green, red))
    found = converted(swapped, swapped_profile(), "srgb")
    assert np.abs(values(found) - values(chart())).max() <= 2


def test_a_profile_that_is_srgb_but_for_rounding_leaves_every_value() -> None:
    assert difference(by_littlecms(soft(), nearly_srgb_profile()), soft()) > 0
    assert difference(converted(soft(), nearly_srgb_profile(), "srgb"), soft()) == 0


def test_a_wide_profile_is_converted_as_littlecms_does_and_alpha_stays() -> None:
    wanted = by_littlecms(soft(), wide_profile())
    assert difference(converted(soft(), wide_profile(), "srgb"), wanted) < 0.01
    assert difference(wanted, soft()) > 3

    alpha = soft().getchannel("G")
    layered = soft()
    layered.putalpha(alpha)
    found = converted(layered, wide_profile(), "srgb")
    assert difference(found.convert("RGB"), wanted) < 0.01
    assert difference(found.getchannel("A"), alpha) == 0


@pytest.mark.parametrize(
    "profile",
    [
        srgb_profile(),
        b"",
        b"no profile",
        srgb_profile()[:200],
        bytes(588),
        ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes(),
    ],
    ids=["sRGB", "empty", "words", "truncated", "zeros", "of another colour space"],
)
@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
def test_a_profile_that_changes_nothing_or_is_none_leaves_every_value(
    profile: bytes, mode: str
) -> None:
    image = chart().convert(mode)
    assert difference(converted(image, profile, "srgb"), image) == 0


def test_our_profiles_are_small_and_what_littlecms_takes_them_for() -> None:
    p3 = ImageCms.ImageCmsProfile(io.BytesIO(profile_of("p3")))
    assert len(profile_of("p3")) < 512
    assert ImageCms.getProfileDescription(p3).strip() == "Display P3"
    # The columns of the P3 profile that Apple publishes.
    primaries = (p3.profile.red_primary, p3.profile.green_primary, p3.profile.blue_primary)
    found = [each[0] for each in primaries if each]
    wanted = [[0.51512, 0.2412, -0.00105], [0.29198, 0.69225, 0.04189], [0.1571, 0.06657, 0.78407]]
    assert np.abs(np.array(found) - wanted).max() < 0.0002
    assert np.abs(np.array(found).sum(axis=0) - (0.9642, 1.0, 0.8249)).max() < 0.0002


def test_our_srgb_is_littlecms_srgb() -> None:
    assert difference(by_littlecms(soft(), profile_of("srgb")), soft()) == 0


@pytest.mark.parametrize(
    ("primaries", "transfer", "srgb", "wide"),
    [
        (BT709, 13, True, False),
        (2, 2, True, False),
        (BT709, 1, True, False),
        (6, 6, False, False),
        (BT709, 8, False, False),
        (P3, 13, False, True),
        (BT2020, 14, False, True),
        (200, 200, True, False),
    ],
)
def test_code_points_are_srgb_or_a_profile(
    primaries: int, transfer: int, srgb: bool, wide: bool
) -> None:
    assert is_srgb(primaries, transfer) is srgb
    assert is_wide(coded_profile(primaries, transfer)) is wide


def test_a_profile_is_usable_for_the_pixels_it_describes_only() -> None:
    assert is_usable(profile_of("p3"), "RGB")
    assert is_usable(profile_of("p3"), "L")
    assert not is_usable(profile_of("p3"), "CMYK")
    assert not is_usable(profile_of("p3")[:250], "RGB")


@pytest.mark.parametrize("line", [(0.3, 0.3), (0.4, 0.0)])
def test_primaries_that_span_nothing_are_no_profile(line: tuple[float, float]) -> None:
    known = PRIMARIES[BT709]
    with pytest.raises(ValueError, match=r"luminance|line"):
        matrix_profile(type(known)((0.3, 0.3), (0.3, 0.3), line))


def test_sixteen_bits_are_converted_at_that_depth() -> None:
    ramp = np.repeat(np.arange(0, 65536, 97, dtype=np.uint16)[None, :, None], 3, axis=2)
    found = converted_deep(ramp, "RGB", coded_profile(P3, 4), "p3")
    assert len(np.unique(found[..., 0])) == ramp.shape[1]
    x = ramp[0, :, 0] / 65535
    light = x**2.2
    wanted = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    assert np.abs(found[0, :, 0] / 65535 - wanted).max() < 0.0005


def test_cmyk_without_a_profile_is_what_browsers_make_of_it() -> None:
    ink = np.array([[[65535, 0, 0, 0], [0, 32768, 0, 32768]]], np.uint16)
    found = converted_deep(ink, "CMYK", b"", "srgb")
    assert found[0, 0].tolist() == [0, 65535, 65535]
    assert np.abs(found[0, 1].astype(int) - [32767, 16384, 32767]).max() <= 1
    eight = Image.new("CMYK", (1, 1), (0, 128, 0, 128))
    assert converted(eight, b"", "srgb").getpixel((0, 0)) == (127, 63, 127)
