"""PNGs that are damaged only beside their pixels, and what stands there."""

import io
import zlib
from pathlib import Path
from typing import BinaryIO, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from generator.containers import png
from generator.core.errors import DecodeError
from generator.core.files import Bounded
from generator.core.model import Photo, Size
from generator.library.photo import read_photo
from generator.metadata.reading import read_metadata
from generator.pixels import decode
from tests.support.pictures import chart, encoded, exif, png_chunk, values, with_chunk, xmp_packet

PICTURE = chart(24, 16)
PNG = encoded(PICTURE, "PNG")
EXIF = exif(6, t272="X100V").tobytes()[6:]
XMP = xmp_packet("<dc:title>Falls</dc:title>")
XMP_KEY = b"XML:com.adobe.xmp\0"
RAW = b"\nexif\n%8d\n%s\n" % (len(EXIF) + 6, (b"Exif\0\0" + EXIF).hex().encode())
PLACES = (b"IDAT", b"IEND")

DAMAGED = {
    "text packed badly": png_chunk(b"zTXt", b"Comment\0\0garbage"),
    "text that is a bomb": png_chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"x" * 10_000_000)),
    "text packed in no known way": png_chunk(b"zTXt", b"Comment\0\5garbage"),
    "text without an end": png_chunk(b"iTXt", b"Comment"),
    "text with a wrong checksum": png_chunk(b"tEXt", b"Comment\0words", intact=False),
    "EXIF that is none": png_chunk(b"eXIf", b"garbage"),
    "no EXIF": png_chunk(b"eXIf", b""),
    "EXIF with a wrong checksum": png_chunk(b"eXIf", b"MM\0*\0\0\0\x08\xff\xff", intact=False),
    "EXIF of ImageMagick, cut": png_chunk(b"tEXt", b"Raw profile type exif\0\nexif\n9\n4d4"),
    "XMP that is none": png_chunk(b"iTXt", XMP_KEY + b"\0\0\0\0<<<"),
    "XMP that is a bomb": png_chunk(b"zTXt", XMP_KEY + b"\0" + zlib.compress(b"<" * 10_000_000)),
    "a resolution cut short": png_chunk(b"pHYs", b"\0"),
    "a gamma cut short": png_chunk(b"gAMA", b"\0"),
    "a profile with a wrong checksum": png_chunk(b"iCCP", b"name\0\0garbage", intact=False),
    "an animation cut short": png_chunk(b"acTL", b"\0"),
    "a chunk that nobody knows": png_chunk(b"prVt", b"\0" * 100, intact=False),
    "a date of no length": png_chunk(b"tIME", b""),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("damage", DAMAGED)
def test_i4_damage_beside_the_pixels_does_not_touch_them(
    damage: str, place: bytes, tmp_path: Path
) -> None:
    file = tmp_path / "a.png"
    file.write_bytes(with_chunk(PNG, DAMAGED[damage], place))

    photo = read_photo("a.png", tmp_path)
    assert isinstance(photo, Photo)
    assert photo.size == Size(24, 16)
    with decode.opened(file) as image:
        assert (values(decode.resamplable(image)) == values(PICTURE)).all()


SAYING = {
    "eXIf": ((png_chunk(b"eXIf", EXIF),), "", "X100V"),
    "EXIF of ImageMagick": (
        (png_chunk(b"tEXt", b"Raw profile type exif\0" + RAW),), "", "X100V"
    ),
    "EXIF of ImageMagick, packed": (
        (png_chunk(b"zTXt", b"Raw profile type APP1\0\0" + zlib.compress(RAW)),), "", "X100V"
    ),
    "XMP": ((png_chunk(b"iTXt", XMP_KEY + b"\0\0\0\0" + XMP),), "Falls", ""),
    "XMP, packed": (
        (png_chunk(b"iTXt", XMP_KEY + b"\1\0en\0key\0" + zlib.compress(XMP)),), "Falls", ""
    ),
    "XMP in a plain text": ((png_chunk(b"tEXt", XMP_KEY + XMP),), "Falls", ""),
    "both": ((png_chunk(b"eXIf", EXIF), png_chunk(b"tEXt", XMP_KEY + XMP)), "Falls", "X100V"),
}  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("said", SAYING)
def test_what_a_png_says_is_read_before_and_behind_its_pixels(
    said: str, place: bytes, tmp_path: Path
) -> None:
    chunks, title, camera = SAYING[said]
    file = tmp_path / "a.png"
    file.write_bytes(with_chunk(PNG, b"".join(chunks), place))

    with decode.opened(file) as image:
        metadata = read_metadata(image)
        assert decode.orientation_of(image) == (6 if camera else 1)
    assert (metadata.title, metadata.camera) == (title, camera)


