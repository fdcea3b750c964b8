"""At its own size, a source that would only lose is published as it is coded, and bare."""

import io
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from generator.containers.parts import MalformedError, jpeg_segments, png_chunks, webp_chunks
from generator.core.formats import OUTPUTS, web_format
from generator.core.model import Job, Recipe
from generator.pixels.colour import Gamut, embedded
from generator.pixels.encode import encode_photo
from generator.privacy.rights import Rights, rights_packet
from generator.privacy.scrub import bare
from tests.support.canaries import (
    PROFILE,
    canaries_in,
    told_exif,
    told_jpeg,
    told_png,
    told_webp,
    told_xmp,
)
from tests.support.containers import cicp, gama, levels, png, with_profile
from tests.support.pictures import (
    chart,
    disc,
    encoded,
    exif,
    gps_exif,
    lossless_jpeg,
    png_chunk,
    psnr,
    soft,
    swapped_profile,
    with_chunk,
    with_segment,
    xmp_packet,
)
from tests.support.profiles import grey_profile
from tests.support.rendering import read, rendered

BEST = 95
PACKET = rights_packet(Rights("Ann"))


def own_variant(body: bytes, folder: Path, quality: int = BEST, rights: str = "") -> bytes:
    """Make the variant of a source that has its size and its format."""
    photo = read(body, folder)
    name = web_format(photo.format, transparent=photo.form.transparent)
    chain = (photo.size.longest,)
    gamut: Gamut = "p3" if photo.form.wide else "srgb"
    recipe = Recipe("test", name, quality, "small", chain, chain, gamut=gamut, rights=rights)
    return encode_photo(Job(photo, (("key", recipe),)), folder)["key"][0]


def coded(body: bytes) -> list[bytes]:
    """Return the coded pixels of a JPEG, PNG or WebP as they lie in the file."""
    if body[:2] == b"\xff\xd8":
        parts = [part for part in jpeg_segments(body) if part.kind == b"\xff\xda"]
        return [body[part.start : part.end] for part in parts]
    if body[:4] == b"RIFF":
        kinds = (b"VP8 ", b"VP8L", b"ALPH")
        return [body[p.body : p.body_end] for p in webp_chunks(body) if p.kind in kinds]
    return [body[p.body : p.body_end] for p in png_chunks(body) if p.kind == b"IDAT"]


def pixels(body: bytes) -> bytes:
    with Image.open(io.BytesIO(body)) as image:
        return image.convert("RGBA").tobytes()


def opaque() -> Image.Image:
    return chart().convert("RGBA")


def named(image: Image.Image) -> Image.Image:
    """Return a picture of few colours by their names."""
    return image.quantize(16, dither=Image.Dither.NONE)


def webp(image: Image.Image, **options: object) -> bytes:
    return encoded(image, "WEBP", exif=told_exif(), xmp=told_xmp(), **options)


LOSING: dict[str, Callable[[], bytes]] = {
    "JPEG": lambda: told_jpeg(encoded(chart(), "JPEG", quality=60, dpi=(299, 299))),
    "JPEG sRGB": lambda: told_jpeg(encoded(chart(), "JPEG", quality=60, icc_profile=PROFILE)),
    "JPEG progressive": lambda: told_jpeg(encoded(chart(), "JPEG", quality=60, progressive=True)),
    "JPEG with restarts": lambda: told_jpeg(
        encoded(chart(), "JPEG", quality=60, restart_marker_blocks=8)
    ),
    "JPEG of stored RGB": lambda: told_jpeg(
        encoded(chart(), "JPEG", quality=30, keep_rgb=True, optimize=True)
    ),
    "grey JPEG": lambda: told_jpeg(encoded(chart().convert("L"), "JPEG", quality=60)),
    "PNG palette": lambda: told_png(encoded(named(chart()), "PNG", optimize=True)),
    "PNG one bit": lambda: told_png(encoded(chart().convert("1"), "PNG")),
    "PNG with alpha": lambda: told_png(encoded(disc(), "PNG", optimize=True)),
    "PNG with an opaque alpha": lambda: told_png(encoded(named(opaque()), "PNG", optimize=True)),
    "PNG gAMA": lambda: told_png(
        with_chunk(encoded(named(chart()), "PNG"), png_chunk(*gama(0.45455)), b"PLTE")
    ),
    "PNG sRGB": lambda: told_png(encoded(named(chart()), "PNG", icc_profile=PROFILE)),
    "WebP": lambda: told_webp(webp(chart(), quality=40)),
    "WebP sRGB": lambda: told_webp(webp(chart(), quality=40, icc_profile=PROFILE)),
    "WebP without loss": lambda: told_webp(webp(named(chart()).convert("RGB"), lossless=True)),
    "simple WebP": lambda: encoded(chart(), "WEBP", quality=40),
}


