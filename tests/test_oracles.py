"""What the tests judge by is itself judged: by published numbers, and by libraries not ours."""

import io
from typing import Any

import imagecodecs
import numpy as np
import pytest
from PIL import Image, ImageCms

from tests.support.colour import (
    COLOURS,
    INKS,
    LABS,
    SPACES,
    converted,
    de2000,
    embedded_profile,
    hlg,
    lab_of,
    lab_profile,
    patch_means,
    patches,
    pq,
    seen,
    wanted,
)
from tests.support.containers import (
    AS_PROPERTIES,
    CIELAB,
    ICCLAB,
    MIN_IS_BLACK,
    MIN_IS_WHITE,
    RGB,
    SEPARATED,
    avif,
    chrm,
    chunks,
    cicp,
    cropped,
    gama,
    heic,
    lab_levels,
    levels,
    nclx_of,
    png,
    tiff,
    with_properties,
    ycck_jpeg,
)
from tests.support.pictures import chart, difference, encoded, stored, values
from tests.support.profiles import (
    ADOBE_RGB,
    DISPLAY_P3,
    LINEAR_SRGB,
    REC2020,
    SRGB,
    cmyk_profile,
    grey_profile,
    linear,
    press,
    rgb_profile,
    rgb_table_profile,
    scanner,
    to_xyz,
    xyz_to_lab,
)
from tests.support.profiles import encoded as encode_light

SRGB_OF_LITTLECMS = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))

# Sharma, Wu and Dalal (2005), table 1: pairs 1 to 24 and 33, 34 but for repetitions.
SHARMA = [
    ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
    ((50, 3.1571, -77.2803), (50, 0, -82.7485), 2.8615),
    ((50, 2.8361, -74.0200), (50, 0, -82.7485), 3.4412),
    ((50, -1.3802, -84.2814), (50, 0, -82.7485), 1.0000),
    ((50, 0, 0), (50, -1, 2), 2.3669),
    ((50, 2.4900, -0.0010), (50, -2.4900, 0.0009), 7.1792),
    ((50, 2.4900, -0.0010), (50, -2.4900, 0.0011), 7.2195),
    ((50, -0.0010, 2.4900), (50, 0.0009, -2.4900), 4.8045),
    ((50, -0.0010, 2.4900), (50, 0.0011, -2.4900), 4.7461),
    ((50, 2.5, 0), (50, 0, -2.5), 4.3065),
    ((50, 2.5, 0), (73, 25, -18), 27.1492),
    ((50, 2.5, 0), (61, -5, 29), 22.8977),
    ((50, 2.5, 0), (56, -27, -3), 31.9030),
    ((50, 2.5, 0), (58, 24, 15), 19.4535),
    ((50, 2.5, 0), (50, 3.1736, 0.5854), 1.0000),
    ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
    ((63.0109, -31.0961, -5.8663), (62.8187, -29.7946, -4.0864), 1.2630),
    ((22.7233, 20.0904, -46.6940), (23.0331, 14.9730, -42.5619), 2.0373),
    ((90.8027, -2.0831, 1.4410), (91.1528, -1.6435, 0.0447), 1.4441),
    ((6.7747, -0.2908, -2.4247), (5.8714, -0.0985, -2.2286), 0.6377),
    ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
]


@pytest.mark.parametrize(("one", "other", "published"), SHARMA)
def test_colour_differences_are_the_published_ones(
    one: tuple[float, float, float], other: tuple[float, float, float], published: float
) -> None:
    pair = np.array(one, dtype=float), np.array(other, dtype=float)
    assert float(de2000(*pair)) == pytest.approx(published, abs=5e-5)
    assert float(de2000(*pair[::-1])) == pytest.approx(published, abs=5e-5)


