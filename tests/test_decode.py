"""From a file to pixels: what is refused and in which words, what comes out upright."""

import struct
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from generator.core.errors import DecodeError, NotAPicture
from generator.core.model import Size
from generator.pixels import decode
from tests.support.pictures import (
    chart,
    difference,
    disc,
    encoded,
    lossless_jpeg,
    psnr,
    soft,
)
from tests.support.rendering import read, rendered
from tests.support.tiffs import Value, tiff

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "JPEG2000", "AVIF", "HEIF")
SIGNATURES = {name: encoded(chart(8, 8), name)[:12] for name in FORMATS}

Load = Callable[[bytes], Image.Image]


@pytest.fixture(scope="module")
def load(tmp_path_factory: pytest.TempPathFactory) -> Load:
    """Open a picture, given as its bytes, and make it upright, as a build does."""
    file = tmp_path_factory.mktemp("decode") / "picture"

    def load_bytes(body: bytes) -> Image.Image:
        file.write_bytes(body)
        with decode.opened(file) as image:
            orientation = decode.orientation_of(image)
            return decode.upright(decode.resamplable(image), orientation)

    return load_bytes


@contextmanager
def limited(pixels: int) -> Iterator[None]:
    """Set the limit of pixels for as long as this lasts."""
    before = Image.MAX_IMAGE_PIXELS
    decode.prepare(pixels)
    try:
        yield
    finally:
        Image.MAX_IMAGE_PIXELS = before


def refusal(load: Load, body: bytes) -> str:
    with pytest.raises(DecodeError) as caught:
        load(body)
    return caught.value.what


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "the file is empty"),
        (bytes(5000), "the file holds only zeros"),
        (b"<!doctype html><h1>404 Not Found</h1>", "this is a web page, not a picture"),
        (b"version https://git-lfs.github.com/spec/v1", "this is a Git LFS pointer"),
        (b"just words", "this is no picture in a format that is built"),
        (encoded(chart(), "PPM"), "this is no picture in a format that is built"),
    ],
)
def test_i5_what_is_no_picture_is_called_by_its_name(load: Load, body: bytes, said: str) -> None:
    assert refusal(load, body).startswith(said)
    with pytest.raises(NotAPicture):
        load(body)


@pytest.mark.parametrize(
    ("body", "hint"),
    [
        (b"", "copy it from the camera or a backup once more, or remove it"),
        (bytes(5000), "copy it from the camera or a backup once more, or remove it"),
        (b"just words", "remove it, or give it its true suffix"),
    ],
)
def test_i5_a_copy_that_failed_is_to_be_copied_once_more(
    load: Load, body: bytes, hint: str
) -> None:
    with pytest.raises(NotAPicture) as caught:
        load(body)
    assert caught.value.hint == hint


