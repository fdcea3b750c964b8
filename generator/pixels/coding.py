"""How a file codes its pixels: depth, colour, high dynamic range, and what of them is the picture.

Colour is what the format says first: cICP, an ICC profile, sRGB, then gAMA and cHRM in a PNG
(third edition, section 4.3); an ICC profile, then nclx in AVIF and HEIF (ISO/IEC 23000-22, 7.3.6).
"""

import struct
from collections.abc import Callable, Iterator
from contextlib import suppress
from fractions import Fraction
from functools import lru_cache
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace
from PIL import ImageFile

from generator.containers import icc
from generator.containers.parts import MalformedError, Part, boxes, heif, png_chunks
from generator.pixels import colour

Box = tuple[int, int, int, int]
Body = Callable[[], bytes]
Space = Literal["L", "RGB", "CMYK", "LAB"]

# A colour is beyond sRGB if it lies so far outside, in encoded values of 0 to 1: that is
# 1.5 % of its light, more than by which profiles differ that mean sRGB.
_BEYOND = 0.2

# Photometric interpretations (TIFF 6.0, section 23; Adobe's technical note on ICCLab).
CIELAB, ICCLAB = 8, 9

# The curve of a PNG that says 1/2.2 is sRGB's: so the PNG specification asks to write that.
_SRGB_GAMMA = 0.45455
_NEAR_SRGB = 0.02

# Namespaces of XMP and of auxiliary pictures: Adobe's and Google's, ISO 21496-1, Apple's.
_GAIN_MAPS = (b"ns.adobe.com/hdr-gain-map/", b"iso:std:iso:ts:21496", b"aux:hdrgainmap")


class Coding(Struct, frozen=True):
    """How the pixels of a file are coded.

    `space` is that of the stored values, `profile` an ICC profile for them, empty for sRGB and
    where nothing is said. PQ and HLG are told by `transfer` (16, 18), with `primaries`, both of
    ITU-T H.273; the profile then holds for what tone mapping makes of them. `crop` is left, top,
    right, bottom of the picture within the stored pixels. `fault` says what is wrong with what
    the file says of its colour.
    """

    bits: int = 8
    profile: bytes = b""
    primaries: int = icc.BT709
    transfer: int = 0
    space: Space = "RGB"
    crop: Box | None = None
    gain_map: bool = False
    fault: str = ""

    @property
    def exacting(self) -> bool:
        """Whether Pillow's eight bits would lose something: the steps of L*a*b* are wide."""
        return self.bits > 8 or self.space == "LAB"

    @property
    def wide(self) -> bool:
        """Whether there may be colours that sRGB does not have."""
        return self.space == "LAB" or (bool(self.profile) and is_wide(self.profile))

    @property
    def hdr(self) -> Literal["", "pq", "hlg", "gain map"]:
        """The kind of high dynamic range, if there is any."""
        if self.transfer:
            return "pq" if self.transfer == icc.PQ else "hlg"
        return "gain map" if self.gain_map else ""


@lru_cache(maxsize=64)
def is_wide(profile: bytes) -> bool:
    """Tell whether a usable profile reaches visibly beyond sRGB, by its most colourful corners."""
    space = icc.colour_space(profile)
    if space not in (b"RGB ", b"CMYK"):
        return space == b"Lab "
    primaries = colour.screen_primaries(profile)
    if space == b"RGB " and len(primaries) == 3:
        return icc.is_beyond_srgb(primaries)
    # Late, for its import is felt and such profiles are few.
    from generator.pixels.deep_colour import reach  # noqa: PLC0415

    least, largest = reach(profile)
    return least < -_BEYOND or largest > 1 + _BEYOND


def coding_of(image: ImageFile.ImageFile, body: Body) -> Coding:
    """Read how the pixels of an opened picture are coded; nonsense costs what it concerns.

    `body` gives the bytes of the file, if they are asked for.
    """
    said = _of_profile(image.info.get("icc_profile"))
    read = _READERS.get(image.format or "")
    if read is not None:
        with suppress(MalformedError, struct.error, ValueError, KeyError, ZeroDivisionError):
            said = read(image, body, said)
    if said.space == "RGB":
        said = replace(said, space=space_of(image.mode))
    is_empty = not said.profile and image.info.get("icc_profile") == b""
    if is_empty or (said.profile and not colour.is_usable(said.profile, said.space)):
        fault = "its colour profile is damaged or not for such a picture"
        said = replace(said, profile=b"", fault=fault)
    if image.mode.startswith(("I", "F")):
        said = replace(said, bits=max(said.bits, 16))
    return said


