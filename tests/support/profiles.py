"""ICC profiles written from their numbers (ICC.1:2001-04, ICC.1:2022): none is anybody's file.

Of RGB spaces by their primaries and curve, of grey, and of devices that only a table describes.
"""

import struct
from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt
from msgspec import Struct

Floats = npt.NDArray[np.float64]

# White of the profile connection space, as profiles write it (ICC.1:2022, 7.2.16).
D50 = np.array([0.9642, 1.0, 0.8249])

# Parameters of a curve of type 3: x < d ? c*x : (a*x + b)**g (ICC.1:2022, table 68).
_SRGB_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
_REC709_CURVE = (1 / 0.45, 1 / 1.0993, 0.0993 / 1.0993, 1 / 4.5, 0.0812)


class Space(Struct, frozen=True):
    """An RGB space: chromaticities of white, red, green and blue; a gamma, or a curve of type 3."""

    name: str
    white: tuple[float, float]
    red: tuple[float, float]
    green: tuple[float, float]
    blue: tuple[float, float]
    curve: tuple[float, ...]


_D65 = (0.3127, 0.3290)
_REC709 = ((0.640, 0.330), (0.300, 0.600), (0.150, 0.060))
_REC2020_PRIMARIES = ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046))

# IEC 61966-2-1; SMPTE EG 432-1 with sRGB's curve; Adobe RGB (1998); ROMM RGB without the toe that
# nobody's profile has; ITU-R BT.2020.
SRGB = Space("sRGB", _D65, *_REC709, _SRGB_CURVE)
DISPLAY_P3 = Space("Display P3", _D65, (0.680, 0.320), (0.265, 0.690), (0.150, 0.060), _SRGB_CURVE)
ADOBE_RGB = Space("Adobe RGB", _D65, (0.64, 0.33), (0.21, 0.71), (0.15, 0.06), (563 / 256,))
PROPHOTO = Space(
    "ProPhoto",
    (0.3457, 0.3585),
    (0.734699, 0.265301),
    (0.159597, 0.840403),
    (0.036598, 0.000105),
    (1.8,),
)
REC2020 = Space("Rec. 2020", _D65, *_REC2020_PRIMARIES, _REC709_CURVE)
REC2020_SRGB = Space("Rec. 2020, sRGB curve", _D65, *_REC2020_PRIMARIES, _SRGB_CURVE)
LINEAR_SRGB = Space("linear sRGB", _D65, *_REC709, (1.0,))
GAMMA22_SRGB = Space("sRGB, gamma 2.2", _D65, *_REC709, (2.2,))


def _xyz(chromaticity: tuple[float, float]) -> Floats:
    x, y = chromaticity
    return np.array([x / y, 1.0, (1 - x - y) / y])


# Lab of version 2 in 16 bits: 100 is FF00, and a and b of 0 are 8000 (ICC.1:2022, table 12).
_LAB_ZERO = np.array([0.0, 128.0, 128.0])
_LAB_SCALE = np.array([652.8, 256.0, 256.0])

# The cone responses of Bradford, by which whites are adapted (ICC.1:2022, annex E).
_BRADFORD = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)


def _adaptation(white: Floats) -> Floats:
    """Return the matrix that takes XYZ under a white to XYZ under D50."""
    scale = np.diag((_BRADFORD @ D50) / (_BRADFORD @ white))
    adapted: Floats = np.linalg.inv(_BRADFORD) @ scale @ _BRADFORD
    return adapted


def to_xyz(space: Space) -> Floats:
    """Return the matrix that takes linear RGB to XYZ under D50."""
    white = _xyz(space.white)
    primaries = np.stack([_xyz(each) for each in (space.red, space.green, space.blue)], axis=1)
    amounts = np.linalg.solve(primaries, white)
    matrix: Floats = _adaptation(white) @ primaries @ np.diag(amounts)
    return matrix


