"""What optional packages open, JPEG XL and camera raw: right with them, told without them."""

import io
import struct
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from click.testing import CliRunner
from PIL import Image

from generator.cli import cli
from generator.core import files
from generator.core.errors import DecodeError, Problem
from generator.core.model import Photo, Size, Stray
from generator.library import scan
from generator.library.photo import read_photo
from generator.pixels import decode, jxl, raw
from generator.pixels.colour import converted
from generator.state import store
from tests.support.pictures import (
    chart,
    difference,
    disc,
    encoded,
    exif,
    stored,
    values,
    xmp_packet,
)
from tests.support.sites import Site
from tests.support.tiffs import dng, tiff

imagecodecs = pytest.importorskip("imagecodecs", reason="JPEG XL is drawn with it")
pytest.importorskip("pillow_jxl", reason='pip install ".[jxl]"')
pytest.importorskip("rawpy", reason='pip install ".[raw]"')

Load = Callable[[bytes], Image.Image]
Read = Callable[..., Image.Image]

PATCHES = np.array(
    [
        [[0.90, 0.10, 0.10], [0.10, 0.60, 0.15], [0.10, 0.15, 0.70], [1.00, 1.00, 1.00]],
        [[0.18, 0.18, 0.18], [0.50, 0.40, 0.10], [0.02, 0.02, 0.02], [0.40, 0.10, 0.50]],
    ]
)


def scene(cell: int = 32) -> npt.NDArray[np.float64]:
    """Return eight patches of linear light, two rows of four."""
    return np.repeat(np.repeat(PATCHES, cell, axis=0), cell, axis=1)


def shown(linear: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the values of sRGB that show linear light (IEC 61966-2-1)."""
    curved = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return 255 * curved


def middles(image: Image.Image) -> npt.NDArray[np.float64]:
    """Return the value in the middle of each patch."""
    pixels = values(image)
    cell = image.height // 2
    return pixels[cell // 2 :: cell, cell // 2 :: cell]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Read a picture, given as bytes, to sRGB, as a build does."""

    def read_bytes(body: bytes, at_least: Size | None = None) -> Image.Image:
        (tmp_path / "picture").write_bytes(body)
        with decode.opened(tmp_path / "picture") as image:
            if at_least:
                decode.shrink_on_load(image, at_least)
            orientation = decode.orientation_of(image)
            profile = image.info.get("icc_profile")
            upright = decode.upright(decode.resamplable(image), orientation)
        return converted(upright, profile or b"", "srgb")

    return read_bytes


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Open a picture, given as bytes, in its own colours."""

    def load_bytes(body: bytes) -> Image.Image:
        (tmp_path / "picture").write_bytes(body)
        with decode.opened(tmp_path / "picture") as image:
            image.load()
            return image

    return load_bytes


def hide_extras(patch: pytest.MonkeyPatch) -> None:
    """Let both packages be as if they were not installed."""

    def installed(package: str) -> str:
        if package in ("pillow-jxl-plugin", "rawpy"):
            raise PackageNotFoundError(package)
        return version(package)

    patch.setitem(sys.modules, "pillow_jxl", None)
    patch.setitem(sys.modules, "rawpy", None)
    patch.setattr(scan, "version", installed)
    decode.can_open.cache_clear()


@pytest.fixture
def without_extras(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let both packages be as if they were not installed."""
    hide_extras(monkeypatch)
    yield
    decode.can_open.cache_clear()


def jxl_of(image: npt.ArrayLike | Image.Image, **options: Any) -> bytes:
    body = imagecodecs.jpegxl_encode(np.asarray(image), lossless=True, **options)
    assert isinstance(body, bytes)
    return body


def box(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data) + 8) + kind + data


def container(codestream: bytes, *boxes: bytes) -> bytes:
    """Wrap a codestream in two parts, between boxes of metadata (ISO/IEC 18181-2)."""
    return b"".join(
        (
            box(b"JXL ", b"\r\n\x87\n"),
            box(b"ftyp", b"jxl \0\0\0\0jxl "),
            box(b"jxlp", b"\0\0\0\0" + codestream[:5]),
            *boxes,
            box(b"jxlp", b"\x80\0\0\1" + codestream[5:]),
        )
    )


def of_jpeg(tmp_path: Path, orientation: int) -> bytes:
    """Pack a JPEG into JPEG XL without loss, its orientation with it."""
    source = tmp_path / "packed.jpg"
    stored(chart(), orientation).save(source, exif=exif(orientation), quality=95)
    body = io.BytesIO()
    with Image.open(source) as image, pytest.warns(UserWarning, match="JPEG reconstruction"):
        image.save(body, "JXL")
    return body.getvalue()