def space_of(mode: str) -> Space:
    """Name the colour space of pixels of a mode of Pillow's: L, RGB, CMYK or LAB."""
    if mode == "CMYK":
        return "CMYK"
    if mode == "LAB":
        return "LAB"
    return "L" if mode in ("1", "L", "LA", "La", "F") or mode.startswith("I") else "RGB"


def _of_profile(profile: object) -> Coding:
    if not isinstance(profile, bytes) or not profile:
        return Coding()
    coded = icc.coded_transfer(profile)
    if coded is not None and coded[1] in (icc.PQ, icc.HLG):
        return _of_codes(*coded)
    return Coding(profile=profile)


def _of_codes(primaries: int, transfer: int) -> Coding:
    """Return the coding for code points of ITU-T H.273."""
    if transfer in (icc.PQ, icc.HLG):
        profile = icc.coded_profile(primaries, icc.SRGB_TRANSFER)
        return Coding(profile=profile, primaries=primaries, transfer=transfer)
    if icc.is_srgb(primaries, transfer):
        return Coding()
    return Coding(profile=icc.coded_profile(primaries, transfer))


def _png(image: ImageFile.ImageFile, body: Body, said: Coding) -> Coding:
    del image
    data = body()
    chunks: dict[bytes, bytes] = {}
    for chunk in png_chunks(data):
        if chunk.kind == b"IDAT":
            break
        chunks.setdefault(chunk.kind, data[chunk.body : min(chunk.body_end, chunk.body + 64)])
    bits = chunks[b"IHDR"][8]
    if b"cICP" in chunks:
        primaries, transfer = chunks[b"cICP"][:2]
        said = _of_codes(primaries, transfer)
    elif not said.profile and not said.transfer and b"sRGB" not in chunks:
        said = Coding(profile=_described(chunks.get(b"gAMA"), chunks.get(b"cHRM")))
    return replace(said, bits=bits)


def _described(gamma: bytes | None, chromaticities: bytes | None) -> bytes:
    """Return the profile that a PNG describes in numbers; none if that is sRGB."""
    curve: tuple[float, ...] = icc.SRGB_CURVE
    primaries = icc.PRIMARIES[icc.BT709]
    if chromaticities is not None:
        numbers = [n / 100_000 for n in struct.unpack(">8I", chromaticities)]
        white, red, green, blue = zip(numbers[::2], numbers[1::2], strict=True)
        primaries = _unless_near(icc.Primaries(red, green, blue, white), primaries)
    if gamma is not None:
        exponent = struct.unpack(">I", gamma)[0] / 100_000
        means_srgb = primaries == icc.PRIMARIES[icc.BT709] and (
            abs(exponent - _SRGB_GAMMA) < _NEAR_SRGB
        )
        if 0.01 < exponent < 10 and not means_srgb:
            curve = (1 / exponent,)
    if (primaries, curve) == (icc.PRIMARIES[icc.BT709], icc.SRGB_CURVE):
        return b""
    return icc.matrix_profile(primaries, curve)


def _unless_near(primaries: icc.Primaries, known: icc.Primaries) -> icc.Primaries:
    """Return the known primaries for those that are them but for rounding."""
    pairs = zip(
        (primaries.red, primaries.green, primaries.blue, primaries.white),
        (known.red, known.green, known.blue, known.white),
        strict=True,
    )
    near = all(abs(a - b) < 0.005 for one, two in pairs for a, b in zip(one, two, strict=True))
    return known if near else primaries


