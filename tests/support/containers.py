"""Picture files put together byte by byte, where no library writes what a test needs."""

import io
import struct
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal

import imagecodecs
import numpy as np
import numpy.typing as npt
import pillow_heif

from tests.support.pictures import with_segment
from tests.support.profiles import Space

Values = npt.NDArray[Any]

# The matrix between RGB and YCbCr that usually goes with primaries (H.273, table 4).
_MATRICES = {1: 1, 9: 9, 12: 6}

# Photometric interpretations of TIFF 6.0, and ICCLab of Technical Note 4.
MIN_IS_WHITE, MIN_IS_BLACK, RGB, SEPARATED, CIELAB, ICCLAB = 0, 1, 2, 5, 8, 9


def levels(values: npt.NDArray[np.float64], bits: int) -> Values:
    """Round values from 0 to 1 to whole levels of 8 bits, or of more in words of 16."""
    whole: Values = np.rint(values * (2**bits - 1)).astype(np.uint8 if bits == 8 else np.uint16)
    return whole


def lab_levels(lab: npt.NDArray[np.float64], bits: Literal[8, 16], photometric: int) -> Values:
    """Write Lab as TIFF does: CIELab has signed a and b, ICCLab ones that 128 is added to."""
    word = np.uint8 if bits == 8 else np.uint16
    if photometric == CIELAB:
        top, unit = (255, 1) if bits == 8 else (65535, 256)
        scaled = np.rint(lab * (top / 100, unit, unit)).astype(np.int64)
        wrapped: Values = (scaled % (top + 1)).astype(word)
        return wrapped
    scale = (2.55, 1, 1) if bits == 8 else (652.8, 256, 256)
    raised = (lab + np.array([0.0, 128.0, 128.0])) * scale
    rounded: Values = np.rint(raised).clip(0, 2**bits - 1).astype(word)
    return rounded


def png(pixels: Values, *extra: tuple[bytes, bytes]) -> bytes:
    """Write a PNG of 8 or 16 bits, of grey, RGB or either with alpha, with chunks before its data.

    An iCCP chunk is given as the profile; cICP, gAMA and cHRM as their bytes.
    """
    body = bytes(imagecodecs.png_encode(pixels))
    head = 8 + 25
    added = b"".join(_chunk(kind, _icc(data) if kind == b"iCCP" else data) for kind, data in extra)
    return body[:head] + added + body[head:]


def _icc(profile: bytes) -> bytes:
    return b"profile\0\0" + zlib.compress(profile)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def cicp(primaries: int, transfer: int) -> tuple[bytes, bytes]:
    """Return the chunk that says colours by their numbers in H.273: RGB, full range."""
    return b"cICP", bytes([primaries, transfer, 0, 1])


def gama(exponent: float) -> tuple[bytes, bytes]:
    """Return the chunk of the exponent by which light was encoded, such as 0.45455."""
    return b"gAMA", struct.pack(">I", round(exponent * 100_000))


def chrm(space: Space) -> tuple[bytes, bytes]:
    """Return the chunk of the chromaticities of white, red, green and blue."""
    points = (space.white, space.red, space.green, space.blue)
    numbers = [round(each * 100_000) for point in points for each in point]
    return b"cHRM", struct.pack(">8I", *numbers)


def chunks(body: bytes) -> Mapping[bytes, bytes]:
    """Return the chunks of a PNG by their names; of equal ones the last."""
    found, at = {}, 8
    while at < len(body):
        (length,) = struct.unpack_from(">I", body, at)
        found[body[at + 4 : at + 8]] = body[at + 8 : at + 8 + length]
        at += 12 + length
    return found


def avif(pixels: Values, primaries: int, transfer: int, *, bits: int = 8) -> bytes:
    """Write an AVIF of the best quality that says its colours by their numbers in H.273."""
    body = imagecodecs.avif_encode(
        pixels,
        100,
        speed=9,
        bitspersample=bits,
        pixelformat="444",
        primaries=primaries,
        transfer=transfer,
        matrix=_MATRICES[primaries],
        numthreads=1,
    )
    return bytes(body)


