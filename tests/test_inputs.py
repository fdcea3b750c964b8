"""Every kind of picture file, under a wrong name, is built to a variant with the right pixels."""

import functools
import io
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pillow_heif
import pytest
from PIL import Image, ImageCms

from generator.pixels.colour import converted
from generator.pixels.decode import resamplable
from generator.report import Report
from tests.support.files import bmp, cmyk_jpeg, moved_tag, packed, png, run_lengths
from tests.support.pictures import chart, disc, encoded, exif, lossless_jpeg, soft, stored
from tests.support.sites import Site
from tests.support.tiffs import Value, tiff

imagecodecs = pytest.importorskip("imagecodecs", reason="some files are drawn with it")

RGB = np.asarray(chart())
GREY = np.asarray(chart().convert("L"))
DEEP = RGB.astype(np.uint16) * 257
DEEP_GREY = GREY.astype(np.uint16) * 257
HEIGHT, WIDTH = GREY.shape
PLAIN = chart()
PLAIN_GREY = chart().convert("L")
DISC = disc()


class Case(NamedTuple):
    """A file, the picture in it, and by how much the variant may differ on average of 255 steps."""

    body: bytes
    wanted: Image.Image
    most: float = 0.6


CASES: dict[str, Callable[[], Case]] = {}


def case(name: str, *arguments: Any) -> Callable[[Callable[..., Case]], Callable[..., Case]]:
    def note(draw: Callable[..., Case]) -> Callable[..., Case]:
        CASES[name] = functools.partial(draw, *arguments)
        return draw

    return note


def written(name: str, image: Image.Image, most: float = 0.6, **options: Any) -> Case:
    return Case(encoded(image, name.partition(" ")[0], **options), image, most)


PILLOW: dict[str, tuple[Image.Image, float, Mapping[str, Any]]] = {
    "JPEG": (PLAIN, 3, {"quality": 95}),
    "JPEG progressive, 4:2:0": (PLAIN, 5, {"quality": 95, "progressive": True, "subsampling": 2}),
    "JPEG of odd sides": (soft(95, 63), 1, {"quality": 95}),
    "JPEG stored as RGB": (PLAIN, 1, {"quality": 98, "keep_rgb": True}),
    "JPEG grey": (PLAIN_GREY, 2, {"quality": 95}),
    "JPEG with restarts": (PLAIN, 3, {"quality": 95, "restart_marker_rows": 1}),
    "MPO": (PLAIN, 3, {"quality": 95, "save_all": True, "append_images": [chart(seed=1)]}),
    "PNG animated": (PLAIN, 0, {"save_all": True, "append_images": [chart(seed=1)]}),
    "WEBP": (PLAIN, 5, {"quality": 95}),
    "WEBP lossless": (PLAIN, 0, {"lossless": True}),
    "WEBP with alpha": (DISC, 0, {"lossless": True}),
    "WEBP animated": (
        PLAIN,
        0,
        {"lossless": True, "save_all": True, "append_images": [chart(seed=1)]},
    ),
    "GIF": (PLAIN.quantize(256), 0, {}),
    "GIF grey": (PLAIN_GREY, 0, {}),
    "GIF interlaced": (PLAIN.quantize(64), 0, {"interlace": 1}),
    "GIF transparent": (DISC, 0, {}),
    "GIF animated": (
        PLAIN.quantize(64),
        0,
        {"save_all": True, "append_images": [chart(seed=1).quantize(64)]},
    ),
    "TIFF": (PLAIN, 0, {}),
    "TIFF LZW": (PLAIN, 0, {"compression": "tiff_lzw"}),
    "TIFF deflate": (PLAIN, 0, {"compression": "tiff_adobe_deflate"}),
    "TIFF packbits": (PLAIN, 0, {"compression": "packbits"}),
    "TIFF zstd": (PLAIN, 0, {"compression": "zstd"}),
    "TIFF JPEG": (PLAIN, 3, {"compression": "jpeg", "quality": 95}),
    "TIFF CCITT": (PLAIN.convert("1"), 0, {"compression": "group4"}),
    "TIFF grey": (PLAIN_GREY, 0, {}),
    "TIFF palette": (PLAIN.quantize(64), 0, {}),
    "TIFF with alpha": (DISC, 0, {}),
    "TIFF CMYK": (PLAIN.convert("CMYK"), 0.6, {}),
    "TIFF CMYK LZW": (PLAIN.convert("CMYK"), 0.6, {"compression": "tiff_lzw"}),
    "TIFF YCbCr": (PLAIN.convert("YCbCr"), 1, {}),
    "TIFF of pages": (PLAIN, 0, {"save_all": True, "append_images": [chart(seed=1)]}),
    "TIFF BigTIFF": (PLAIN, 0, {"big_tiff": True}),
    "BMP": (PLAIN, 0, {}),
    "BMP palette": (PLAIN.quantize(64), 0, {}),
    "BMP grey": (PLAIN_GREY, 0, {}),
    "BMP black and white": (PLAIN.convert("1"), 0, {}),
    "JPEG2000": (PLAIN, 0, {}),
    "JPEG2000 codestream": (PLAIN, 0, {"no_jp2": True}),
    "JPEG2000 grey": (PLAIN_GREY, 0, {}),
    "JPEG2000 with alpha": (DISC, 0, {}),
    "JPEG2000 lossy, tiled": (
        soft(),
        2,
        {"irreversible": True, "quality_layers": [8], "tile_size": (32, 32)},
    ),
    "AVIF": (soft(), 2, {"quality": 95}),
    "AVIF 4:4:4": (PLAIN, 2, {"quality": 95, "subsampling": "4:4:4"}),
    "AVIF with alpha": (DISC, 2, {"quality": 100, "subsampling": "4:4:4"}),
    "AVIF animated": (soft(), 2, {"quality": 95, "save_all": True, "append_images": [soft()]}),
    "HEIF": (soft(), 3, {"quality": 95}),
    "HEIF with alpha": (DISC, 4, {"quality": 100}),
    "HEIF grey": (soft().convert("L"), 3, {"quality": 95}),
}
for _name, (_image, _most, _options) in PILLOW.items():
    case(_name)(functools.partial(written, _name, _image, _most, **_options))