def test_primaries_are_those_that_profiles_publish() -> None:
    # As the profiles of sRGB and Display P3 on color.org have them, rounded to 1/65536.
    srgb = [[0.4361, 0.3851, 0.1431], [0.2225, 0.7169, 0.0606], [0.0139, 0.0971, 0.7141]]
    p3 = [[0.5151, 0.2920, 0.1571], [0.2412, 0.6922, 0.0666], [-0.0010, 0.0419, 0.7841]]
    assert np.abs(to_xyz(SRGB) - srgb).max() < 2e-4
    assert np.abs(to_xyz(DISPLAY_P3) - p3).max() < 2e-4


@pytest.mark.parametrize("version", [2, 4])
@pytest.mark.parametrize("name", [*SPACES, "rec2020"])
def test_littlecms_reads_a_profile_as_it_was_meant(name: str, version: int) -> None:
    space = SPACES.get(name, REC2020)
    profile = rgb_profile(space, version)
    opened = ImageCms.ImageCmsProfile(io.BytesIO(profile)).profile
    assert (opened.xcolor_space, opened.connection_space) == ("RGB ", "XYZ ")
    assert int(opened.version) == version
    assert opened.profile_description == space.name
    meant = xyz_to_lab(linear(space, COLOURS) @ to_xyz(space).T)
    assert de2000(lab_of(COLOURS, profile), meant).max() < 0.1


def test_our_srgb_is_littlecms_own() -> None:
    own = SRGB_OF_LITTLECMS.tobytes()
    assert de2000(lab_of(COLOURS, rgb_profile(SRGB)), lab_of(COLOURS, own)).max() < 0.05


@pytest.mark.parametrize("space", [SRGB, ADOBE_RGB, REC2020, LINEAR_SRGB])
def test_a_curve_and_its_way_back_cancel(space: object) -> None:
    assert isinstance(space, type(SRGB))
    there = linear(space, np.linspace(-1, 2, 301))
    # The published threshold of Rec. 2020's curve is rounded.
    assert np.abs(encode_light(space, there) - np.linspace(-1, 2, 301)).max() < 1e-3


def test_tables_give_the_colours_they_were_made_of() -> None:
    inks = np.rint(INKS * 65535).astype(np.uint16)
    found = lab_of(inks, cmyk_profile(), "cmyk")
    # Between the nodes of a coarse table colours are near, no more; on them they are right.
    nodes = np.isin(INKS * 8 % 1, 0).all(axis=1)
    assert (
        de2000(found, press(INKS) + [-2, 0, 8] * np.prod(1 - INKS, axis=1)[:, None])[nodes].max()
        < 0.5
    )
    perceptual = converted(inks, cmyk_profile(), lab_profile(), space="cmyk", target_space="lab")
    assert de2000(perceptual, press(INKS))[nodes].max() < 0.5
    assert de2000(perceptual, found).max() > 5
    assert de2000(lab_of(COLOURS, rgb_table_profile()), scanner(COLOURS)).max() < 3


def test_a_grey_profile_is_read_by_its_gamma() -> None:
    greys = np.linspace(0, 1, 48)[:, None]
    found = lab_of(greys, grey_profile(1.8), "gray")
    light = greys**1.8 * to_xyz(SRGB).sum(axis=1)
    assert de2000(found, xyz_to_lab(light)).max() < 0.2


def test_patches_are_found_again_at_any_scale() -> None:
    pixels = levels(patches(COLOURS).astype(float), 8)
    assert pixels.shape == (96, 128, 3)
    small = Image.fromarray(pixels.astype(np.uint8)).resize((64, 48))
    for image in (pixels, small):
        assert np.abs(patch_means(np.asarray(image, float)) - COLOURS * 255).max() < 1.5
    assert len(INKS) == len(LABS) == len(COLOURS) == 48


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_pngs_are_read_as_they_were_written(bits: int, channels: int) -> None:
    pixels = levels(patches(INKS[:, :channels]).astype(float), bits)
    body = png(pixels if channels > 1 else pixels[..., 0], cicp(12, 13), gama(0.45455))
    found = imagecodecs.png_decode(body)
    assert found.dtype.itemsize * 8 == bits
    assert (found.reshape(pixels.shape) == pixels).all()
    assert chunks(body)[b"cICP"] == bytes([12, 13, 0, 1])
    with Image.open(io.BytesIO(body)) as image:
        assert image.info["gamma"] == 0.45455