def linear(space: Space, values: Floats) -> Floats:
    """Return the light of encoded values; what is outside of 0 to 1 is mirrored, not cut off."""
    size = np.abs(values)
    if len(space.curve) == 1:
        return np.sign(values) * size ** space.curve[0]
    g, a, b, c, d = space.curve
    return np.sign(values) * np.where(size < d, c * size, (a * size + b) ** g)


def encoded(space: Space, light: Floats) -> Floats:
    """Return the encoded values of light: the way back of `linear`."""
    size = np.abs(light)
    if len(space.curve) == 1:
        return np.sign(light) * size ** (1 / space.curve[0])
    g, a, b, c, d = space.curve
    return np.sign(light) * np.where(size < c * d, size / c, (size ** (1 / g) - b) / a)


def rgb_profile(space: Space, version: int = 4) -> bytes:
    """Write the profile of an RGB space: three primaries and a curve, as ICC version 2 or 4."""
    columns = to_xyz(space).T
    curve = _curve(space.curve, version)
    tags = {b"wtpt": _xyz_tag(D50 if version == 4 else _xyz(space.white))}
    if version == 4:
        adaptation = _adaptation(_xyz(space.white))
        tags[b"chad"] = b"sf32\0\0\0\0" + b"".join(map(_s15, adaptation.ravel()))
    for name, column in zip((b"r", b"g", b"b"), columns, strict=True):
        tags[name + b"XYZ"] = _xyz_tag(column)
        tags[name + b"TRC"] = curve
    return _profile(space.name, b"mntr", b"RGB ", b"XYZ ", version, tags)


def grey_profile(*curve: float, version: int = 2) -> bytes:
    """Write the profile of a grey scale with a gamma, or a curve of type 3."""
    tags = {b"wtpt": _xyz_tag(D50), b"kTRC": _curve(curve, version)}
    return _profile("Grey", b"mntr", b"GRAY", b"XYZ ", version, tags)


_YELLOWISH = np.array([-2.0, 0.0, 8.0])


def cmyk_profile(grid: int = 9) -> bytes:
    """Write the profile of a press: tables from CMYK to Lab.

    The perceptual table and the colorimetric one differ: its paper is yellowish.
    """
    tags = {
        b"wtpt": _xyz_tag(D50),
        b"A2B0": _table(4, grid, press),
        b"A2B1": _table(4, grid, lambda inks: press(inks) + _YELLOWISH * _paper(inks)),
    }
    return _profile("Press", b"prtr", b"CMYK", b"Lab ", 2, tags)


def press(inks: Floats) -> Floats:
    """Return the Lab of shares of cyan, magenta, yellow and black, each 0 to 1.

    Each ink is a filter: light passes it as often as it passes the next (Beer and Lambert).
    """
    density = np.array([[1.7, 0.32, 0.12], [0.14, 1.5, 0.4], [0.02, 0.1, 1.5], [1.6, 1.6, 1.6]])
    light: Floats = np.power(10.0, -(inks @ density))
    # Four full inks are black, as a press that black is measured on.
    floor: Floats = np.power(10.0, -density.sum(axis=0))
    passed = np.asarray((light - floor) / (1 - floor))
    return xyz_to_lab(passed @ to_xyz(SRGB).T)


def _paper(inks: Floats) -> Floats:
    bare: Floats = np.prod(1 - inks, axis=-1, keepdims=True)
    return bare


def rgb_table_profile(grid: int = 17) -> bytes:
    """Write the profile of a scanner: a table from RGB to Lab that no primaries describe."""
    tags = {b"wtpt": _xyz_tag(D50), b"A2B0": _table(3, grid, scanner)}
    return _profile("Scanner", b"scnr", b"RGB ", b"Lab ", 2, tags)


def scanner(values: Floats) -> Floats:
    """Return the Lab of a scanner's values, whose channels see some of each other's light."""
    seen = np.array([[0.84, 0.12, 0.04], [0.1, 0.82, 0.08], [0.02, 0.14, 0.84]])
    return xyz_to_lab((values**2.0) @ seen.T @ to_xyz(ADOBE_RGB).T)