@pytest.mark.parametrize("quarters", [1, 2, 3])
@pytest.mark.parametrize("name", FORMATS)
def test_i3_half_a_picture_is_none_and_said_to_be_damaged(
    load: Load, name: str, quarters: int
) -> None:
    body = encoded(chart(), name)
    said = refusal(load, body[: len(body) * quarters // 4])
    assert said.startswith(("the file is truncated", "the file is damaged"))


@pytest.mark.parametrize("name", FORMATS)
def test_i3_a_signature_alone_is_no_picture(load: Load, name: str) -> None:
    assert "\n" not in refusal(load, SIGNATURES[name])


@settings(max_examples=60)
@given(st.sampled_from(FORMATS), st.binary(max_size=300))
def test_i3_random_bytes_behind_a_signature_are_refused(load: Load, name: str, body: bytes) -> None:
    refusal(load, SIGNATURES[name] + body)


@settings(max_examples=60)
@given(st.sampled_from(FORMATS), st.data())
def test_i3_damage_yields_a_picture_or_a_refusal(
    load: Load, name: str, data: st.DataObject
) -> None:
    body = bytearray(encoded(chart(24, 16), name))
    for at in data.draw(st.lists(st.integers(0, len(body) - 1), min_size=1, max_size=5)):
        body[at] = data.draw(st.integers(0, 255))
    with limited(100_000):
        try:
            load(bytes(body))
        except DecodeError as error:
            assert error.what


def forged(name: str, before: bytes, sides: str, *, height_first: bool = False) -> bytes:
    """Claim 60,000 x 60,000 pixels in the header of a picture, where the sides follow a mark."""
    body = bytearray(encoded(chart(96, 64), name))
    true = struct.pack(sides, *((64, 96) if height_first else (96, 64)))
    at = body.index(true, body.index(before))
    struct.pack_into(sides, body, at, 60_000, 60_000)
    if name == "PNG":
        struct.pack_into(">I", body, 29, zlib.crc32(body[12:29]))
    return bytes(body)


@pytest.mark.parametrize(
    "body",
    [
        forged("PNG", b"IHDR", ">II"),
        forged("JPEG", b"\xff\xc0", ">HH", height_first=True),
        forged("GIF", b"GIF", "<HH"),
        forged("BMP", b"BM", "<ii"),
    ],
    ids=["PNG", "JPEG", "GIF", "BMP"],
)
def test_i1_a_header_that_claims_too_much_is_refused_before_memory_is_given(
    load: Load, body: bytes
) -> None:
    with limited(200_000_000), pytest.raises(DecodeError) as caught:
        load(body)
    assert caught.value.what == "3,600 megapixels by its header, more than the limit of 200"
    assert "images.max_pixels" in caught.value.hint


@pytest.mark.parametrize(
    "body",
    [
        forged("JPEG2000", b"ihdr", ">II", height_first=True),
        forged("AVIF", b"ispe", ">II"),
        forged("HEIF", b"ispe", ">II"),
    ],
    ids=["JPEG2000", "AVIF", "HEIF"],
)
def test_i1_a_container_that_contradicts_its_codec_is_refused(load: Load, body: bytes) -> None:
    with limited(200_000_000):
        assert refusal(load, body)


@pytest.mark.parametrize("name", FORMATS)
def test_i1_the_limit_is_the_largest_picture_allowed(load: Load, name: str) -> None:
    body = encoded(chart(96, 64), name)
    with limited(96 * 64):
        assert load(body).size == (96, 64)
    with limited(96 * 64 - 1):
        assert "more than the limit" in refusal(load, body)


def opaque(mode: str) -> Image.Image:
    return chart().convert("RGBA").convert(mode)


def keyed() -> Image.Image:
    """Return a palette picture of which one colour is declared transparent."""
    image = chart().quantize(16)
    image.info["transparency"] = 3
    return image


@pytest.mark.parametrize(
    ("image", "name", "transparent"),
    [
        (disc(), "PNG", True),
        (disc(), "WEBP", True),
        (disc(), "AVIF", True),
        (disc(), "TIFF", True),
        (disc(), "GIF", True),
        (disc(), "HEIF", True),
        (disc().convert("LA"), "PNG", True),
        (keyed(), "PNG", True),
        (opaque("RGBA"), "PNG", False),
        (opaque("LA"), "PNG", False),
        (chart(), "PNG", False),
        (chart(), "JPEG", False),
        (chart().quantize(16), "GIF", False),
    ],
)
def test_transparency_is_a_pixel_that_is_not_opaque(
    tmp_path: Path, image: Image.Image, name: str, transparent: bool
) -> None:
    (tmp_path / "picture").write_bytes(encoded(image, name))
    with decode.opened(tmp_path / "picture") as found:
        assert decode.has_alpha(found) is transparent


GREY = chart().convert("L")
LAB = ImageCms.profileToProfile(
    chart(), ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), outputMode="LAB"
)
assert LAB is not None


@pytest.mark.parametrize(
    ("image", "name", "decoded", "mode"),
    [
        (chart().convert("1"), "PNG", chart().convert("1").convert("L"), "L"),
        (GREY, "PNG", GREY, "L"),
        (GREY, "JPEG2000", GREY, "L"),
        (opaque("LA"), "PNG", opaque("LA"), "LA"),
        (chart().quantize(16), "PNG", chart().quantize(16).convert("RGB"), "RGB"),
        (keyed(), "PNG", keyed().convert("RGBA"), "RGBA"),
        (disc(), "PNG", disc(), "RGBA"),
        (disc(), "TIFF", disc(), "RGBA"),
        (chart().convert("CMYK"), "TIFF", chart().convert("CMYK"), "CMYK"),
        (chart().convert("YCbCr"), "TIFF", chart().convert("YCbCr").convert("RGB"), "RGB"),
        (LAB, "TIFF", LAB, "LAB"),
    ],
)
def test_i6_every_mode_becomes_one_that_can_be_averaged(
    load: Load, image: Image.Image, name: str, decoded: Image.Image, mode: str
) -> None:
    found = load(encoded(image, name))
    assert found.mode == mode
    assert difference(found, decoded) == 0


def test_a_jpeg_is_decoded_smaller_where_that_is_enough(tmp_path: Path) -> None:
    path = tmp_path / "big.jpg"
    soft(400, 300).save(path, quality=95)
    with decode.opened(path) as image:
        decode.shrink_on_load(image, Size(100, 75))
        small = decode.resamplable(image)
    assert small.size == (100, 75)
    assert psnr(small, soft(400, 300).resize((100, 75), Image.Resampling.LANCZOS)) > 35


def test_i4_a_lossless_jpeg_is_decoded_whole(load: Load) -> None:
    assert difference(load(lossless_jpeg(GREY)), GREY) == 0


@pytest.mark.parametrize("at", [2**40, 2**63 - 1, 2**64 - 1])
def test_i3_a_file_that_points_outside_of_itself_is_damaged(load: Load, at: int) -> None:
    """To seek there, systems refuse, as they refuse files that must not be read."""
    with pytest.raises(DecodeError) as caught:
        load(struct.pack("<2sHHHQ", b"II", 43, 8, 0, at))
    assert (caught.value.code, caught.value.passing) == ("damaged-picture", False)


def test_i3_a_tiff_with_a_tag_that_cannot_be_read_is_decoded_all_the_same(tmp_path: Path) -> None:
    deep = np.asarray(GREY).astype("<u2") * 257
    body = bytearray(encoded(Image.fromarray(deep), "TIFF"))
    at = body.index(struct.pack("<HHI", 262, 3, 1))
    struct.pack_into("<HI", body, at + 2, 0xFF, 1)
    photo = read(bytes(body), tmp_path)
    assert (photo.size, photo.form.deep) == (Size(96, 64), True)
    rendered(bytes(body), tmp_path, 64, formats=("jpeg",))


@pytest.mark.parametrize("associated", [1, 2])
def test_i6_grey_with_alpha_of_either_kind_is_read(load: Load, associated: int) -> None:
    both = np.stack([np.full((8, 8), 100), np.full((8, 8), 200)], axis=-1).astype(np.uint8)
    tags: dict[int, Value] = {256: (8,), 257: (8,), 258: (8, 8), 259: (1,), 262: (1,)}
    tags |= {273: both.tobytes(), 277: (2,), 278: (8,), 279: (both.nbytes,), 338: (associated,)}
    found = load(tiff([tags]))
    assert found.mode == "LA"
    assert found.getpixel((4, 4)) == ((100, 200) if associated == 2 else (127, 200))