@pytest.mark.parametrize(
    "image",
    [
        chart(),
        chart().convert("L"),
        disc(),
        disc().convert("LA"),
        chart(1, 1),
        chart(257, 3),
        chart(640, 480),
    ],
    ids=["RGB", "L", "RGBA", "LA", "one pixel", "wide", "of a ratio"],
)
def test_jpeg_xl_is_decoded_as_it_was_encoded(read: Read, image: Image.Image) -> None:
    for body in (jxl_of(image), jxl_of(image, usecontainer=True)):
        wanted = image.convert("RGBA") if image.mode == "LA" else image
        assert difference(read(body), wanted) == 0


@pytest.mark.parametrize("bits", [10, 12, 16])
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_deep_jpeg_xl_is_scaled_to_the_same_values(load: Load, bits: int, mode: str) -> None:
    image = chart().convert(mode)
    deep = np.round(values(image) / 255 * (2**bits - 1)).astype(np.uint16)
    found = load(imagecodecs.jpegxl_encode(deep, lossless=True, bitspersample=bits))

    assert difference(found, image) == 0
    # Its encoder says that these values are linear light.
    linear = converted(found, found.info["icc_profile"], "srgb")
    assert np.abs(values(linear.convert(mode)) - shown(values(image) / 255)).max() <= 1


def test_floating_point_jpeg_xl_is_scaled_too(load: Load) -> None:
    real = (values(chart()) / 255).astype(np.float32)
    assert difference(load(jxl_of(real)), chart()) == 0


def test_of_an_animated_jpeg_xl_the_first_frame_is_shown(read: Read) -> None:
    frames = np.stack([np.asarray(chart(seed=seed)) for seed in range(3)])
    body = imagecodecs.jpegxl_encode(frames, lossless=True, photometric="rgb")

    assert difference(read(body), chart(seed=0)) == 0


@pytest.mark.parametrize("orientation", range(1, 9))
def test_jpeg_xl_is_turned_once(read: Read, tmp_path: Path, orientation: int) -> None:
    body = of_jpeg(tmp_path, orientation)
    assert difference(read(body), chart()) < 5
    assert difference(jxl.first_frame(jxl.contents(body).codestream, 8), chart()) < 5


@pytest.mark.parametrize("packed", [False, True])
def test_what_a_jpeg_xl_says_is_read(tmp_path: Path, packed: bool) -> None:
    said = bytes(4) + exif(6, t272="Camera of tests").tobytes()[6:]
    xmp = xmp_packet("<dc:title>Falls</dc:title>")
    boxes = [(b"Exif", said), (b"xml ", xmp)]
    body = container(
        jxl_of(chart()),
        *(
            box(b"brob", kind + imagecodecs.brotli_encode(data)) if packed else box(kind, data)
            for kind, data in boxes
        ),
    )
    (tmp_path / "said.jxl").write_bytes(body)

    photo = read_photo("said.jxl", tmp_path)

    assert isinstance(photo, Photo)
    assert (photo.metadata.camera, photo.metadata.title) == ("Camera of tests", "Falls")
    # The codestream says how it is turned, whatever EXIF says.
    assert photo.size == Size(96, 64)


def test_i2_metadata_that_unpacks_to_too_much_is_left_out() -> None:
    bomb = imagecodecs.brotli_encode(bytes(50_000_000))
    found = jxl.contents(container(jxl_of(chart()), box(b"brob", b"xml " + bomb)))

    assert found.xmp == b""
    assert jxl.read_header(found.codestream).width == 96


@pytest.mark.parametrize(
    "size", [(8, 8), (96, 64), (640, 480), (1000, 1000), (1920, 1080), (1, 700), (3001, 17)]
)
@pytest.mark.parametrize("bits", [8, 16])
def test_the_header_of_a_jpeg_xl_is_read_before_its_pixels(
    size: tuple[int, int], bits: int
) -> None:
    pixels = np.zeros((size[1], size[0], 3), np.uint8 if bits == 8 else np.uint16)
    for options in ({}, {"usecontainer": True}):
        body = imagecodecs.jpegxl_encode(pixels, lossless=bits == 16, effort=1, **options)
        header = jxl.read_header(jxl.contents(body).codestream)
        assert (header.width, header.height, header.bits, header.still) == (*size, bits, True)


def test_i1_a_jpeg_xl_beyond_the_limit_is_refused(read: Read) -> None:
    decode.prepare(96 * 64 - 1)
    try:
        with pytest.raises(DecodeError, match="more than the limit"):
            read(jxl_of(chart()))
    finally:
        decode.prepare(200_000_000)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_i3_half_a_jpeg_xl_is_none(read: Read, share: float, packed: bool) -> None:
    body = jxl_of(chart(), usecontainer=packed)
    with pytest.raises(DecodeError, match=r"truncated|damaged"):
        read(body[: max(12, int(len(body) * share))])