def xyz_to_lab(xyz: Floats) -> Floats:
    """Return the CIE L*a*b* of XYZ under D50, Y of white being 1 (CIE 15:2004, 8.2.1)."""
    ratio = xyz / D50
    root = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio / (3 * (6 / 29) ** 2) + 4 / 29)
    x, y, z = np.moveaxis(root, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def _table(channels: int, grid: int, colour: Callable[[Floats], Floats]) -> bytes:
    """Write a table from a device to Lab as lut16Type, its first channel slowest (7, 10.10)."""
    steps = np.linspace(0, 1, grid)
    nodes = np.stack(np.meshgrid(*[steps] * channels, indexing="ij"), axis=-1)
    lab = colour(nodes.reshape(-1, channels))
    stored = np.rint((lab + _LAB_ZERO) * _LAB_SCALE).clip(0, 65535).astype(">u2").tobytes()
    unity = struct.pack(">9i", *(65536 * (at % 4 == 0) for at in range(9)))
    head = struct.pack(">4s4x4B", b"mft2", channels, 3, grid, 0) + unity + struct.pack(">2H", 2, 2)
    return head + b"\0\0\xff\xff" * channels + bytes(stored) + b"\0\0\xff\xff" * 3


def _curve(curve: tuple[float, ...], version: int) -> bytes:
    """Write a curve: as parameters in version 4; as one gamma or 1024 values in version 2."""
    if version == 4:
        kind = {1: 0, 5: 3}[len(curve)]
        return b"para\0\0\0\0" + struct.pack(">H2x", kind) + b"".join(map(_s15, curve))
    if len(curve) == 1:
        return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(curve[0] * 256))
    space = Space("", (0, 0), (0, 0), (0, 0), (0, 0), curve)
    samples = np.rint(linear(space, np.linspace(0, 1, 1024)) * 65535).astype(">u2")
    return b"curv\0\0\0\0" + struct.pack(">I", samples.size) + samples.tobytes()


def _s15(value: float) -> bytes:
    return struct.pack(">i", round(float(value) * 65536))


def _xyz_tag(xyz: Floats) -> bytes:
    return b"XYZ \0\0\0\0" + b"".join(map(_s15, xyz))


def _words(text: str, version: int) -> bytes:
    """Write a text as multiLocalizedUnicodeType, or as textDescriptionType of version 2."""
    if version == 4:
        wide = text.encode("utf-16-be")
        return b"mluc\0\0\0\0" + struct.pack(">II4sII", 1, 12, b"enUS", len(wide), 28) + wide
    return b"desc\0\0\0\0" + struct.pack(">I", len(text) + 1) + text.encode() + bytes(1 + 78)


def _profile(
    name: str, kind: bytes, space: bytes, pcs: bytes, version: int, tags: Mapping[bytes, bytes]
) -> bytes:
    """Put tags together to a profile (ICC.1:2022, 7.2 and 7.3); equal tags are stored once."""
    copying = "nobody's" if version == 4 else ""
    rights = _words(copying, 4) if version == 4 else b"text\0\0\0\0nobody's\0"
    every = {b"desc": _words(name, version), b"cprt": rights, **tags}
    places: dict[bytes, int] = {}
    body = b""
    start = 128 + 4 + 12 * len(every)
    table = struct.pack(">I", len(every))
    for signature, data in every.items():
        if data not in places:
            places[data] = start + len(body)
            body += data + bytes(-len(data) % 4)
        table += struct.pack(">4sII", signature, places[data], len(data))
    head = struct.pack(
        ">I4xI4s4s4s6H4s24xI12s",
        start + len(body),
        0x04400000 if version == 4 else 0x02400000,
        kind,
        space,
        pcs,
        *(2000, 1, 1, 0, 0, 0),
        b"acsp",
        0,
        b"".join(map(_s15, D50)),
    )
    return head.ljust(128, b"\0") + table + body