@pytest.mark.parametrize("rights", ["", PACKET.decode()])
@pytest.mark.parametrize("name", LOSING)
def test_what_would_only_lose_is_published_as_it_is_coded(
    tmp_path: Path, name: str, rights: str
) -> None:
    """It is too small to say whose it is, whatever the recipe says."""
    body = LOSING[name]()
    found = own_variant(body, tmp_path, rights=rights)
    assert coded(found) == coded(body) != []
    assert pixels(found) == pixels(body)
    assert len(found) <= len(body)


@pytest.mark.parametrize("name", LOSING)
def test_g1_it_tells_nothing(tmp_path: Path, name: str) -> None:
    found = own_variant(LOSING[name](), tmp_path)
    assert canaries_in(found) == []
    leaks = (b"Exif", b"xmpmeta", b"ICC_PROFILE", b"iCCP", b"ICCP", b"gAMA", b"pHYs", b"acsp")
    assert [leak for leak in leaks if leak in found] == []
    with Image.open(io.BytesIO(found)) as image:
        told = image.info.keys() & {"exif", "xmp", "icc_profile", "comment", "gamma"}
        assert not [key for key in told if image.info[key]]
        assert image.info.get("dpi", (1, 1)) == (1, 1)


LARGE: dict[str, Callable[[], bytes]] = {
    "JPEG": lambda: encoded(soft(1080, 20), "JPEG", quality=60, optimize=True),
    "PNG": lambda: encoded(named(soft(1080, 20)), "PNG", optimize=True),
    "WebP": lambda: encoded(soft(1080, 20), "WEBP", quality=40),
    "WebP without loss": lambda: encoded(
        named(soft(1080, 20)).convert("RGB"), "WEBP", lossless=True
    ),
    "WebP without loss, with alpha": lambda: encoded(
        disc(64).resize((1080, 20), 0), "WEBP", lossless=True
    ),
}


@pytest.mark.parametrize("name", LARGE)
def test_a_large_one_says_whose_it_is(tmp_path: Path, name: str) -> None:
    body = LARGE[name]()
    found = own_variant(body, tmp_path, rights=PACKET.decode())
    assert coded(found) == coded(body)
    assert pixels(found) == pixels(body)
    with Image.open(io.BytesIO(found)) as image:
        image.load()
        assert (image.info.get("xmp") or image.info["XML:com.adobe.xmp"].encode()) == PACKET
        has_alpha = "A" in image.getbands()
    assert b"xmpmeta" not in own_variant(body, tmp_path)
    if name.startswith("WebP"):
        header = found[found.index(b"VP8X") + 8 :]
        assert header[0] == 0x04 | 0x10 * has_alpha
        assert struct.unpack("<2H", header[4:6] + header[7:9]) == (1079, image.height - 1)


def with_text_among_its_pixels() -> bytes:
    """Return a PNG that decodes well, and in whose data a position follows the pixels."""
    body = encoded(named(soft(400, 300)), "PNG", optimize=True)
    return with_chunk(body, png_chunk(b"IDAT", gps_exif().tobytes()[6:]), b"IEND")


def twice(name: str, **options: object) -> bytes:
    frame = named(soft(400, 300))
    second = frame.transpose(Image.Transpose.FLIP_TOP_BOTTOM).crop((0, 0, 400, 300))
    return encoded(frame, name, save_all=True, append_images=[second], **options)


def grey_of_a_curve() -> bytes:
    return with_profile(encoded(chart().convert("L"), "JPEG", quality=60), grey_profile(1.8))


EIGHT_BITS = levels(np.linspace(0, 1, 90 * 60 * 3).reshape(60, 90, 3), 8)

