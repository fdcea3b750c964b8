"""Originals without what they tell: every canary is gone, every pixel and coded byte is there."""

import contextlib
import io
import struct
from collections.abc import Callable, Iterable, Iterator
from functools import cache

import pillow_heif
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFile, ImageSequence

from generator.containers.parts import (
    SOS,
    MalformedError,
    gif_blocks,
    heif,
    jpeg_segments,
    png_chunks,
    riff_chunks,
    tiff_directories,
    tiff_header,
    tiff_numbers,
    webp_chunks,
)
from generator.privacy.rights import Rights
from generator.privacy.scrub import scrub
from tests.support.canaries import (
    CANARY,
    NOTICE,
    PLANTED,
    PROFILE,
    canaries_in,
    chunk,
    told_tiff,
)
from tests.support.pictures import chart, encoded, exif, srgb_profile, with_segment, xmp_packet

RIGHTS = Rights("Ann & <Bo>", "Agency", "© 2025 Ann", "https://example.org/licence")


@pytest.fixture(params=PLANTED)
def planted(request: pytest.FixtureRequest) -> tuple[str, bytes]:
    return PLANTED[request.param]()


made = cache(lambda name: PLANTED[name]())


def opened(data: bytes) -> ImageFile.ImageFile:
    pillow_heif.register_heif_opener(thumbnails=False)
    return Image.open(io.BytesIO(data))


def seen(data: bytes, format_name: str) -> list[tuple[object, ...]]:
    """Return all that a viewer shows of a file: pixels, colour and timing of every frame.

    Of formats with pictures that do not follow each other in time, only the first counts.
    """
    with opened(data) as image:
        still = format_name in ("JPEG", "TIFF", "HEIF")
        frames = iter((image,)) if still else ImageSequence.Iterator(image)
        return [
            (
                frame.mode,
                frame.size,
                frame.tobytes(),
                *(frame.info.get(key) for key in ("icc_profile", "duration", "loop", "dpi")),
                frame.getexif().get(274),
            )
            for frame in frames
        ]


def coded(data: bytes, format_name: str) -> list[bytes]:
    """Return the coded data of a picture, as it lies in the file."""
    return list(_CODED[format_name](data))


def _jpeg_data(data: bytes) -> Iterator[bytes]:
    return (data[part.body_end : part.end] for part in jpeg_segments(data) if part.kind == SOS)


def _png_data(data: bytes) -> Iterator[bytes]:
    kinds = (b"IDAT", b"fdAT")
    return (data[part.start : part.end] for part in png_chunks(data) if part.kind in kinds)


def _gif_data(data: bytes) -> Iterator[bytes]:
    return (data[part.start : part.end] for part in gif_blocks(data) if part.kind == b",")


def _jp2_data(data: bytes) -> Iterator[bytes]:
    start = data.index(b"\xff\x93")
    yield data[start : data.index(b"\xff\xd9", start) + 2]