@pytest.mark.parametrize("neutral", [(1, 1, 1), (0.5, 1, 0.7)], ids=["plain", "tungsten"])
@pytest.mark.parametrize("order", ["<", ">"])
def test_the_colours_of_a_raw_file_are_those_of_the_scene(
    read: Read, neutral: tuple[float, float, float], order: str
) -> None:
    body = dng(scene(), neutral=neutral, order=order)
    for at_least in (None, Size(64, 32)):
        found = read(body, at_least)
        assert found.size == ((64, 32) if at_least else (128, 64))
        # Twelve bits in, eight out, and a conversion between.
        assert np.abs(middles(found) - shown(PATCHES)).max() < 2.5


def test_a_raw_file_is_brought_to_no_other_brightness(read: Read) -> None:
    dark = read(dng(scene() / 8))
    assert np.abs(middles(dark) - shown(PATCHES / 8)).max() < 2.5


@pytest.mark.parametrize(("orientation", "turns"), [(1, 0), (3, 2), (6, 3), (8, 1)])
def test_a_raw_file_is_turned_once(
    read: Read, tmp_path: Path, orientation: int, turns: int
) -> None:
    body = dng(scene(), orientation=orientation)
    upright = np.rot90(shown(scene()), turns)
    found = values(read(body))
    (tmp_path / "turned.dng").write_bytes(body)
    photo = read_photo("turned.dng", tmp_path)

    assert found.shape == upright.shape
    assert np.median(np.abs(found - upright)) < 2.5
    assert isinstance(photo, Photo)
    assert photo.size == Size(upright.shape[1], upright.shape[0])


def test_what_a_raw_file_says_is_read(tmp_path: Path) -> None:
    body = dng(
        scene(),
        tags={700: xmp_packet("<dc:title>Falls</dc:title>")},
        exif={33434: [(1, 60)], 33437: [(8, 1)], 36867: "2024:05:06 07:08:09"},
    )
    (tmp_path / "said.dng").write_bytes(body)
    photo = read_photo("said.dng", tmp_path)

    assert isinstance(photo, Photo)
    said = photo.metadata
    assert (said.camera, said.exposure, said.aperture) == ("Drawn Camera of tests", 1 / 60, 8)
    assert (said.title, said.taken) == ("Falls", "2024-05-06T07:08:09")


def test_what_a_cr3_says_is_read() -> None:
    main = tiff([{271: "Canon", 272: "Canon EOS R5"}])
    shot = tiff([{33434: [(1, 250)]}])
    body = box(b"ftyp", b"crx \0\0\0\1crx ") + box(b"moov", box(b"CMT1", main) + box(b"CMT2", shot))
    found = raw.noted(body)

    assert found[272] == "Canon EOS R5"
    assert found.get_ifd(0x8769)[33434] == 1 / 250


def test_what_a_raf_says_is_read_in_its_preview() -> None:
    preview = encoded(chart(), "JPEG", exif=exif(t272="X-T5"))
    head = b"FUJIFILMCCD-RAW 0201".ljust(84, b"\0") + struct.pack(">II", 92, len(preview))

    assert raw.noted(head + preview)[272] == "X-T5"


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_raw_file_is_never_built_from_its_thumbnail(
    read: Read, tmp_path: Path, order: str
) -> None:
    body = dng(scene(), thumbnail=True, order=order, tags={50706: bytes((1, 4, 0, 0))})
    (tmp_path / "falls.nef").write_bytes(body)
    photo = read_photo("falls.nef", tmp_path)

    assert isinstance(photo, Photo)
    assert (photo.format, photo.size) == ("RAW", Size(128, 64))
    assert np.abs(middles(read(body)) - shown(PATCHES)).max() < 2.5


RGB_TIFF = {256: (2,), 257: (2,), 258: (8, 8, 8), 262: (2,), 273: bytes(12), 277: (3,), 279: (12,)}


