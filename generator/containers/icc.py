"""ICC profiles made of numbers: primaries, a white and a curve, in a few hundred bytes.

Layout and tags as in ICC.1:2022 (profile version 4.4), sections 7 to 10; numbers of colour
primaries and transfer characteristics as in ITU-T H.273, tables 2 and 3.
"""

import struct
from collections.abc import Sequence
from functools import cache

from msgspec import Struct

Chromaticity = tuple[float, float]
Triple = tuple[float, float, float]
Matrix = tuple[Triple, Triple, Triple]

_D65 = (0.3127, 0.3290)
_C = (0.310, 0.316)
_D50_XYZ = (0.9642, 1.0, 0.8249)

PQ, HLG = 16, 18
SRGB_TRANSFER = 13
BT709, BT2020, P3 = 1, 9, 12


class Primaries(Struct, frozen=True):
    """The chromaticities of red, green, blue and white."""

    red: Chromaticity
    green: Chromaticity
    blue: Chromaticity
    white: Chromaticity = _D65


PRIMARIES = {
    BT709: Primaries((0.640, 0.330), (0.300, 0.600), (0.150, 0.060)),
    4: Primaries((0.67, 0.33), (0.21, 0.71), (0.14, 0.08), _C),
    5: Primaries((0.64, 0.33), (0.29, 0.60), (0.15, 0.06)),
    6: Primaries((0.630, 0.340), (0.310, 0.595), (0.155, 0.070)),
    7: Primaries((0.630, 0.340), (0.310, 0.595), (0.155, 0.070)),
    8: Primaries((0.681, 0.319), (0.243, 0.692), (0.145, 0.049), _C),
    BT2020: Primaries((0.708, 0.292), (0.170, 0.797), (0.131, 0.046)),
    11: Primaries((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), (0.314, 0.351)),
    P3: Primaries((0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),
    22: Primaries((0.630, 0.340), (0.295, 0.605), (0.155, 0.077)),
}

# Parametric curves, ICC.1:2022 section 10.18: the exponent alone, or (g, a, b, c, d) of
# Y = (aX + b)^g from d on, Y = cX below. Film and television encode light by the same law.
SRGB_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
_BT709_CURVE = (1 / 0.45, 1 / 1.099, 0.099 / 1.099, 1 / 4.5, 0.081)
_SMPTE240_CURVE = (1 / 0.45, 1 / 1.1115, 0.1115 / 1.1115, 1 / 4.0, 0.0912)
_CURVES: dict[int, tuple[float, ...]] = {
    **dict.fromkeys((1, 6, 11, 14, 15), _BT709_CURVE),
    4: (2.2,),
    5: (2.8,),
    7: _SMPTE240_CURVE,
    8: (1.0,),
    17: (2.6,),
}


@cache
def coded_profile(primaries: int, transfer: int) -> bytes:
    """Return a profile for code points of H.273; those unknown or unspecified count as sRGB's.

    PQ and HLG have no place in a profile of this kind: their curve is sRGB's, too.
    """
    known = PRIMARIES.get(primaries, PRIMARIES[BT709])
    return matrix_profile(known, _CURVES.get(transfer, SRGB_CURVE))


def is_srgb(primaries: int, transfer: int) -> bool:
    """Tell whether code points of H.273 mean sRGB; BT.709's curve is shown as if it were sRGB's."""
    of_srgb = PRIMARIES.get(primaries, PRIMARIES[BT709]) == PRIMARIES[BT709]
    return of_srgb and _CURVES.get(transfer, _BT709_CURVE) == _BT709_CURVE


@cache
def matrix_profile(primaries: Primaries, curve: tuple[float, ...] = SRGB_CURVE) -> bytes:
    """Return a display profile of these primaries and curve.

    ValueError if the primaries span no colours.
    """
    colorants = _transposed(_colorants(primaries))
    trc = _curve_tag(curve)
    tags = {
        b"desc": _text_tag("Display P3" if primaries == PRIMARIES[P3] else "RGB"),
        b"cprt": _text_tag("CC0"),
        b"wtpt": _xyz_tag(_D50_XYZ),
        b"chad": _numbers_tag(b"sf32", [n for row in _adaptation(primaries.white) for n in row]),
        b"rXYZ": _xyz_tag(colorants[0]),
        b"gXYZ": _xyz_tag(colorants[1]),
        b"bXYZ": _xyz_tag(colorants[2]),
        b"rTRC": trc,
        b"gTRC": trc,
        b"bTRC": trc,
    }
    return _assembled(tags)


@cache
def luminances(primaries: int) -> Triple:
    """Return how much red, green and blue add to the luminance of white."""
    known = PRIMARIES.get(primaries, PRIMARIES[BT709])
    columns = tuple(_xyz(each) for each in (known.red, known.green, known.blue))
    return _times(_inverse(_transposed(columns)), _xyz(known.white))  # type: ignore[arg-type]


def is_beyond_srgb(columns: Sequence[Sequence[float]]) -> bool:
    """Tell whether the colours of a screen, told by its primaries' XYZ under D50, leave sRGB.

    By 1.5 % of light, as for any profile: more than by which those differ that mean sRGB.
    """
    to_srgb = _inverse(_colorants(PRIMARIES[BT709]))
    red, green, blue = (_times(to_srgb, (x, y, z)) for x, y, z in columns)
    seen = [
        tuple(map(sum, zip(*mixed, strict=True)))
        for mixed in ((red,), (red, green), (green,), (green, blue), (blue,), (blue, red))
    ]
    return any(not -0.0155 <= light <= 1.5 for each in seen for light in each)


def colour_space(profile: bytes) -> bytes:
    """Return the four letters of the colour space a profile is for, such as `RGB `."""
    return profile[16:20]


def coded_transfer(profile: bytes) -> tuple[int, int] | None:
    """Return the primaries and transfer of a profile's `cicp` tag; None if it has none."""
    count = int.from_bytes(profile[128:132], "big")
    for at in range(132, min(132 + 12 * count, len(profile) - 11), 12):
        if profile[at : at + 4] == b"cicp":
            start = int.from_bytes(profile[at + 4 : at + 8], "big")
            tag = profile[start : start + 12]
            return (tag[8], tag[9]) if len(tag) == 12 else None
    return None


def _colorants(primaries: Primaries) -> Matrix:
    """Return the matrix from linear RGB to XYZ under D50 (SMPTE RP 177-1993, Bradford)."""
    columns = tuple(_xyz(each) for each in (primaries.red, primaries.green, primaries.blue))
    matrix = _transposed(columns)  # type: ignore[arg-type]
    red, green, blue = _times(_inverse(matrix), _xyz(primaries.white))
    scaled: Matrix = tuple((x * red, y * green, z * blue) for x, y, z in matrix)  # type: ignore[assignment]
    return _product(_adaptation(primaries.white), scaled)


def _adaptation(white: Chromaticity) -> Matrix:
    """Return the linear Bradford matrix from a white to D50 (ICC.1:2022, annex E)."""
    bradford: Matrix = (
        (0.8951, 0.2664, -0.1614),
        (-0.7502, 1.7135, 0.0367),
        (0.0389, -0.0685, 1.0296),
    )
    before, after = _times(bradford, _xyz(white)), _times(bradford, _D50_XYZ)
    scaled: Matrix = tuple(  # type: ignore[assignment]
        tuple(n * to / of for n in row) for row, to, of in zip(bradford, after, before, strict=True)
    )
    return _product(_inverse(bradford), scaled)


def _xyz(point: Chromaticity) -> Triple:
    x, y = point
    if y <= 0:
        raise ValueError("a colour without luminance")
    return x / y, 1.0, (1 - x - y) / y


def _transposed(matrix: Matrix) -> Matrix:
    return tuple(zip(*matrix, strict=True))  # type: ignore[return-value]


def _times(matrix: Matrix, vector: Triple) -> Triple:
    return tuple(  # type: ignore[return-value]
        sum(a * b for a, b in zip(row, vector, strict=True)) for row in matrix
    )


def _product(one: Matrix, other: Matrix) -> Matrix:
    return _transposed(tuple(_times(one, column) for column in _transposed(other)))  # type: ignore[arg-type]


def _inverse(matrix: Matrix) -> Matrix:
    (a, b, c), (d, e, f), (g, h, i) = matrix
    determinant = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)
    if abs(determinant) < 1e-9:
        raise ValueError("the primaries lie on a line")
    cofactors: Matrix = (
        (e * i - f * h, c * h - b * i, b * f - c * e),
        (f * g - d * i, a * i - c * g, c * d - a * f),
        (d * h - e * g, b * g - a * h, a * e - b * d),
    )
    return tuple(tuple(n / determinant for n in row) for row in cofactors)  # type: ignore[return-value]