@case("JPEG lossless, grey")
def _() -> Case:
    return Case(lossless_jpeg(PLAIN_GREY), PLAIN_GREY, 0)


@case("JPEG lossless")
def _() -> Case:
    return Case(imagecodecs.jpeg8_encode(RGB, lossless=True), PLAIN, 0)


@case("JPEG lossless, 16 bits")
def _() -> Case:
    body = imagecodecs.jpeg8_encode(DEEP_GREY, bitspersample=16, lossless=True)
    return Case(body, PLAIN_GREY, 0)


@case("JPEG of 12 bits")
def _() -> Case:
    body = imagecodecs.jpeg8_encode(DEEP >> 4, level=95, bitspersample=12, subsampling="444")
    return Case(body, PLAIN, 2)


@case("JPEG CMYK", 0)
@case("JPEG YCCK", 2)
def _(transform: int) -> Case:
    # Ink that is not only the complement: black has a plane of its own.
    cyan, magenta, yellow, _ = PLAIN.convert("CMYK").split()
    black = soft().convert("L").point(lambda value: value // 3)
    ink = Image.merge("CMYK", (cyan, magenta, yellow, black))
    return Case(cmyk_jpeg(ink, transform), ink, 2)


@case("PNG interlaced", True)
@case("PNG", False)
def _(interlaced: bool) -> Case:
    return Case(png(RGB, 2, 8, interlaced=interlaced), PLAIN, 0)


@case("PNG of 16 bits, interlaced", True)
@case("PNG of 16 bits", False)
def _(interlaced: bool) -> Case:
    return Case(png(DEEP, 2, 16, interlaced=interlaced), PLAIN, 0)


@case("PNG grey of 1 bit", 1)
@case("PNG grey of 2 bits", 2)
@case("PNG grey of 4 bits", 4)
@case("PNG grey of 8 bits", 8)
@case("PNG grey of 16 bits", 16)
def _(bits: int) -> Case:
    most = (1 << bits) - 1
    levels = np.round(GREY / 255 * most)
    wanted = Image.fromarray(np.round(levels / most * 255).astype(np.uint8))
    return Case(png(levels, 0, bits), wanted)


@case("PNG grey of 1 bit, interlaced")
def _() -> Case:
    return Case(
        png(GREY >> 7, 0, 1, interlaced=True), PLAIN_GREY.point(lambda v: v // 128 * 255), 0
    )


@case("PNG palette of 1 bit", 1)
@case("PNG palette of 2 bits", 2)
@case("PNG palette of 4 bits", 4)
@case("PNG palette of 8 bits", 8)
def _(bits: int) -> Case:
    few = PLAIN.quantize(1 << bits)
    return Case(png(np.asarray(few), 3, bits, palette=bytes(few.getpalette() or ())), few, 0)


@case("PNG palette, half transparent")
def _() -> Case:
    few = PLAIN.quantize(4)
    clear = bytes((0, 85, 170, 255))
    wanted = few.convert("RGBA")
    wanted.putalpha(Image.fromarray(np.frombuffer(clear, np.uint8)[np.asarray(few)]))
    palette = bytes(few.getpalette() or ())[:12]
    return Case(png(np.asarray(few), 3, 2, palette=palette, clear=clear), wanted, 0)


@case("PNG grey with alpha", 8)
@case("PNG grey with alpha, of 16 bits", 16)
def _(bits: int) -> Case:
    both = np.asarray(DISC.convert("LA")).astype(int) * (257 if bits == 16 else 1)
    return Case(png(both, 4, bits), DISC.convert("LA"), 0)


@case("PNG with alpha", 8)
@case("PNG with alpha, of 16 bits", 16)
def _(bits: int) -> Case:
    return Case(png(np.asarray(DISC).astype(int) * (257 if bits == 16 else 1), 6, bits), DISC, 0)


@case("PNG with one transparent colour")
def _() -> Case:
    red = np.asarray(DISC)[..., :3]
    return Case(png(red, 2, 8, clear=bytes(6)), DISC, 0)


@case("PNG grey with one transparent value", 8)
@case("PNG grey with one transparent value, of 16 bits", 16)
def _(bits: int) -> Case:
    levels = np.asarray(DISC.convert("L")).astype(int) * (257 if bits == 16 else 1)
    return Case(png(levels, 0, bits, clear=bytes(2)), DISC.convert("LA"))


def directory(samples: npt.NDArray[Any], photometric: int, **tags: Value) -> dict[int, Value]:
    """Return the directory of an uncompressed TIFF in one strip; tags as t322=... besides."""
    channels = 1 if samples.ndim == 2 else samples.shape[2]
    bits = samples.dtype.itemsize * 8
    plain: dict[int, Value] = {
        256: (samples.shape[1],),
        257: (samples.shape[0],),
        258: (bits,) * channels,
        259: (1,),
        262: (photometric,),
        273: samples.tobytes(),
        277: (channels,),
        278: (samples.shape[0],),
        279: (samples.nbytes,),
    }
    changed = plain | {int(name[1:]): value for name, value in tags.items()}
    return {tag: value for tag, value in changed.items() if value != ()}


@case("TIFF of 16 bits", "<")
@case("TIFF of 16 bits, the other way round", ">")
def _(order: str) -> Case:
    return Case(tiff([directory(DEEP.astype(f"{order}u2"), 2)], order), PLAIN, 0)


@case("TIFF grey of 16 bits", "<")
@case("TIFF grey of 16 bits, the other way round", ">")
def _(order: str) -> Case:
    return Case(tiff([directory(DEEP_GREY.astype(f"{order}u2"), 1)], order), PLAIN_GREY, 0)


@case("TIFF with alpha, of 16 bits")
def _() -> Case:
    deep = np.asarray(DISC).astype("<u2") * 257
    return Case(tiff([directory(deep, 2, t338=(2,))]), DISC, 0)


@case("TIFF with alpha multiplied in")
def _() -> Case:
    half = DISC.copy()
    half.putalpha(DISC.getchannel("A").point(lambda value: value // 2))
    premultiplied = np.asarray(half.convert("RGBa"))
    return Case(tiff([directory(premultiplied, 2, t338=(1,))]), half, 1)


@case("TIFF CMYK of 16 bits")
def _() -> Case:
    ink = PLAIN.convert("CMYK")
    return Case(tiff([directory(np.asarray(ink).astype("<u2") * 257, 5)]), ink)


@case("TIFF where white is zero")
def _() -> Case:
    return Case(tiff([directory(255 - GREY, 0)]), PLAIN_GREY, 0)


@case("TIFF grey of 4 bits")
def _() -> Case:
    rows = b"".join(packed(row, 4) for row in (GREY >> 4).astype(int))
    body = tiff([directory(GREY, 1, t258=(4,), t273=rows, t279=(len(rows),))])
    return Case(body, PLAIN_GREY.point(lambda value: value // 16 * 17))


@case("TIFF in tiles")
def _() -> Case:
    tiles = [
        RGB[row : row + 32, column : column + 32].tobytes()
        for row in range(0, HEIGHT, 32)
        for column in range(0, WIDTH, 32)
    ]
    tiled: dict[str, Value] = {"t322": (32,), "t323": (32,), "t324": tiles}
    tiled |= {"t325": (32 * 32 * 3,) * len(tiles), "t273": (), "t278": (), "t279": ()}
    return Case(tiff([directory(RGB, 2, **tiled)]), PLAIN, 0)


@case("TIFF in planes", RGB)
@case("TIFF in planes, of 16 bits", DEEP)
def _(samples: npt.NDArray[Any]) -> Case:
    planes = [np.ascontiguousarray(samples[..., each]).tobytes() for each in range(3)]
    sizes = (len(planes[0]),) * 3
    return Case(tiff([directory(samples, 2, t273=planes, t279=sizes, t284=(2,))]), PLAIN, 0)


@case("TIFF with a predictor")
def _() -> Case:
    return Case(encoded(PLAIN, "TIFF", compression="tiff_lzw", tiffinfo={317: 2}), PLAIN, 0)


@case("TIFF grey of real numbers")
def _() -> Case:
    return Case(tiff([directory((GREY / 255).astype("<f4"), 1, t339=(3,))]), PLAIN_GREY)


@case("TIFF of real numbers")
def _() -> Case:
    return Case(tiff([directory((RGB / 255).astype("<f4"), 2, t339=(3, 3, 3))]), PLAIN)


@case("TIFF grey of 32 bits")
def _() -> Case:
    return Case(tiff([directory(GREY.astype("<u4") * 16_843_009, 1)]), PLAIN_GREY)


@case("TIFF LAB")
def _() -> Case:
    lab = ImageCms.profileToProfile(
        soft(), ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), outputMode="LAB"
    )
    assert lab is not None
    return Case(encoded(lab, "TIFF"), soft(), 2)


@case("TIFF upside down")
def _() -> Case:
    return Case(encoded(stored(PLAIN, 3), "TIFF", exif=exif(3)), PLAIN, 0)


@case("BMP from the top")
def _() -> Case:
    rows = [row[:, ::-1].tobytes() for row in RGB]
    return Case(bmp(rows, WIDTH, 24, top=b"1"), PLAIN, 0)


@case("BMP of 16 bits")
def _() -> Case:
    red, green, blue = (RGB[::-1, :, each].astype(np.uint16) for each in range(3))
    words = (red >> 3 << 11) | (green >> 2 << 5) | (blue >> 3)
    masks = b"".join(mask.to_bytes(4, "little") for mask in (0xF800, 0x07E0, 0x001F))
    rows = [row.astype("<u2").tobytes() for row in words]
    return Case(bmp(rows, WIDTH, 16, compression=3, masks=masks), PLAIN, 5)


@case("BMP of 4 bits")
def _() -> Case:
    few = PLAIN.quantize(16)
    rows = [packed(row, 4) for row in np.asarray(few).astype(int)[::-1]]
    return Case(bmp(rows, WIDTH, 4, palette=four_byte(few)), few, 0)


@case("BMP of run lengths")
def _() -> Case:
    few = PLAIN.quantize(16)
    rows = [run_lengths(np.asarray(few))]
    body = bmp(rows, WIDTH, 8, compression=1, palette=four_byte(few), height=bytes((HEIGHT,)))
    return Case(body, few, 0)


def four_byte(few: Image.Image) -> bytes:
    """Return a palette as BMP has it: blue, green, red and nothing."""
    colours = np.array(few.getpalette(), np.uint8).reshape(-1, 3)
    return np.pad(colours[:, ::-1], ((0, 0), (0, 1))).tobytes()


@case("JPEG2000 of 12 bits", 12)
@case("JPEG2000 of 16 bits", 16)
def _(bits: int) -> Case:
    body = imagecodecs.jpeg2k_encode(
        DEEP >> (16 - bits), level=0, reversible=True, bitspersample=bits, codecformat="jp2"
    )
    return Case(body, PLAIN, 0.6)


@case("AVIF of 10 bits", 10)
@case("AVIF of 12 bits", 12)
def _(bits: int) -> Case:
    deep = np.asarray(soft()).astype(np.uint16) << (bits - 8)
    return Case(imagecodecs.avif_encode(deep, level=95, bitspersample=bits), soft(), 2)


@case("AVIF grey")
def _() -> Case:
    grey = soft().convert("L")
    body = imagecodecs.avif_encode(np.asarray(grey), level=95, pixelformat="400")
    return Case(body, grey, 2)


@case("HEIF of 10 bits", False)
@case("HEIF of 12 bits", True)
def _(twelve: bool) -> Case:
    deep = (np.asarray(soft()).astype(np.uint16) * 257).tobytes()
    image = pillow_heif.from_bytes("RGB;16", soft().size, deep)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pillow_heif.options, "SAVE_HDR_TO_12_BIT", twelve)
        return Case(encoded_heif(image), soft(), 3)


def encoded_heif(image: pillow_heif.HeifFile) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, quality=95)
    return buffer.getvalue()


def turned(name: str, orientation: int, said: int) -> Case:
    """Turn a picture by irot and imir, and let EXIF say so too, or something else.

    Encoders take the orientation out of EXIF, where cameras leave it. Another tag stands for it
    until the file is written.
    """
    both = exif(orientation, t296=said)
    body = encoded(stored(soft(), orientation), name, exif=both.tobytes(), quality=95)
    return Case(moved_tag(body, 296, 274), soft(), 3)


for _name in ("AVIF", "HEIF"):
    for _number in range(2, 9):
        case(f"{_name} turned by box and EXIF, {_number}", _name, _number, _number)(turned)
    case(f"{_name} turned by its box, whatever EXIF says", _name, 6, 3)(turned)
    case(f"{_name} not turned, whatever EXIF says", _name, 1, 6)(turned)


# Files that Pillow does not read, or reads to something else.
UNREAD = {
    "JPEG lossless, 16 bits": "refused: Pillow reads JPEG of 8 bits only",
    "JPEG of 12 bits": "refused: Pillow reads JPEG of 8 bits only",
    "TIFF of real numbers": "refused: Pillow reads real numbers in grey only",
}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Site, Report]:
    """Build a site of all cases, each under a name that says something else."""
    site = Site(tmp_path_factory.mktemp("inputs") / "site")
    site.settings('[images]\nmax_dimensions = [96]\nformats = ["png"]\n')
    for index, (name, draw) in enumerate(CASES.items()):
        suffix = "jpg" if name.startswith("BMP") else "bmp"
        site.write(f"pictures/{index}.{suffix}", draw().body)
    return site, site.build()


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.xfail(reason=UNREAD[name]) if name in UNREAD else ())
        for name in CASES
    ],
)
def test_i5_a_picture_is_built_as_it_looks_whatever_its_name(
    built: tuple[Site, Report], name: str
) -> None:
    site, report = built
    index = list(CASES).index(name)
    said = [each for each in report.problems if each.where.startswith(f"pictures/{index}.")]
    assert said == []
    wanted, most = CASES[name]()[1:]
    (found,) = (site.output / "image").glob(f"{index}.????????-*.png")
    with Image.open(found) as opened:
        image = converted(resamplable(opened), opened.info.get("icc_profile", b""), "srgb")
        assert image.size == wanted.size
        assert distance(image, wanted) <= most


def distance(one: Image.Image, other: Image.Image) -> float:
    """Return by how much two pictures differ, where transparent pixels are all alike."""
    pictures = [
        np.asarray(each.convert("RGBA").convert("RGBa"), dtype=float) for each in (one, other)
    ]
    return float(np.abs(pictures[0] - pictures[1]).mean())