@pytest.mark.parametrize(
    ("body", "suffix", "told"),
    [
        (tiff([RGB_TIFF]), ".tif", False),
        (tiff([RGB_TIFF | {271: "Nikon"}]), ".tif", False),
        (tiff([RGB_TIFF | {271: "Nikon"}]), ".nef", True),
        (tiff([RGB_TIFF]), ".nef", False),
        (tiff([RGB_TIFF | {50706: bytes((1, 4, 0, 0))}]), ".tif", True),
        (tiff([RGB_TIFF], inside={262: (32803,)}), ".tif", True),
        (tiff([RGB_TIFF], inside={262: (34892,)}), ".tif", True),
        (tiff([RGB_TIFF, {262: (32803,)}]), ".jpg", True),
        (tiff([RGB_TIFF], ">", inside={262: (32803,)}), "", True),
        (tiff([RGB_TIFF], inside={330: (8,)}), "", False),
        (b"II*\0\xff\xff\xff\xff", ".nef", False),
        (b"II*\0", ".nef", False),
        (b"II+\0\x08\0\0\0", ".nef", False),
    ],
)
def test_a_raw_file_is_told_from_a_tiff_by_its_pixels(body: bytes, suffix: str, told: bool) -> None:
    assert raw.is_raw(io.BytesIO(body), suffix) is told


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_i3_half_a_raw_file_is_none_and_nothing_is_printed(
    read: Read, share: float, capfd: pytest.CaptureFixture[str]
) -> None:
    body = dng(scene())
    with pytest.raises(DecodeError, match="truncated or damaged"):
        read(body[: int(len(body) * share)])
    assert capfd.readouterr() == ("", "")


def test_a_raw_file_that_libraw_does_not_know_is_refused_in_words(read: Read) -> None:
    with pytest.raises(DecodeError, match="not known to the installed rawpy"):
        read(b"FOVb" + bytes(500))


def test_i1_a_raw_file_beyond_the_limit_is_refused(read: Read) -> None:
    decode.prepare(128 * 64 - 1)
    try:
        with pytest.raises(DecodeError, match="more than the limit"):
            read(dng(scene()))
    finally:
        decode.prepare(200_000_000)


SETTINGS = '[images]\nmax_dimensions = [128]\ndefault_dimension = 128\nformats = ["png"]\n'


def fill(site: Site) -> None:
    site.settings(SETTINGS)
    site.photo("one.jpg")
    site.write("pictures/geyser.nef", dng(scene()))
    site.write("pictures/more/falls.dng", dng(scene() / 2))
    site.write("pictures/crater.jxl", jxl_of(chart(128, 64)))
    site.write("pictures/falls.mov", b"moving")


def test_with_the_extras_a_site_shows_them(site: Site) -> None:
    fill(site)
    report = site.build()

    assert (report.photos, report.strays, report.problems) == (4, (("video", 1),), ())
    with Image.open(next((site.output / "image/more").glob("*.png"))) as shot:
        seen = converted(shot.convert("RGB"), shot.info["icc_profile"], "srgb")
        assert np.abs(middles(seen) - shown(PATCHES / 2)).max() < 2.5
    for name in ("geyser.nef.jpg", "crater.jxl.jpg", "more/falls.dng.jpg"):
        with Image.open(site.output / "image" / name) as alias:
            assert (alias.format, alias.size) == ("JPEG", (128, 64))
    assert (site.output / "full/geyser.nef").read_bytes() == dng(scene())


@pytest.mark.usefixtures("without_extras")
def test_i9_without_the_extras_they_are_counted_and_named(site: Site) -> None:
    fill(site)
    done = CliRunner().invoke(cli, ["build", "--site", str(site.root), "--jobs", "1"])

    assert done.exit_code == 0, done.output
    assert (
        'left out: 1 JPEG XL file (pip install "fastphoto[jxl]"), '
        '2 camera raw files (pip install "fastphoto[raw]"), 1 video\n'
    ) in done.output
    assert not (site.output / "full/geyser.nef").exists()


@pytest.mark.usefixtures("without_extras")
def test_without_the_extras_no_name_and_no_damage_makes_a_problem_of_them(tmp_path: Path) -> None:
    bodies = {
        "a.jpg": dng(scene()),
        "b.nef": dng(scene(), thumbnail=True),
        "c.cr3": b"\0\0\0\x18ftypcrx ",
        "d.nef": b"anything",
    }
    for name, body in bodies.items():
        (tmp_path / name).write_bytes(body)

    found = {name: read_photo(name, tmp_path) for name in bodies}

    assert set(found.values()) == {Stray("camera raw file")}


def test_with_the_extras_a_file_that_only_bears_their_name_is_a_problem(tmp_path: Path) -> None:
    for name in ("a.nef", "b.jxl"):
        (tmp_path / name).write_bytes(b"anything")
        found = read_photo(name, tmp_path)
        assert isinstance(found, Problem)
        assert found.what == "this is no picture in a format that is built"


def test_an_extra_that_is_installed_later_is_used(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What was read is remembered at once.
    monkeypatch.setattr(files, "CLOCK_TICK_NS", -1_000_000_000)
    fill(site)
    with pytest.MonkeyPatch.context() as patch:
        hide_extras(patch)
        assert site.build().photos == 1
    decode.can_open.cache_clear()
    # As if packages had been installed, which changes their folder.
    (site.cache / store.LAST).unlink()

    report = site.build()

    assert (report.photos, report.photos_rendered) == (4, 3)