def _bmp_data(data: bytes) -> Iterator[bytes]:
    (offset,) = struct.unpack_from("<I", data, 10)
    width, height, _, depth = struct.unpack_from("<iiHH", data, 18)
    yield data[offset : offset + (width * depth + 31) // 32 * 4 * height]


def _webp_data(data: bytes) -> Iterator[bytes]:
    for part in webp_chunks(data):
        inside = riff_chunks(data, part.body + 16, part.body_end) if part.kind == b"ANMF" else ()
        for each in (part, *inside):
            if each.kind in (b"VP8 ", b"VP8L", b"ALPH"):
                yield data[each.body : each.body_end]


def _tiff_data(data: bytes) -> list[bytes]:
    header, page = tiff_header(data), next(iter(tiff_directories(data)))
    found = {entry.tag: entry for entry in page.entries}
    starts, sizes = (tiff_numbers(data, header, found[tag]) for tag in (273, 279))
    return [data[at : at + size] for at, size in zip(starts, sizes, strict=True)]


def _heif_data(data: bytes) -> list[bytes]:
    """Return the data of the primary picture, and of its alpha."""
    found = heif(data)
    extra = {source for kind, source, _ in found.references if kind == b"auxl"}
    chosen = sorted({found.primary, *extra})
    return [
        b"".join(data[start:end] for start, end in found.items[item].extents) for item in chosen
    ]


_CODED: dict[str, Callable[[bytes], Iterable[bytes]]] = {
    "JPEG": _jpeg_data,
    "PNG": _png_data,
    "WEBP": _webp_data,
    "GIF": _gif_data,
    "TIFF": _tiff_data,
    "BMP": _bmp_data,
    "JPEG2000": _jp2_data,
    "AVIF": _heif_data,
    "HEIF": _heif_data,
}


def test_what_is_planted_is_there(planted: tuple[str, bytes]) -> None:
    assert canaries_in(planted[1]) != []


def test_nothing_that_tells_is_left(planted: tuple[str, bytes]) -> None:
    scrubbed = scrub(planted[1], planted[0])

    assert canaries_in(scrubbed) == []
    assert NOTICE.encode() not in scrubbed
    assert b"thmb" not in scrubbed
    assert b"ftypmp42" not in scrubbed


def test_every_pixel_is_left(planted: tuple[str, bytes]) -> None:
    format_name, data = planted
    scrubbed = scrub(data, format_name)

    assert seen(scrubbed, format_name) == seen(data, format_name)
    assert coded(scrubbed, format_name) == coded(data, format_name) != []


def test_scrubbing_twice_is_scrubbing_once(planted: tuple[str, bytes]) -> None:
    format_name, data = planted
    once = scrub(data, format_name, RIGHTS)

    assert scrub(once, format_name, RIGHTS) == once
    assert scrub(once, format_name) == scrub(data, format_name)


def test_rights_are_told_where_there_is_a_place_for_them(planted: tuple[str, bytes]) -> None:
    format_name, data = planted
    scrubbed = scrub(data, format_name, RIGHTS)
    told = format_name not in ("GIF", "BMP", "JPEG2000")

    assert (b"Ann &amp; &lt;Bo&gt;" in scrubbed) == told
    assert (b"https://example.org/licence" in scrubbed) == told
    assert ("© 2025 Ann\0".encode() in scrubbed) == told
    assert seen(scrubbed, format_name) == seen(data, format_name)


@pytest.mark.parametrize("name", ["JPEG baseline", "PNG RGB", "WebP lossy", "TIFF", "AVIF", "HEIC"])
def test_the_facts_of_the_exposure_are_kept(name: str) -> None:
    format_name, data = PLANTED[name]()
    with opened(scrub(data, format_name)) as image:
        said = image.getexif()
        main, inside = dict(said), said.get_ifd(0x8769)
    facts = {271: "Maker", 272: "Model 1"}
    expected: dict[int, object] = {36867: "2025:05:03 18:30:01"}
    if format_name != "TIFF":
        facts[306] = "2025:05:03 18:30:01"
        expected |= {36881: "+02:00", 37521: "042", 34855: 400, 42036: "Lens 1"}
        assert float(inside[33434]) == 1 / 250
        assert (float(inside[33437]), float(inside[37386])) == (2.8, 50.0)

    assert main.items() >= facts.items()
    assert inside.items() >= expected.items()
    assert 34853 not in main
    assert not {37500, 37510, 42016, 42032, 42033, 42037} & set(inside)


def test_what_is_no_fact_has_no_way_through_as_one() -> None:
    odd = exif(t306=f"{CANARY}-05-03 18:30", t36881=CANARY, t37521="12x", t36867="    :  :  ")
    jpeg = encoded(chart(), "JPEG", exif=exif(orientation=9).tobytes())
    other = encoded(chart(), "JPEG", exif=odd.tobytes())

    assert scrub(jpeg, "JPEG") == scrub(encoded(chart(), "JPEG"), "JPEG")
    assert canaries_in(scrub(other, "JPEG")) == []
    assert b"12x" not in scrub(other, "JPEG")


def test_a_long_name_of_a_camera_is_cut_at_its_end_and_at_nul() -> None:
    jpeg = encoded(chart(), "JPEG", exif=exif(t271="M" * 300, t272=f"Model\0{CANARY}").tobytes())
    scrubbed = scrub(jpeg, "JPEG")

    assert b"M" * 100 + b"\0" in scrubbed
    assert b"M" * 101 not in scrubbed
    assert canaries_in(scrubbed) == []


@pytest.mark.parametrize("format_name", ["JPEG", "PNG", "WEBP"])
def test_an_orientation_that_only_xmp_tells_turns_nothing(format_name: str) -> None:
    packet = xmp_packet("<tiff:Orientation>6</tiff:Orientation>")
    told = encoded(chart(), "PNG")
    told = told[:33] + chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + packet) + told[33:]
    if format_name != "PNG":
        told = encoded(chart(), format_name, xmp=packet)
    with opened(scrub(told, format_name)) as image:
        assert 274 not in image.getexif()


def test_adobe_rgb_without_a_profile_is_still_known() -> None:
    data = exif(t40961=65535)
    data.get_ifd(0x8769)[0xA005] = {1: "R03", 2: b"0100"}
    with opened(scrub(encoded(chart(), "JPEG", exif=data.tobytes()), "JPEG")) as image:
        assert image.getexif().get_ifd(0x8769)[40961] == 65535
        assert image.getexif().get_ifd(0xA005)[1] == "R03"


def test_a_profile_of_several_segments_is_kept_whole() -> None:
    profile = srgb_profile()
    long = struct.pack(">I", 150_000) + profile[4:] + bytes(150_000 - len(profile))
    scrubbed = scrub(encoded(chart(), "JPEG", icc_profile=long), "JPEG")

    with opened(scrubbed) as image:
        assert image.info["icc_profile"] == long
    assert scrubbed.count(b"ICC_PROFILE\0") == 3