def test_a_png_holds_a_profile_and_chromaticities() -> None:
    pixels = levels(patches(COLOURS).astype(float), 8)
    body = png(pixels, (b"iCCP", rgb_profile(DISPLAY_P3)), chrm(ADOBE_RGB))
    assert embedded_profile(body) == rgb_profile(DISPLAY_P3)
    with Image.open(io.BytesIO(body)) as image:
        assert image.info["chromaticity"] == (0.3127, 0.329, 0.64, 0.33, 0.21, 0.71, 0.15, 0.06)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("planar", [False, True])
@pytest.mark.parametrize("bits", [8, 16])
def test_tiffs_are_read_as_they_were_written(bits: int, planar: bool, order: str) -> None:
    pixels = levels(patches(INKS).astype(float), bits)
    body = tiff(
        pixels, SEPARATED, profile=cmyk_profile(), planar=planar, order="<" if order == "<" else ">"
    )
    with Image.open(io.BytesIO(body)) as image:
        assert image.mode == "CMYK"
        assert image.info["icc_profile"] == cmyk_profile()
        if bits == 8:
            assert (np.asarray(image) == pixels).all()


@pytest.mark.parametrize(("photometric", "grey"), [(MIN_IS_BLACK, 60), (MIN_IS_WHITE, 195)])
def test_tiffs_of_grey_say_which_end_is_white(photometric: int, grey: int) -> None:
    body = tiff(np.full((8, 8, 1), 60, np.uint8), photometric)
    with Image.open(io.BytesIO(body)) as image:
        assert image.convert("L").getpixel((0, 0)) == grey


def test_lab_is_written_as_tiff_has_it() -> None:
    body = tiff(lab_levels(patches(LABS).astype(float), 8, CIELAB), CIELAB)
    with Image.open(io.BytesIO(body)) as image:
        assert image.mode == "LAB"
        seen_by_pillow = ImageCms.profileToProfile(
            image, ImageCms.createProfile("LAB"), SRGB_OF_LITTLECMS, outputMode="RGB"
        )
    assert seen_by_pillow is not None
    found = lab_of(patch_means(values(seen_by_pillow)) / 255, rgb_profile(SRGB))
    assert de2000(found, wanted(LABS, lab_profile(), rgb_profile(SRGB), "lab")).max() < 1
    raised = lab_levels(np.array([[[100.0, 0.0, -128.0]]]), 16, ICCLAB)
    assert raised.tolist() == [[[65280, 32768, 0]]]


def test_a_tiff_of_its_own_alpha_is_read_so() -> None:
    pixels = levels(patches(INKS).astype(float), 8)
    with Image.open(io.BytesIO(tiff(pixels, RGB, extra=2))) as image:
        assert image.mode == "RGBA"
        assert (np.asarray(image) == pixels).all()


@pytest.mark.parametrize("name", ["AVIF", "HEIF"])
@pytest.mark.parametrize("orientation", AS_PROPERTIES)
def test_properties_turn_a_picture_as_they_say(name: str, orientation: int) -> None:
    body = with_properties(encoded(stored(chart(), orientation), name), AS_PROPERTIES[orientation])
    if name == "AVIF":
        with Image.open(io.BytesIO(body)) as image:
            assert image.getexif().get(0x0112, 1) == orientation
            assert difference(image, stored(chart(), orientation)) < 5
    else:
        import pillow_heif

        upright = pillow_heif.open_heif(io.BytesIO(body)).to_pillow()
        assert difference(upright, chart()) < 5