def heic(pixels: Values, *, bits: int = 8, **options: Any) -> bytes:
    """Write an RGB HEIC of 8, 10 or 12 bits, without loss; primaries and the like are options."""
    height, width = pixels.shape[:2]
    stored = pixels if bits == 8 else levels(pixels / (2**bits - 1), 16)
    file = pillow_heif.from_bytes(
        "RGB" if bits == 8 else "RGB;16", (width, height), stored.tobytes()
    )
    file.info["bit_depth"] = bits
    buffer = io.BytesIO()
    file.save(buffer, quality=-1, chroma=444, matrix_coefficients=0, **options)
    return buffer.getvalue()


def ycck_jpeg(inks: Values, profile: bytes | None = None) -> bytes:
    """Write a CMYK JPEG as Photoshop does: inverted, as luminance, chrominance and black."""
    body = imagecodecs.jpeg8_encode(
        255 - inks, 100, colorspace="cmyk", outcolorspace="ycck", subsampling="444"
    )
    return bytes(body) if profile is None else with_profile(bytes(body), profile)


def with_profile(jpeg: bytes, profile: bytes) -> bytes:
    """Put a profile into a JPEG, in as many segments as it takes (ICC.1:2022, annex B.4)."""
    parts = [profile[at : at + 65519] for at in range(0, len(profile), 65519)]
    for number, part in reversed(list(enumerate(parts, 1))):
        segment = b"ICC_PROFILE\0" + bytes([number, len(parts)]) + part
        jpeg = with_segment(jpeg, b"\xff\xe2" + struct.pack(">H", len(segment) + 2) + segment)
    return jpeg