def test_what_is_no_profile_is_not_kept_as_one() -> None:
    jpeg = with_segment(
        encoded(chart(), "JPEG"),
        b"\xff\xe2" + struct.pack(">H", 16 + len(CANARY)) + b"ICC_PROFILE\0\1\1" + CANARY.encode(),
    )
    beyond = encoded(chart(), "JPEG", icc_profile=PROFILE + CANARY.encode())
    png = encoded(chart(), "PNG")
    named = png[:33] + chunk(b"iCCP", f"{CANARY}\0\0".encode() + b"x") + png[33:]

    assert canaries_in(scrub(jpeg, "JPEG")) == []
    assert canaries_in(scrub(beyond, "JPEG")) == []
    assert canaries_in(scrub(named, "PNG")) == []


def test_the_headers_of_webp_tell_what_is_there() -> None:
    webp = encoded(chart(), "WEBP", icc_profile=PROFILE, xmp=b"odd")
    bare = scrub(webp, "WEBP")
    told = scrub(webp, "WEBP", RIGHTS)

    assert [part.kind for part in webp_chunks(bare)] == [b"VP8X", b"ICCP", b"VP8 "]
    assert [part.kind for part in webp_chunks(told)][-2:] == [b"EXIF", b"XMP "]
    assert (bare[20], told[20]) == (0x20, 0x2C)


def with_gap(bmp: bytes) -> bytes:
    """Put what is no picture between the head of a BMP and its pixels."""
    (at,) = struct.unpack_from("<I", bmp, 10)
    return bmp[:10] + struct.pack("<I", at + 6) + bmp[14:at] + CANARY.encode() + bmp[at:]


def masked_bmp() -> bytes:
    """Draw a BMP whose masks of red, green and blue follow the header."""
    pixels = chart().tobytes("raw", "BGRX")
    masks = struct.pack("<3I", 0xFF0000, 0xFF00, 0xFF)
    head = struct.pack("<IiiHHIIiiII", 40, *chart().size, 1, 32, 3, len(pixels), 0, 0, 0, 0)
    start = 14 + len(head) + len(masks)
    return b"BM" + struct.pack("<III", start + len(pixels), 0, start) + head + masks + pixels


@pytest.mark.parametrize(
    "bmp",
    [
        encoded(chart(), "BMP"),
        encoded(chart().quantize(16), "BMP"),
        encoded(chart().convert("1"), "BMP"),
        masked_bmp(),
    ],
    ids=["RGB", "palette", "one bit", "masks"],
)
def test_what_is_before_the_pixels_of_a_bmp_stays_only_if_they_need_it(bmp: bytes) -> None:
    scrubbed = scrub(with_gap(bmp), "BMP")

    assert scrubbed == scrub(bmp, "BMP")
    assert canaries_in(scrubbed) == []
    assert seen(scrubbed, "BMP") == seen(bmp, "BMP")
    assert coded(scrubbed, "BMP") == coded(bmp, "BMP")


def test_a_palette_of_a_bmp_that_no_pixel_needs_goes() -> None:
    bmp = bytearray(with_gap(encoded(chart(), "BMP")))
    struct.pack_into("<I", bmp, 46, 2)
    scrubbed = scrub(bytes(bmp), "BMP")

    assert canaries_in(scrubbed) == []
    assert scrubbed == scrub(encoded(chart(), "BMP"), "BMP")


def test_a_bmp_with_a_header_that_nobody_writes_is_refused() -> None:
    bmp = bytearray(with_gap(encoded(chart(), "BMP")))
    struct.pack_into("<I", bmp, 14, 46)
    with pytest.raises(MalformedError, match="nobody writes"):
        scrub(bytes(bmp), "BMP")


def test_a_raw_file_is_refused() -> None:
    tiff = told_tiff(encoded(chart(), "TIFF"))
    preview = bytearray(tiff)
    (page, *_) = tiff_directories(tiff)
    first = page.entries[0]
    struct.pack_into("<HHII", preview, first.at, 254, 4, 1, 1)

    with pytest.raises(MalformedError, match="raw"):
        scrub(bytes(preview), "TIFF")


def test_a_sequence_in_avif_is_refused() -> None:
    options = {"save_all": True, "append_images": [chart(seed=1)]}
    with pytest.raises(MalformedError, match="animation"):
        scrub(encoded(chart(), "AVIF", **options), "AVIF")


@pytest.mark.parametrize("format_name", ["JXL", "SVG", ""])
def test_formats_that_are_not_understood_are_refused(format_name: str) -> None:
    with pytest.raises(MalformedError):
        scrub(b"<svg/>", format_name)


def test_an_end_that_is_missing_is_refused() -> None:
    jpeg = encoded(chart(), "JPEG")
    with pytest.raises(MalformedError):
        scrub(jpeg[:-2] + CANARY.encode(), "JPEG")


@settings(max_examples=100)
@given(data=st.data())
def test_damage_is_refused_or_passed_over_and_raises_nothing_else(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(PLANTED)))
    format_name, whole = made(name)
    file = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 5))):
        file[data.draw(st.integers(0, len(file) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(MalformedError):
        scrub(bytes(file), format_name, RIGHTS)
