"""Files taken apart: every byte belongs to a part, and no damage leads outside or on for ever."""

import io
import struct
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, TiffImagePlugin

from generator.containers.parts import (
    EOI,
    SOI,
    SOS,
    MalformedError,
    Part,
    boxes,
    gif_blocks,
    heif,
    jpeg_segments,
    png_chunks,
    tiff_directories,
    tiff_header,
    tiff_numbers,
    webp_chunks,
)
from tests.support.pictures import chart, encoded, exif, soft, with_segment

COMMENT = b"\xff\xfe\x00\x06note"


def kinds(parts: Iterable[Part]) -> list[bytes]:
    return [part.kind for part in parts]


def assert_gapless(parts: list[Part], first: int, last: int) -> None:
    """Assert that parts follow each other from one place to another, each around its body."""
    assert [part.end for part, _ in pairwise(parts)] == [part.start for _, part in pairwise(parts)]
    assert (parts[0].start, parts[-1].end) == (first, last)
    assert all(part.start <= part.body <= part.body_end <= part.end for part in parts)


def frames(name: str) -> bytes:
    """Encode an animation of three frames."""
    first, *others = (chart(seed=seed) for seed in range(3))
    return encoded(first, name, save_all=True, append_images=others, duration=40, loop=0)


@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_ends_at_its_end_whatever_follows(progressive: bool) -> None:
    jpeg = encoded(chart(), "JPEG", progressive=progressive, restart_marker_blocks=3)
    parts = list(jpeg_segments(jpeg + b"behind" + jpeg))

    assert_gapless(parts, 0, len(jpeg))
    assert (parts[0].kind, parts[-1].kind) == (SOI, EOI)
    assert kinds(parts).count(SOS) == (10 if progressive else 1)


def test_entropy_coded_data_begins_where_the_body_of_a_scan_ends() -> None:
    jpeg = encoded(chart(), "JPEG")
    (scan,) = (part for part in jpeg_segments(jpeg) if part.kind == SOS)

    assert jpeg[scan.end :] == EOI
    assert jpeg[scan.body : scan.body + 1] == b"\x03"
    assert scan.body_end - scan.body == 10


def test_bytes_between_segments_are_no_segment() -> None:
    jpeg = encoded(chart(), "JPEG")
    odd = jpeg[:2] + b"junk\xff\xff" + COMMENT + b"\xff\xff\xff" + jpeg[2:]
    found = b"".join(odd[part.start : part.end] for part in jpeg_segments(odd))

    assert found == with_segment(jpeg, COMMENT)


@pytest.mark.parametrize("name", ["PNG", "APNG"])
def test_a_png_is_chunks_up_to_its_end(name: str) -> None:
    png = frames("PNG") if name == "APNG" else encoded(chart(), "PNG")
    parts = list(png_chunks(png + b"behind"))

    assert_gapless(parts, 8, len(png))
    assert (parts[0].kind, parts[-1].kind) == (b"IHDR", b"IEND")
    assert (b"acTL" in kinds(parts)) == (name == "APNG")
    assert struct.unpack_from(">II", png, parts[0].body) == (96, 64)


def test_a_webp_is_chunks_with_their_padding() -> None:
    webp = encoded(chart(), "WEBP", exif=exif(orientation=6), xmp=b"odd")
    parts = list(webp_chunks(webp + b"behind"))

    assert_gapless(parts, 12, len(webp))
    assert kinds(parts) == [b"VP8X", b"VP8 ", b"EXIF", b"XMP "]
    assert webp[parts[3].body : parts[3].body_end] == b"odd"
    assert kinds(webp_chunks(frames("WEBP"))) == [b"VP8X", b"ANIM", *[b"ANMF"] * 3]


def test_a_gif_is_blocks_up_to_its_trailer() -> None:
    gif = frames("GIF")
    parts = list(gif_blocks(gif + b"behind"))

    assert_gapless(parts, 0, len(gif))
    assert kinds(parts) == [b"GIF", b"!\xff", *[b"!\xf9", b","] * 3, b";"]


def test_boxes_may_have_long_sizes_or_none() -> None:
    long = struct.pack(">I4sQ", 1, b"long", 20) + b"body"
    last = struct.pack(">I4s", 0, b"last") + b"to the end"
    parts = list(boxes(long + last))

    assert kinds(parts) == [b"long", b"last"]
    assert [(long + last)[part.body : part.body_end] for part in parts] == [b"body", b"to the end"]