def test_a_property_crops() -> None:
    import pillow_heif

    body = with_properties(encoded(chart(), "HEIF"), [cropped((96, 64), 8, 16, 64, 32)])
    image = pillow_heif.open_heif(io.BytesIO(body)).to_pillow()
    assert difference(image, chart().crop((8, 16, 72, 48))) < 5


def test_a_variant_is_seen_through_what_it_declares() -> None:
    pixels = levels(patches(COLOURS).astype(float), 8)
    image = Image.fromarray(pixels.astype(np.uint8))
    wide = rgb_profile(DISPLAY_P3)
    plain = lab_of(COLOURS, rgb_profile(SRGB))
    encoders: dict[str, dict[str, Any]] = {
        "PNG": {},
        "JPEG": {"quality": 100, "subsampling": 0},
        "WEBP": {"lossless": True},
        "AVIF": {"quality": 100},
    }
    for name, options in encoders.items():
        found = seen(encoded(image, name, **options))
        assert (found.declared, found.bits) == ("", 8)
        assert de2000(patch_means(found.lab), plain).max() < 2
        found = seen(encoded(image, name, icc_profile=wide, **options))
        assert found.declared == "icc"
        assert de2000(patch_means(found.lab), lab_of(COLOURS, wide)).max() < 2


def test_an_avif_is_seen_through_its_numbers_at_its_depth() -> None:
    pixels = levels(patches(COLOURS).astype(float), 10)
    body = avif(pixels, 12, 13, bits=10)
    assert nclx_of(body) == (12, 13, 6)
    found = seen(body)
    assert (found.declared, found.bits) == ("nclx", 10)
    assert de2000(patch_means(found.lab), lab_of(COLOURS, rgb_profile(DISPLAY_P3))).max() < 0.5


@pytest.mark.parametrize("bits", [8, 10, 12])
def test_heics_are_read_as_they_were_written(bits: int) -> None:
    import pillow_heif

    pixels = levels(patches(COLOURS).astype(float), bits)
    body = heic(pixels, bits=bits, color_primaries=12, transfer_characteristics=13)
    assert nclx_of(body) == (12, 13, 0)
    found = pillow_heif.open_heif(io.BytesIO(body), convert_hdr_to_8bit=False)
    assert found.info["bit_depth"] == bits
    assert (np.asarray(found) == pixels * 2 ** (16 - bits if bits > 8 else 0)).all()


@pytest.mark.parametrize("profile", [None, cmyk_profile()], ids=["plain", "profile"])
def test_jpegs_of_ink_are_read_as_they_were_written(profile: bytes | None) -> None:
    inks = levels(patches(INKS).astype(float), 8)
    with Image.open(io.BytesIO(ycck_jpeg(inks, profile))) as image:
        assert image.info["adobe_transform"] == 2
        assert image.info.get("icc_profile") == profile
        assert np.abs(patch_means(values(image)) - INKS * 255).max() < 4


def test_signals_of_hdr_are_those_that_are_published() -> None:
    # ITU-R BT.2408-7, table 1: diffuse white is 58 % of PQ and 75 % of HLG; 100 nits are 51 % PQ.
    white = np.full((1, 3), 203.0)
    assert pq(white) == pytest.approx(0.58, abs=0.005)
    assert hlg(white) == pytest.approx(0.75, abs=0.005)
    assert pq(np.array([100.0, 1000.0, 10_000.0])) == pytest.approx([0.51, 0.75, 1.0], abs=0.005)
    assert hlg(np.full((1, 3), 1000.0)) == pytest.approx(1.0, abs=0.001)


def test_alpha_is_seen_apart() -> None:
    image = chart().convert("RGBA")
    image.putalpha(chart().getchannel("R"))
    found = seen(encoded(image, "PNG"))
    assert (np.rint(found.alpha * 255) == values(chart().getchannel("R"))).all()
    assert (np.rint(found.values * 255) == values(chart())).all()