def _assembled(tags: dict[bytes, bytes]) -> bytes:
    """Put header, table and tags together; equal tags are stored once."""
    table, data = b"", b""
    start = 128 + 4 + 12 * len(tags)
    places: dict[bytes, int] = {}
    for name, body in tags.items():
        if body not in places:
            places[body] = start + len(data)
            data += body + b"\0" * (-len(body) % 4)
        table += name + struct.pack(">II", places[body], len(body))
    header = struct.pack(
        ">I4sI4s4s4s12s4s4s24s12s48s",
        start + len(data),
        *(b"", 0x04400000, b"mntr", b"RGB ", b"XYZ "),
        # A fixed date: the same numbers shall give the same bytes on any day.
        *(struct.pack(">6H", 2026, 1, 1, 0, 0, 0), b"acsp", b"", b""),
        *(struct.pack(">3i", *map(_s15_fixed_16, _D50_XYZ)), b""),
    )
    return header + struct.pack(">I", len(tags)) + table + data


def _s15_fixed_16(number: float) -> int:
    return round(number * 65536)


def _numbers_tag(kind: bytes, numbers: Sequence[float]) -> bytes:
    return struct.pack(f">4s4x{len(numbers)}i", kind, *map(_s15_fixed_16, numbers))


def _xyz_tag(xyz: Triple) -> bytes:
    return _numbers_tag(b"XYZ ", xyz)


def _curve_tag(curve: tuple[float, ...]) -> bytes:
    kind = 0 if len(curve) == 1 else 3
    return struct.pack(f">4s4xH2x{len(curve)}i", b"para", kind, *map(_s15_fixed_16, curve))


def _text_tag(text: str) -> bytes:
    body = text.encode("utf-16-be")
    return struct.pack(">4s4xII4sII", b"mluc", 1, 12, b"enUS", len(body), 28) + body