@pytest.mark.parametrize("name", ["AVIF", "HEIF"])
def test_items_of_heif_tell_where_their_bytes_are(name: str) -> None:
    file = encoded(chart(), name, exif=exif(t271="Maker").tobytes())
    found = heif(file)
    about = [item for item in found.items.values() if item.kind == b"Exif"]
    ((start, end),) = about[0].extents

    assert found.items[found.primary].kind == {"AVIF": b"av01", "HEIF": b"hvc1"}[name]
    assert b"ispe" in kinds(found.items[found.primary].properties)
    assert (b"cdsc", about[0].id, (found.primary,)) in found.references
    assert b"Maker\0" in file[start:end]


@pytest.mark.parametrize("big", [False, True])
def test_a_tiff_is_a_chain_of_directories(big: bool) -> None:
    tiff = encoded(
        chart(), "TIFF", save_all=True, append_images=[chart(32, 16)], big_tiff=big, dpi=(72, 72)
    )
    header = tiff_header(tiff)
    pages = list(tiff_directories(tiff))
    sizes = [
        tiff_numbers(tiff, header, entry)
        for page in pages
        for entry in page.entries
        if entry.tag in (256, 257)
    ]

    assert header.big == big
    assert sizes == [(96,), (64,), (32,), (16,)]
    assert pages[0].following == pages[1].start
    ((start, end),) = ((e.start, e.end) for e in pages[0].entries if e.tag == 282)
    assert struct.unpack(f"{header.order}II", tiff[start:end]) == (72, 1)


def test_directories_in_a_circle_are_refused() -> None:
    tiff = bytearray(encoded(chart(8, 8), "TIFF"))
    (page,) = tiff_directories(tiff)
    struct.pack_into("<I", tiff, page.end - 4, page.start)

    with pytest.raises(MalformedError):
        list(tiff_directories(tiff))


def test_an_entry_whose_value_lies_outside_is_left_out() -> None:
    tiff = bytearray(encoded(chart(8, 8), "TIFF", dpi=(72, 72)))
    (before,) = tiff_directories(tiff)
    (resolution,) = (entry for entry in before.entries if entry.tag == 282)
    struct.pack_into("<I", tiff, resolution.at + 8, len(tiff) - 7)
    (after,) = tiff_directories(tiff)

    assert set(after.entries) == set(before.entries) - {resolution}


WALKERS: dict[str, Callable[[bytes], Iterator[object]]] = {
    "JPEG": jpeg_segments,
    "PNG": png_chunks,
    "WEBP": webp_chunks,
    "GIF": gif_blocks,
    "AVIF": lambda data: iter([heif(data)]),
    "TIFF": tiff_directories,
}
FILES = {name: encoded(soft(24, 16), name) for name in WALKERS}


@pytest.mark.parametrize("name", WALKERS)
def test_half_a_file_is_refused(name: str) -> None:
    file = FILES[name]
    half = file[: len(file) // 2] if name != "TIFF" else file[:9]

    with pytest.raises(MalformedError):
        list(WALKERS[name](half))
    with pytest.raises(MalformedError):
        list(WALKERS[name](b""))


@settings(max_examples=100)
@given(name=st.sampled_from(sorted(WALKERS)), data=st.data())
def test_damage_is_either_passed_over_or_refused(name: str, data: st.DataObject) -> None:
    file = bytearray(FILES[name])
    for _ in range(data.draw(st.integers(1, 6))):
        file[data.draw(st.integers(0, min(len(file) - 1, 600)))] = data.draw(st.integers(0, 255))
    try:
        parts = list(WALKERS[name](bytes(file)))
    except MalformedError:
        return
    assert len(parts) <= len(file)


def test_tiff_types_are_those_that_pillow_knows() -> None:
    picture = encoded(chart(8, 8), "TIFF", tiffinfo=TiffImagePlugin.ImageFileDirectory_v2())
    entries = {entry.tag: entry for page in tiff_directories(picture) for entry in page.entries}

    with Image.open(io.BytesIO(picture)) as image:
        assert isinstance(image, TiffImagePlugin.TiffImageFile)
        assert set(entries) == set(image.tag_v2)