def tiff(
    pixels: Values,
    photometric: int,
    *,
    profile: bytes | None = None,
    orientation: int | None = None,
    planar: bool = False,
    order: Literal["<", ">"] = "<",
    extra: int | None = None,
) -> bytes:
    """Write an uncompressed TIFF of one strip (TIFF 6.0, sections 2 and 8), or of one a channel.

    `extra` says what a channel beyond the colours is: 1 alpha multiplied in, 2 alpha of its own.
    """
    height, width, count = pixels.shape
    stored = np.moveaxis(pixels, -1, 0) if planar else pixels
    data = stored.astype(stored.dtype.newbyteorder(order)).tobytes()
    strips = count if planar else 1
    tags: dict[int, tuple[str, list[int]]] = {
        256: ("I", [width]),
        257: ("I", [height]),
        258: ("H", [pixels.dtype.itemsize * 8] * count),
        259: ("H", [1]),
        262: ("H", [photometric]),
        273: ("I", [8 + len(data) // strips * strip for strip in range(strips)]),
        277: ("H", [count]),
        278: ("I", [height]),
        279: ("I", [len(data) // strips] * strips),
        284: ("H", [2 if planar else 1]),
        339: ("H", [1] * count),
    }
    if orientation is not None:
        tags[274] = ("H", [orientation])
    if photometric == SEPARATED:
        tags[332] = ("H", [1])
    if extra is not None:
        tags[338] = ("H", [extra])
    if profile is not None:
        tags[34675] = ("B", list(profile))
    data += bytes(len(data) % 2)
    return _tiff_head(order, 8 + len(data)) + data + _directory(tags, order, 8 + len(data))


def _tiff_head(order: str, directory: int) -> bytes:
    return (b"II" if order == "<" else b"MM") + struct.pack(order + "HI", 42, directory)


def _directory(tags: Mapping[int, tuple[str, list[int]]], order: str, at: int) -> bytes:
    kinds = {"B": 7, "H": 3, "I": 4}
    entries, beyond = b"", b""
    after = at + 2 + 12 * len(tags) + 4
    for tag, (kind, numbers) in sorted(tags.items()):
        value = struct.pack(f"{order}{len(numbers)}{kind}", *numbers)
        if len(value) > 4:
            place = after + len(beyond)
            beyond += value + bytes(len(value) % 2)
            value = struct.pack(order + "I", place)
        entries += struct.pack(order + "HHI", tag, kinds[kind], len(numbers)) + value.ljust(
            4, b"\0"
        )
    return struct.pack(order + "H", len(tags)) + entries + bytes(4) + beyond


# Boxes of ISO/IEC 14496-12 that hold others, with the bytes before these.
_HOLDERS = {b"meta": 4, b"iinf": 6, b"iprp": 0, b"ipco": 0}


def _walk(body: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield all boxes, those inside after those they are in, as kind, and bounds of the content."""
    while start + 8 <= end:
        size, kind = struct.unpack_from(">I4s", body, start)
        stop = start + size if size else end
        yield kind, start + 8, stop
        if kind in _HOLDERS:
            yield from _walk(body, start + 8 + _HOLDERS[kind], stop)
        start = stop


def boxes(body: bytes, kind: bytes) -> list[bytes]:
    """Return what the boxes of a kind hold, in an AVIF or HEIF file."""
    return [body[start:stop] for each, start, stop in _walk(body, 0, len(body)) if each == kind]


def nclx_of(body: bytes) -> tuple[int, int, int] | None:
    """Return primaries, transfer and matrix that an AVIF or HEIF declares; None without."""
    for box in boxes(body, b"colr"):
        if box[:4] == b"nclx":
            return struct.unpack_from(">HHH", box, 4)
    return None


def box(kind: bytes, content: bytes) -> bytes:
    """Write a box."""
    return struct.pack(">I4s", len(content) + 8, kind) + content


def rotated_by(quarters: int) -> bytes:
    """Return the property that turns a picture anticlockwise (ISO/IEC 23008-12, 6.5.10)."""
    return box(b"irot", bytes([quarters]))


def mirrored(axis: int) -> bytes:
    """Return the property that swaps top and bottom (0), or left and right (1) (6.5.12)."""
    return box(b"imir", bytes([axis]))


def cropped(whole: tuple[int, int], left: int, top: int, width: int, height: int) -> bytes:
    """Return the property that shows a part only (ISO/IEC 14496-12, 12.1.4: by its middle)."""
    across = 2 * left + width - whole[0]
    down = 2 * top + height - whole[1]
    return box(b"clap", struct.pack(">IIIIiIiI", width, 1, height, 1, across, 2, down, 2))


# How a stored picture becomes upright under an EXIF orientation: turned first, mirrored then.
AS_PROPERTIES: Mapping[int, tuple[bytes, ...]] = {
    1: (),
    2: (mirrored(1),),
    3: (rotated_by(2),),
    4: (mirrored(0),),
    5: (rotated_by(1), mirrored(0)),
    6: (rotated_by(3),),
    7: (rotated_by(3), mirrored(0)),
    8: (rotated_by(1),),
}


def with_properties(body: bytes, added: Sequence[bytes], item: int = 0) -> bytes:
    """Give a picture of an AVIF or HEIF (else its main one) more properties, after its others.

    What turned or mirrored it before is taken from it.
    """

    def edit(meta: dict[bytes, bytes]) -> None:
        iprp = _children(meta[b"iprp"])
        kinds = [kind for kind, _, _ in _walk(iprp[b"ipco"], 0, len(iprp[b"ipco"]))]
        turning = {at for at, kind in enumerate(kinds, 1) if kind in (b"irot", b"imir")}
        number = item or struct.unpack_from(">H", meta[b"pitm"], 4)[0]
        new = range(len(kinds) + 1, len(kinds) + 1 + len(added))
        ipco = iprp[b"ipco"] + b"".join(added)
        ipma = _associations(iprp[b"ipma"], number, turning, new)
        meta[b"iprp"] = box(b"ipco", ipco) + box(b"ipma", ipma)

    return _with_meta(body, edit)


def with_auxiliary(body: bytes, item: int, main: int, urn: str) -> bytes:
    """Say that one picture of an AVIF or HEIF only goes with another (ISO/IEC 23008-12, 6.4.4)."""

    def edit(meta: dict[bytes, bytes]) -> None:
        before = meta.get(b"iref", bytes(4))
        meta[b"iref"] = before + box(b"auxl", struct.pack(">HHH", item, 1, main))

    return with_properties(
        _with_meta(body, edit), [box(b"auxC", bytes(4) + urn.encode() + b"\0")], item
    )


def items(body: bytes) -> list[int]:
    """Return the numbers of the items of an AVIF or HEIF file."""
    return [struct.unpack_from(">H", infe, 4)[0] for infe in boxes(body, b"infe")]


def _children(content: bytes) -> dict[bytes, bytes]:
    """Split boxes, of which there is one of each kind."""
    found, at = {}, 0
    while at < len(content):
        size, kind = struct.unpack_from(">I4s", content, at)
        found[kind] = content[at + 8 : at + size]
        at += size
    return found


def _with_meta(body: bytes, edit: Callable[[dict[bytes, bytes]], None]) -> bytes:
    """Edit the boxes inside the one of metadata, and correct where the pictures' data is then."""
    ((start, stop),) = [(a, b) for kind, a, b in _walk(body, 0, len(body)) if kind == b"meta"]
    inside = _children(body[start + 4 : stop])
    edit(inside)
    size = 4 + sum(8 + len(content) for content in inside.values())
    inside[b"iloc"] = _moved(inside[b"iloc"], stop, size - (stop - start))
    meta = body[start : start + 4] + b"".join(box(*each) for each in inside.items())
    return body[: start - 8] + box(b"meta", meta) + body[stop:]


def _associations(ipma: bytes, item: int, without: set[int], added: range) -> bytes:
    """Change which properties an item has (ISO/IEC 23008-12, 9.3.1); the new ones are essential."""
    assert ipma[:4] == bytes(4), "a version or flags that no file of ours has"
    (count,) = struct.unpack_from(">I", ipma, 4)
    result, at = ipma[:8], 8
    for _ in range(count):
        (number, many) = struct.unpack_from(">HB", ipma, at)
        held = list(ipma[at + 3 : at + 3 + many])
        if number == item:
            held = [each for each in held if each & 127 not in without]
            held += [128 | each for each in added]
        result += struct.pack(">HB", number, len(held)) + bytes(held)
        at += 3 + many
    return result


def _moved(iloc: bytes, beyond: int, shift: int) -> bytes:
    """Correct offsets of data that follows the boxes (ISO/IEC 14496-12, 8.11.3)."""
    version, body = iloc[0], bytearray(iloc)
    sizes, count = struct.unpack_from(">HH", body, 4)
    offset_size, length_size, base_size, index_size = (sizes >> s & 15 for s in (12, 8, 4, 0))
    assert (offset_size, base_size in (0, 4), index_size, version < 2) == (4, True, 0, True)
    at = 8
    for _ in range(count):
        in_file = version == 0 or body[at + 3] & 15 == 0
        at += 4 if version == 0 else 6
        base_at, at = at, at + base_size
        base = int.from_bytes(body[base_at:at], "big")
        (extents,) = struct.unpack_from(">H", body, at)
        at += 2
        for _ in range(extents):
            (offset,) = struct.unpack_from(">I", body, at)
            if in_file and not base and offset >= beyond:
                struct.pack_into(">I", body, at, offset + shift)
            at += 4 + length_size
        if in_file and base >= beyond:
            struct.pack_into(">I", body, base_at, base + shift)
    return bytes(body)
