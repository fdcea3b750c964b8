"""All eight ways to hold a camera give one and the same picture, in every format that tells."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from generator.core.model import Size
from tests.support.containers import (
    AS_PROPERTIES,
    CIELAB,
    RGB,
    SEPARATED,
    avif,
    cropped,
    heic,
    lab_levels,
    levels,
    png,
    rotated_by,
    tiff,
    with_properties,
)
from tests.support.pictures import chart, difference, encoded, exif, stored, values, xmp_packet
from tests.support.rendering import rendered
from tests.support.sites import Site

ORIENTATIONS = range(1, 9)
ISOBMFF = ("AVIF", "HEIF")


def variant(body: bytes, folder: Path, step: int = 96) -> Image.Image:
    made = rendered(body, folder, step, formats=("png",))
    return Image.open(io.BytesIO(made.variants["png"][0])).convert("RGB")


def exif_chunk(orientation: int) -> tuple[bytes, bytes]:
    return b"eXIf", exif(orientation).tobytes().removeprefix(b"Exif\0\0")


def inks(image: Image.Image) -> Any:
    return np.asarray(image.convert("CMYK"))


def lab16(image: Image.Image) -> Any:
    """Take values for lightness and colours: what they look like is not what is tested."""
    return lab_levels(values(image) * [100 / 255, 0.3, 0.3], 16, CIELAB)


def deep(image: Image.Image, bits: int) -> Any:
    return levels(values(image) / 255, bits)


def with_exif(name: str, **options: Any) -> Callable[[Image.Image, int], bytes]:
    return lambda image, to: encoded(image, name, exif=exif(to).tobytes(), **options)


# How a file of each kind holds stored pixels, and says how these are to be turned.
WRITERS: dict[str, Callable[[Image.Image, int], bytes]] = {
    "JPEG": with_exif("JPEG", quality=95),
    "PNG": with_exif("PNG"),
    "WebP": with_exif("WEBP", lossless=True),
    "TIFF": with_exif("TIFF"),
    "AVIF": with_exif("AVIF", quality=95),
    "HEIC": with_exif("HEIF", quality=-1),
    "MPO": lambda image, to: encoded(
        image, "MPO", save_all=True, append_images=[image], exif=exif(to).tobytes(), quality=95
    ),
    "CMYK JPEG": lambda image, to: encoded(
        image.convert("CMYK"), "JPEG", exif=exif(to).tobytes(), quality=95
    ),
    "grey JPEG": lambda image, to: encoded(
        image.convert("L"), "JPEG", exif=exif(to).tobytes(), quality=95
    ),
    "PNG of 16 bits": lambda image, to: png(deep(image, 16), exif_chunk(to)),
    "grey PNG of 16 bits": lambda image, to: png(deep(image.convert("L"), 16), exif_chunk(to)),
    "TIFF of 16 bits": lambda image, to: tiff(deep(image, 16), RGB, orientation=to),
    "TIFF in planes": lambda image, to: tiff(
        deep(image, 16), RGB, orientation=to, planar=True, order=">"
    ),
    "CMYK TIFF": lambda image, to: tiff(inks(image), SEPARATED, orientation=to),
    "CMYK TIFF of 16 bits": lambda image, to: tiff(
        levels(inks(image) / 255, 16), SEPARATED, orientation=to
    ),
    "Lab TIFF of 16 bits": lambda image, to: tiff(lab16(image), CIELAB, orientation=to),
    "AVIF by property": lambda image, to: with_properties(
        encoded(image, "AVIF", quality=95), AS_PROPERTIES[to]
    ),
    "HEIC by property": lambda image, to: with_properties(
        encoded(image, "HEIF", quality=-1), AS_PROPERTIES[to]
    ),
    "AVIF of 10 bits": lambda image, to: with_properties(
        avif(deep(image, 10), 1, 13, bits=10), AS_PROPERTIES[to]
    ),
    "HEIC of 10 bits": lambda image, to: with_properties(
        heic(deep(image, 10), bits=10), AS_PROPERTIES[to]
    ),
}


@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize("name", WRITERS)
def test_i7_all_orientations_agree_with_the_first(
    tmp_path: Path, name: str, orientation: int
) -> None:
    write = WRITERS[name]
    body = write(stored(chart(), orientation), orientation)
    made = rendered(body, tmp_path / "turned", 96, 40, formats=("png",))
    first = rendered(write(chart(), 1), tmp_path / "first", 96, 40, formats=("png",))
    assert made.photo.size == Size(96, 64)
    for found, wanted in zip(made.variants["png"], first.variants["png"], strict=True):
        with Image.open(io.BytesIO(found)) as one, Image.open(io.BytesIO(wanted)) as other:
            # A wrong turn differs by 30 steps and more; the coarsest of these codecs by 3.
            assert difference(one, other) < 4
            assert one.getexif().get(0x0112, 1) == 1


# What values of L*a*b* look like is for the tests of colour.
@pytest.mark.parametrize("name", [name for name in WRITERS if "Lab" not in name])
def test_the_first_is_the_picture_itself(tmp_path: Path, name: str) -> None:
    wanted = chart().convert("L").convert("RGB") if "grey" in name else chart()
    assert difference(variant(WRITERS[name](chart(), 1), tmp_path), wanted) < 5


@pytest.mark.parametrize("orientation", [0, 9, 99, 65535])
@pytest.mark.parametrize(
    "name", ["JPEG", "PNG", "WebP", "TIFF", "PNG of 16 bits", "TIFF of 16 bits"]
)
def test_i7_an_orientation_that_is_none_turns_nothing(
    tmp_path: Path, name: str, orientation: int
) -> None:
    made = rendered(WRITERS[name](chart(), orientation), tmp_path, 96, formats=("png",))
    assert made.photo.size == Size(96, 64)
    found = Image.open(io.BytesIO(made.variants["png"][0]))
    assert difference(found.convert("RGB"), chart()) < 5


@pytest.mark.parametrize(
    "broken",
    [b"Exif\0\0MM\0*\xff\xff\xff\xff", b"Exif\0\0", b"Exif\0\0II*\0\x08\0\0\0\xff\xff"],
    ids=["beyond the end", "nothing", "more tags than bytes"],
)
@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP"])
def test_i7_broken_exif_turns_nothing(tmp_path: Path, name: str, broken: bytes) -> None:
    assert difference(variant(encoded(chart(), name, exif=broken), tmp_path), chart()) < 5


@pytest.mark.parametrize("kind", [2, 4, 5, 7])
def test_an_orientation_of_another_type_costs_no_picture(tmp_path: Path, kind: int) -> None:
    """EXIF has it as a short; as a text, a fraction or bytes it may count or not, and no more."""
    entry = b"II*\0\x08\0\0\0\x01\0\x12\x01" + bytes([kind]) + b"\0\x01\0\0\0\x01\0\0\0" + bytes(12)
    body = encoded(chart(), "JPEG", exif=b"Exif\0\0" + entry, quality=95)
    assert difference(variant(body, tmp_path), chart()) < 5


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_an_orientation_that_only_xmp_tells_turns_nothing(tmp_path: Path, name: str) -> None:
    """Browsers do not know it, and editors that write it have turned the pixels already."""
    packet = xmp_packet("").replace(
        b'rdf:about=""',
        b'rdf:about="" xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6"',
    )
    options: dict[str, Any] = {"xmp": packet}
    if name == "PNG":
        from PIL.PngImagePlugin import PngInfo

        words = PngInfo()
        words.add_itxt("XML:com.adobe.xmp", packet.decode())
        options = {"pnginfo": words}
    elif name == "TIFF":
        options = {"tiffinfo": {700: packet}}
    body = encoded(chart(), name, **options)
    assert b"tiff:Orientation" in body
    made = rendered(body, tmp_path, 96, formats=("png",))
    assert made.photo.size == Size(96, 64)
    found = Image.open(io.BytesIO(made.variants["png"][0]))
    assert difference(found.convert("RGB"), chart()) < 5


def both(name: str, image: Image.Image, by_property: int, by_exif: int) -> bytes:
    """Write a picture that is turned by properties, and of which EXIF says something, too."""
    # Encoders take an orientation out of EXIF; so another tag is given, and renamed.
    tags = exif(t296=by_exif)
    body = encoded(image, name, exif=tags.tobytes())
    was, becomes = (tag.to_bytes(2, "big") for tag in (0x0128, 0x0112))
    kind = b"\0\x03\0\0\0\x01"
    assert body.count(was + kind) == 1
    return with_properties(body.replace(was + kind, becomes + kind), AS_PROPERTIES[by_property])


@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize("name", ISOBMFF)
def test_i7_what_properties_and_exif_both_say_is_done_once(
    tmp_path: Path, name: str, orientation: int
) -> None:
    body = both(name, stored(chart(), orientation), orientation, orientation)
    made = rendered(body, tmp_path, 96, formats=("png",))
    assert made.photo.size == Size(96, 64)
    found = Image.open(io.BytesIO(made.variants["png"][0]))
    assert difference(found.convert("RGB"), chart()) < 5


@pytest.mark.parametrize(("by_property", "by_exif"), [(6, 3), (1, 6), (3, 1), (2, 8)])
@pytest.mark.parametrize("name", ISOBMFF)
def test_properties_alone_turn_where_exif_contradicts(
    tmp_path: Path, name: str, by_property: int, by_exif: int
) -> None:
    """EXIF in these formats only informs (ISO/IEC 23008-12, annex A): browsers leave it alone."""
    body = both(name, stored(chart(), by_property), by_property, by_exif)
    made = rendered(body, tmp_path, 96, formats=("png",))
    assert made.photo.size == Size(96, 64)
    found = Image.open(io.BytesIO(made.variants["png"][0]))
    assert difference(found.convert("RGB"), chart()) < 5


CROPPED: dict[str, Callable[[], bytes]] = {
    "AVIF": lambda: encoded(chart(), "AVIF", quality=95),
    "HEIC": lambda: encoded(chart(), "HEIF", quality=-1),
    "AVIF of 10 bits": lambda: avif(deep(chart(), 10), 1, 13, bits=10),
    "HEIC of 10 bits": lambda: heic(deep(chart(), 10), bits=10),
}


@pytest.mark.parametrize("name", CROPPED)
def test_only_the_clean_aperture_is_shown(tmp_path: Path, name: str) -> None:
    body = with_properties(CROPPED[name](), [cropped((96, 64), 8, 16, 64, 32)])
    made = rendered(body, tmp_path, 64, formats=("png",))
    assert made.photo.size == Size(64, 32)
    found = Image.open(io.BytesIO(made.variants["png"][0])).convert("RGB")
    assert difference(found, chart().crop((8, 16, 72, 48))) < 5


@pytest.mark.parametrize("name", CROPPED)
def test_a_picture_is_cropped_before_it_is_turned(tmp_path: Path, name: str) -> None:
    """In the order of the properties, which for these is fixed (ISO/IEC 23000-22, 7.3.6.7)."""
    crop = cropped((96, 64), 8, 16, 64, 32)
    body = with_properties(CROPPED[name](), [crop, rotated_by(1)])
    made = rendered(body, tmp_path, 64, formats=("png",))
    assert made.photo.size == Size(32, 64)
    found = Image.open(io.BytesIO(made.variants["png"][0])).convert("RGB")
    assert difference(found, chart().crop((8, 16, 72, 48)).transpose(Image.Transpose.ROTATE_90)) < 5


@pytest.mark.parametrize(
    "name", ["JPEG", "PNG", "WebP", "TIFF", "AVIF", "HEIC", "HEIC by property"]
)
def test_i7_pages_give_the_size_of_the_turned_picture(site: Site, name: str) -> None:
    site.write("pictures/tall.jpg", WRITERS[name](stored(chart(64, 96), 6), 6))
    assert site.build().problems == ()
    page = site.html("tall/index.html")
    assert 'width="64" height="96"' in page
    assert "-64.jpg 43w" in page
    for file in (site.output / "image").glob("tall.*-*.jpg"):
        with Image.open(file) as image:
            assert image.height > image.width