# What needs something done to its pixels, or is not what a browser or anybody shall have.
WANTING: dict[str, Callable[[], bytes]] = {
    "a turned JPEG": lambda: encoded(chart(), "JPEG", quality=60, exif=exif(6)),
    "a mirrored JPEG": lambda: encoded(chart(), "JPEG", quality=60, exif=exif(2)),
    "a JPEG of wide colours": lambda: encoded(
        chart(), "JPEG", quality=60, icc_profile=embedded("p3")
    ),
    "a JPEG of other colours": lambda: encoded(
        chart(), "JPEG", quality=60, icc_profile=swapped_profile()
    ),
    "a grey JPEG of another curve": grey_of_a_curve,
    "a CMYK JPEG": lambda: encoded(chart().convert("CMYK"), "JPEG", quality=20),
    "a lossless JPEG": lambda: lossless_jpeg(chart().convert("L").point(lambda v: v // 32 * 32)),
    "a JPEG with a gain map": lambda: with_segment(
        encoded(chart(), "MPO", save_all=True, append_images=[chart(seed=1)], quality=60),
        b"\xff\xe1\0\x26http://ns.adobe.com/hdr-gain-map/1.0",
    ),
    "a PNG of sixteen bits": lambda: png(EIGHT_BITS.astype(np.uint16) * 256),
    "a PNG of wide colours": lambda: encoded(named(chart()), "PNG", icc_profile=embedded("p3")),
    "a PNG of linear light": lambda: png(EIGHT_BITS, gama(1.0)),
    "a PNG of PQ": lambda: png(np.zeros((9, 9, 3), np.uint8), cicp(9, 16)),
    "an animated PNG": lambda: twice("PNG"),
    "an animated WebP": lambda: twice("WEBP", quality=40),
    "a PNG with a position among its pixels": with_text_among_its_pixels,
}


@pytest.mark.parametrize("name", WANTING)
def test_what_needs_something_done_is_encoded_anew(tmp_path: Path, name: str) -> None:
    body = WANTING[name]()
    found = own_variant(body, tmp_path)
    assert not set(coded(found)) & set(coded(body))


def test_what_is_larger_than_encoded_anew_is_encoded_anew(tmp_path: Path) -> None:
    body = encoded(chart(), "JPEG", quality=60)
    small = own_variant(body, tmp_path, quality=30)
    assert len(small) < len(bare(body, "JPEG"))
    assert coded(small) != coded(body)


def test_other_sizes_and_formats_are_encoded_and_never_larger(tmp_path: Path) -> None:
    body = encoded(chart(960, 640), "JPEG", quality=60)
    made = rendered(body, tmp_path, 320, 480, 720, 960)
    assert coded(made.variants["jpeg"][-1]) == coded(body)
    sizes = [len(each) for each in made.variants["jpeg"]]
    assert sizes == sorted(sizes)
    with Image.open(io.BytesIO(body)) as image:
        for name in set(OUTPUTS) - {"jpeg"}:
            with Image.open(io.BytesIO(made.variants[name][-1])) as found:
                assert psnr(found.convert("RGB"), image.convert("RGB")) > 35
    assert [max(Image.open(io.BytesIO(each)).size) for each in made.variants["jpeg"]] == [
        *(320, 480, 720, 960)
    ]


@pytest.mark.parametrize("name", LOSING)
def test_bare_is_as_little_as_there_can_be(name: str) -> None:
    body = LOSING[name]()
    with Image.open(io.BytesIO(body)) as image:
        kind = "JPEG" if image.format == "MPO" else image.format or ""
    once = bare(body, kind)
    assert bare(once, kind) == once
    assert bare(bare(body, kind, PACKET), kind) == once
    assert PACKET in bare(body, kind, PACKET)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (lambda: encoded(chart(), "TIFF"), "TIFF"),
        (lambda: encoded(chart().convert("CMYK"), "JPEG"), "JPEG"),
        (lambda: lossless_jpeg(chart().convert("L")), "JPEG"),
        (lambda: encoded(chart(), "JPEG").replace(b"\xff\xc0", b"\xff\xc9", 1), "JPEG"),
        (lambda: encoded(chart(), "JPEG")[:-2], "JPEG"),
        (lambda: encoded(chart(), "PNG")[:-20], "PNG"),
        (lambda: twice("WEBP"), "WEBP"),
        (lambda: b"RIFF" + struct.pack("<I4s4sI", 14, b"WEBP", b"ALPH", 2) + b"\0\0", "WEBP"),
    ],
)
def test_what_cannot_be_bare_is_said_to_be_so(body: Callable[[], bytes], kind: str) -> None:
    with pytest.raises(MalformedError):
        bare(body(), kind)


def test_a_packet_of_xmp_alone_costs_nothing_but_itself(tmp_path: Path) -> None:
    """An orientation that only XMP tells is not obeyed, so it forbids nothing."""
    packet = xmp_packet("<tiff:Orientation>6</tiff:Orientation>")
    body = encoded(chart(), "JPEG", quality=60, xmp=packet)
    assert own_variant(body, tmp_path) == bare(encoded(chart(), "JPEG", quality=60), "JPEG")
