"""Picture files drawn byte by byte, in the kinds that Pillow reads but does not write."""

import struct
import zlib
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from PIL import Image

from tests.support.pictures import encoded

# Samples a pixel, by PNG's colour type (PNG specification, third edition, table 8).
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}

# Where each pass of Adam7 begins and how far it steps: column, row, across, down (section 8.2).
_ADAM7 = (
    (0, 0, 8, 8),
    (4, 0, 8, 8),
    (0, 4, 4, 8),
    (2, 0, 4, 4),
    (0, 2, 2, 4),
    (1, 0, 2, 2),
    (0, 1, 1, 2),
)

Samples = npt.NDArray[np.int_]


def png(
    samples: npt.ArrayLike,
    colour: int,
    bits: int,
    *,
    palette: bytes = b"",
    clear: bytes = b"",
    interlaced: bool = False,
) -> bytes:
    """Write a PNG of samples as they are to be stored; `clear` is the content of tRNS."""
    pixels = np.asarray(samples, dtype=np.int_)
    height, width = pixels.shape[:2]
    pixels = pixels.reshape(height, width, _CHANNELS[colour])
    passes = _ADAM7 if interlaced else ((0, 0, 1, 1),)
    body = b"".join(
        _filtered(pixels[row::down, column::across], bits) for column, row, across, down in passes
    )
    head = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, int(interlaced))
    chunks = [(b"IHDR", head)]
    chunks += [(b"PLTE", palette)] if palette else []
    chunks += [(b"tRNS", clear)] if clear else []
    chunks += [(b"IDAT", zlib.compress(body)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )


def _filtered(pixels: Samples, bits: int) -> bytes:
    """Pack rows of samples, each behind the number of its filter: none, and the one above."""
    if 0 in pixels.shape:
        return b""
    rows = [packed(row, bits) for row in pixels.reshape(len(pixels), -1)]
    body = b""
    above = bytes(len(rows[0]))
    for row in rows:
        body += b"\x02" + bytes((a - b) % 256 for a, b in zip(row, above, strict=True))
        above = row
    return body


def packed(row: Samples, bits: int) -> bytes:
    """Pack samples of 1, 2, 4, 8 or 16 bits, the first in the highest bits of a byte."""
    if bits == 16:
        return row.astype(">u2").tobytes()
    if bits == 8:
        return row.astype(np.uint8).tobytes()
    lots = 8 // bits
    padded = np.pad(row, (0, -len(row) % lots)).reshape(-1, lots)
    shifts = np.arange(8 - bits, -1, -bits)
    return bytes((padded << shifts).sum(axis=1).tolist())


def bmp(rows: list[bytes], width: int, bits: int, *, compression: int = 0, **extra: bytes) -> bytes:
    """Write a BMP (BITMAPINFOHEADER) of packed rows, the lowest first; they are padded here.

    `masks` and `palette` follow the header. A negative height, told by `top`, turns the rows round.
    """
    tables = extra.get("masks", b"") + extra.get("palette", b"")
    body = b"".join(row + bytes(-len(row) % 4) for row in rows) if compression != 1 else rows[0]
    height = -len(rows) if "top" in extra else int.from_bytes(extra.get("height", b""), "little")
    head = struct.pack(
        "<IiiHHIIiiII",
        40,
        width,
        height or len(rows),
        1,
        bits,
        compression,
        len(body),
        0,
        0,
        len(extra.get("palette", b"")) // 4,
        0,
    )
    start = 14 + len(head) + len(tables)
    return struct.pack("<2sIHHI", b"BM", start + len(body), 0, 0, start) + head + tables + body


def run_lengths(pixels: npt.NDArray[np.uint8]) -> bytes:
    """Pack rows of a palette picture as BI_RLE8, the lowest first."""
    return b"".join(b"".join(_runs(row)) + b"\0\0" for row in pixels[::-1]) + b"\0\1"


def _runs(row: npt.NDArray[np.uint8]) -> Iterator[bytes]:
    at = 0
    while at < len(row):
        same = at
        while same < len(row) and same - at < 255 and row[same] == row[at]:
            same += 1
        yield bytes((same - at, int(row[at])))
        at = same


def cmyk_jpeg(image: Image.Image, transform: int) -> bytes:
    """Encode ink as Photoshop does, inverted: as CMYK (0), or as YCCK (2), T.872 section 6.5.3."""
    cyan, magenta, yellow, black = image.split()
    if transform == 2:
        ycc = Image.merge("RGB", (cyan, magenta, yellow)).convert("YCbCr")
        # Pillow inverts what it writes, here the three that are none.
        cyan, magenta, yellow = (band.point(lambda value: 255 - value) for band in ycc.split())
    stored = Image.merge("CMYK", (cyan, magenta, yellow, black))
    body = bytearray(encoded(stored, "JPEG", quality=98, subsampling=0))
    body[body.index(b"Adobe") + 11] = transform
    return bytes(body)


def moved_tag(body: bytes, old: int, new: int) -> bytes:
    """Rename a tag of EXIF within a finished file: what encoders take out can be put in again."""
    for order in ("<", ">"):
        before = struct.pack(order + "HH", old, 3)
        if before in body:
            return body.replace(before, struct.pack(order + "HH", new, 3))
    raise ValueError(f"there is no tag {old}")