def _heif(image: ImageFile.ImageFile, body: Body, said: Coding) -> Coding:
    """Read AVIF and HEIF; libheif cuts out the clean aperture by itself, libavif does not."""
    data = body()
    file = heif(data)
    properties = file.items[file.primary].properties
    # A picture made of tiles may leave their depth to them.
    depth = max(
        (_depth(data, part) for item in file.items.values() for part in item.properties), default=0
    )
    nclx = [
        part for part in _of_kind(properties, b"colr") if data[part.body : part.body + 4] == b"nclx"
    ]
    if nclx and not said.profile and not said.transfer:
        said = _of_codes(*struct.unpack_from(">HH", data, nclx[0].body + 4))
    apertures = list(_of_kind(properties, b"clap")) if image.format == "AVIF" else []
    return replace(
        said,
        bits=depth or 8,
        crop=_aperture(data, apertures[0], image.size) if apertures else None,
        gain_map=any(
            item.kind == b"tmap"
            or any(_GAIN_MAPS[2] in data[each.body : each.end] for each in item.properties)
            for item in file.items.values()
        ),
    )


def _of_kind(parts: tuple[Part, ...], kind: bytes) -> Iterator[Part]:
    return (part for part in parts if part.kind == kind)


def _depth(data: bytes, part: Part) -> int:
    """Return the bits of a channel that a property tells; 0 if it is about something else."""
    if part.kind == b"pixi":
        return max(data[part.body + 5 : part.end], default=0)
    if part.kind == b"av1C":
        # AV1-ISOBMFF, section 2.3.3: high_bitdepth and twelve_bit.
        flags = data[part.body + 2]
        return 8 + 2 * (flags >> 6 & 1) + 2 * (flags >> 5 & flags >> 6 & 1)
    return 0


def _aperture(data: bytes, part: Part, size: tuple[int, int]) -> Box | None:
    """Return the clean aperture in whole pixels (ISO/IEC 14496-12, 12.1.4); None if it is none."""
    numbers = struct.unpack_from(">IIIIiIiI", data, part.body)
    width, height, across, down = (
        Fraction(top, bottom) for top, bottom in zip(numbers[::2], numbers[1::2], strict=True)
    )
    left = round((size[0] - width) / 2 + across)
    top = round((size[1] - height) / 2 + down)
    box = (left, top, left + int(width), top + int(height))
    inside = left >= 0 and top >= 0 and box[2] <= size[0] and box[3] <= size[1]
    return box if inside and width >= 1 and height >= 1 and box != (0, 0, *size) else None


def _jpeg(image: ImageFile.ImageFile, body: Body, said: Coding) -> Coding:
    """A gain map is a second picture behind the first, and says so in words."""
    if "mpoffset" not in image.info and image.format != "MPO":
        return said
    data = body()
    return replace(said, gain_map=any(each in data for each in _GAIN_MAPS))


def _tiff(image: ImageFile.ImageFile, body: Body, said: Coding) -> Coding:
    del body
    tags = image.tag_v2  # type: ignore[attr-defined]
    bits = tags.get(258, 8)
    said = replace(said, bits=max(bits) if isinstance(bits, tuple) else bits)
    is_lab = tags.get(262) in (CIELAB, ICCLAB)
    return replace(said, space="LAB", profile=b"") if is_lab else said


def _jpeg2000(image: ImageFile.ImageFile, body: Body, said: Coding) -> Coding:
    """Read depth and profile (ISO/IEC 15444-1, A.5.1 and I.5.3)."""
    del image
    data = body()
    if data[:4] == b"\xff\x4f\xff\x51":
        return replace(said, bits=(data[40] & 0x7F) + 1)
    (header,) = _of_kind(tuple(boxes(data)), b"jp2h")
    parts = {part.kind: part for part in boxes(data, header.body, header.end)}
    depth = data[parts[b"ihdr"].body + 10]
    if depth == 255:
        depth = data[parts[b"bpcc"].body]
    tells = parts.get(b"colr")
    if tells and data[tells.body] in (2, 3):
        said = _of_profile(data[tells.body + 3 : tells.end])
    return replace(said, bits=(depth & 0x7F) + 1)


def _jxl(image: ImageFile.ImageFile, body: Body, said: Coding) -> Coding:
    del body
    return replace(said, bits=image.bits)  # type: ignore[attr-defined]


_READERS: dict[str, Callable[[ImageFile.ImageFile, Body, Coding], Coding]] = {
    "PNG": _png,
    "AVIF": _heif,
    "HEIF": _heif,
    "JPEG": _jpeg,
    "MPO": _jpeg,
    "TIFF": _tiff,
    "JPEG2000": _jpeg2000,
    "JXL": _jxl,
}