def test_metadata_is_read_without_the_pixels(tmp_path: Path) -> None:
    file = tmp_path / "a.png"
    at = PNG.index(b"IDAT") + 8
    body = PNG[:at] + bytes(len(PNG) - at - 16) + PNG[-16:]
    file.write_bytes(with_chunk(body, png_chunk(b"eXIf", EXIF), b"IEND"))

    with decode.opened(file) as image:
        assert read_metadata(image).camera == "X100V"
        with pytest.raises(OSError, match="broken data stream"):
            image.load()


def test_colours_and_transparency_stay(tmp_path: Path) -> None:
    palette = PICTURE.quantize(8)
    body = encoded(palette, "PNG", transparency=3, icc_profile=b"a profile", gamma=0.45)
    file = tmp_path / "a.png"
    file.write_bytes(with_chunk(body, png_chunk(b"tEXt", b"Comment\0words"), b"IDAT"))

    with decode.opened(file) as image:
        assert image.info["icc_profile"] == b"a profile"
        assert image.convert("RGBA").getchannel("A").getextrema() == (0, 255)


def test_what_tells_colours_behind_the_pixels_comes_too_late(tmp_path: Path) -> None:
    file = tmp_path / "a.png"
    file.write_bytes(with_chunk(PNG, png_chunk(b"gAMA", b"\0\0\xb1\x8f"), b"IEND"))

    with decode.opened(file) as image:
        image.load()
        assert "gamma" not in image.info


def test_i2_a_packed_text_is_unpacked_up_to_a_limit() -> None:
    bomb = png_chunk(b"zTXt", XMP_KEY + b"\0" + zlib.compress(XMP + b" " * 50_000_000))
    _, said = png.divide(io.BytesIO(with_chunk(PNG, bomb, b"IDAT")))
    assert said["xmp"].startswith(XMP)
    assert len(said["xmp"]) == png.MAX_TEXT_BYTES


def test_an_animation_keeps_its_frames(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    PICTURE.save(buffer, "PNG", save_all=True, append_images=[chart(24, 16, 5)], duration=100)
    file = tmp_path / "a.png"
    file.write_bytes(with_chunk(buffer.getvalue(), png_chunk(b"eXIf", EXIF), b"fdAT"))

    with decode.opened(file) as image:
        assert getattr(image, "n_frames", 1) == 2
        image.seek(1)
        assert (values(image.convert("RGB")) == values(chart(24, 16, 5))).all()


def test_i3_pixels_that_are_cut_are_still_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.png"
    body = with_chunk(encoded(chart(200, 200), "PNG"), png_chunk(b"eXIf", EXIF), b"IDAT")
    file.write_bytes(body[: len(body) // 2])

    with pytest.raises(DecodeError, match="truncated"), decode.opened(file) as image:
        image.load()


@given(st.binary(max_size=200), st.integers(0, len(PNG)))
def test_i3_any_bytes_are_divided(damage: bytes, at: int) -> None:
    file, said = png.divide(io.BytesIO(PNG[:at] + damage + PNG[at:]))
    assert file.read(8) == (PNG[:at] + damage + PNG[at:])[:8]
    assert isinstance(said["exif"], bytes)


def test_a_file_without_metadata_is_given_as_it_is() -> None:
    file = io.BytesIO(PNG)
    assert png.divide(file)[0] is file
    assert Image.open(file).size == (24, 16)


@given(st.lists(st.binary(max_size=40), max_size=6), st.data())
def test_an_excerpt_reads_like_a_file(bodies: list[bytes], data: st.DataObject) -> None:
    chunks = [png_chunk(b"tEXt", each) + png_chunk(b"IDAT", each) for each in bodies]
    whole = PngImagePlugin._MAGIC + b"".join(chunks) + png_chunk(b"IEND", b"")
    kept = b"".join(png_chunk(b"IDAT", each) for each in bodies) + png_chunk(b"IEND", b"")
    file, _ = png.divide(io.BytesIO(whole))
    expected = io.BytesIO(PngImagePlugin._MAGIC + kept)
    for _ in range(4):
        offset, length = data.draw(st.integers(0, 300)), data.draw(st.integers(0, 300))
        assert file.seek(offset) == expected.seek(offset)
        assert file.read(length) == expected.read(length)
        assert file.tell() == expected.tell()
    assert file.seek(0, io.SEEK_END) == expected.seek(0, io.SEEK_END)


@pytest.mark.parametrize("kind", [b"IDAT", b"fdAT"])
def test_i1_a_chunk_that_claims_gigabytes_is_given_no_memory(kind: bytes) -> None:
    body = encoded(chart(), "PNG", save_all=True, append_images=[chart(seed=1)])
    at = body.rindex(kind) - 4
    forged = body[:at] + (2**32 - 16).to_bytes(4, "big") + body[at + 4 :]
    file = Bounded(cast(io.RawIOBase, io.BytesIO(forged)))
    assert file.read(2**60) == forged
    assert (file.seek(5), file.read(2**60), file.read(2**60)) == (5, forged[5:], b"")
    divided, _ = png.divide(cast(BinaryIO, file))
    assert len(divided.read(2**60)) <= len(forged)
