"""TIFFs drawn for tests, byte by byte: of every kind, and camera raw files among them."""

import struct
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

# From XYZ under D65 to linear sRGB (IEC 61966-2-1): the camera of these files sees as sRGB does.
_XYZ_TO_RGB = (
    (3.2404542, -1.5371385, -0.4985314),
    (-0.9692660, 1.8760108, 0.0415560),
    (0.0556434, -0.2040259, 1.0572252),
)
WHITE_LEVEL = 4095

Value = bytes | str | Sequence[int] | Sequence[tuple[int, int]] | Sequence[bytes]


def mosaic(
    linear: npt.NDArray[np.float64], neutral: Sequence[float] = (1, 1, 1)
) -> npt.NDArray[np.uint16]:
    """Sample a linear picture (0 to 1) through red, green, green, blue filters.

    `neutral` is how strongly each filter answers to white.
    """
    seen = linear * neutral
    cells = seen[..., 1].copy()
    cells[0::2, 0::2] = seen[0::2, 0::2, 0]
    cells[1::2, 1::2] = seen[1::2, 1::2, 2]
    return np.round(cells * WHITE_LEVEL).astype(np.uint16)


def dng(
    linear: npt.NDArray[np.float64],
    *,
    neutral: Sequence[float] = (1, 1, 1),
    orientation: int = 1,
    tags: Mapping[int, Value] | None = None,
    exif: Mapping[int, Value] | None = None,
    thumbnail: bool = False,
    order: str = "<",
) -> bytes:
    """Write an uncompressed DNG (Digital Negative specification 1.4) of a linear picture.

    `tags` go into its first directory, `exif` into the Exif directory. With a thumbnail, the
    first directory holds that, as in the files of most cameras, and a sub-directory the picture.
    """
    height, width = linear.shape[:2]
    cells = mosaic(linear, neutral).astype(f"{order}u2").tobytes()
    picture: dict[int, Value] = {
        256: (width,),
        257: (height,),
        258: (16,),
        259: (1,),
        262: (32803,),
        273: cells,
        277: (1,),
        278: (height,),
        279: (len(cells),),
        33421: (2, 2),
        33422: bytes((0, 1, 1, 2)),
        50717: (WHITE_LEVEL,),
    }
    main: dict[int, Value] = {
        271: "Drawn",
        272: "Camera of tests",
        274: (orientation,),
        50706: bytes((1, 4, 0, 0)),
        50708: "Camera of tests",
        50721: [_rational(value) for row in _XYZ_TO_RGB for value in row],
        50728: [_rational(value) for value in neutral],
        50778: (21,),
        **(tags or {}),
    }
    if not thumbnail:
        return tiff([picture | main], order, exif=exif)
    small = bytes(16 * 12 * 3)
    main |= {
        254: (1,),
        256: (16,),
        257: (12,),
        258: (8, 8, 8),
        259: (1,),
        262: (2,),
        273: small,
        277: (3,),
        278: (12,),
        279: (len(small),),
    }
    return tiff([main], order, exif=exif, inside=picture)


def _rational(value: float) -> tuple[int, int]:
    return round(value * 10_000_000), 10_000_000


# How the tags above are typed, where the value alone does not tell (TIFF 6.0, section 2).
_LONGS = {254, 256, 257, 273, 278, 279, 324, 325, 330, 34665, 50717}
_SIGNED = {50721}
_DATA = {273, 324}


def tiff(
    directories: Sequence[Mapping[int, Value]],
    order: str = "<",
    *,
    exif: Mapping[int, Value] | None = None,
    inside: Mapping[int, Value] | None = None,
) -> bytes:
    """Write a TIFF of these directories; `inside` becomes a sub-directory of the first.

    Of a tag that says where pixels lie, the value is the pixels, or a list of parts of them.
    """
    first = dict(directories[0])
    file = _Tiff(order)
    if exif is not None:
        first[34665] = (file.directory(exif),)
    if inside is not None:
        first[330] = (file.directory(inside),)
    link = 4
    for tags in (first, *directories[1:]):
        at = file.directory(tags)
        file.point(link, at)
        link = at + 2 + 12 * len(tags)
    return file.finished()


class _Tiff:
    """A TIFF that is being written."""

    def __init__(self, order: str) -> None:
        self._order = order
        self._body = bytearray((b"II*\0" if order == "<" else b"MM\0*") + bytes(4))
        self._pixels: list[tuple[int, bytes]] = []

    def point(self, where: int, at: int) -> None:
        """Write an address somewhere."""
        struct.pack_into(self._order + "I", self._body, where, at)

    def directory(self, tags: Mapping[int, Value]) -> int:
        """Write a directory and what its tags hold, but for pixels; return where it lies."""
        pixels = {tag: _parts(value) for tag, value in tags.items() if tag in _DATA}
        entries = []
        for tag, value in sorted(tags.items()):
            plain = (0,) * len(pixels[tag]) if tag in pixels else value
            kind, count, data = _field(tag, plain, self._order)
            at = self._place(data) if len(data) > 4 else None
            entries.append((tag, kind, count, data, at))
        body = struct.pack(self._order + "H", len(entries))
        start = len(self._body) + len(self._body) % 2
        for index, (tag, kind, count, data, at) in enumerate(entries):
            where = start + 2 + 12 * index + 8 if at is None else at
            self._pixels += [
                (where + 4 * number, part) for number, part in enumerate(pixels.get(tag, ()))
            ]
            body += struct.pack(self._order + "HHI", tag, kind, count)
            body += data.ljust(4, b"\0") if at is None else struct.pack(self._order + "I", at)
        return self._place(body + bytes(4))

    def finished(self) -> bytes:
        """Write the pixels last, as cameras do: of a file cut short, these are what is missing."""
        for where, data in self._pixels:
            self.point(where, self._place(data))
        return bytes(self._body)

    def _place(self, data: bytes) -> int:
        self._body.extend(bytes(len(self._body) % 2))
        at = len(self._body)
        self._body.extend(data)
        return at


def _parts(value: Value) -> Sequence[bytes]:
    return [value] if isinstance(value, bytes) else [bytes(each) for each in value]  # type: ignore[arg-type]


def _field(tag: int, value: Any, order: str) -> tuple[int, int, bytes]:
    """Return the type, the count and the bytes of a value."""
    if isinstance(value, str):
        text = value.encode() + b"\0"
        return 2, len(text), text
    if isinstance(value, bytes):
        return 1, len(value), value
    if isinstance(value[0], tuple):
        letter, kind = ("i", 10) if tag in _SIGNED else ("I", 5)
        flat = [number for pair in value for number in pair]
        return kind, len(value), struct.pack(f"{order}{len(flat)}{letter}", *flat)
    letter, kind = ("I", 4) if tag in _LONGS else ("H", 3)
    return kind, len(value), struct.pack(f"{order}{len(value)}{letter}", *value)
