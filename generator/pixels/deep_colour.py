"""Colour at full depth: 16-bit values through LittleCMS, which Pillow lends for eight bits only.

Imported only when a picture needs it, for what it needs takes long to import.
"""

from functools import lru_cache
from typing import Any, Literal, overload

import imagecodecs
import numpy as np
import numpy.typing as npt
from PIL import ImageCms

from generator.containers import icc
from generator.pixels.colour import Gamut, changes_nothing, is_usable, profile_of

Values = npt.NDArray[np.uint16]
Floats = npt.NDArray[np.float32]

_NAMES = {b"GRAY": "gray", b"RGB ": "rgb", b"CMYK": "cmyk", b"Lab ": "lab"}

# LittleCMS would put a coarse table in the place of exact curves: up to 23 of 255 wrong.
_EXACT = int(imagecodecs.CMS.FLAGS.NOOPTIMIZE)


def converted_deep(values: Values, space: str, profile: bytes, gamut: Gamut) -> Values:
    """Convert 16-bit values (height, width, channels) to a gamut, at that depth.

    `space` is `L`, `RGB`, `CMYK` or `LAB` (its encoding is that of ICC profiles, version 4).
    Greys stay one channel.
    """
    values, source = _described(values, space, profile)
    gamut = "srgb" if space == "L" else gamut
    if source == profile_of(gamut):
        mapped = values
    else:
        mapped = _through(values, source, profile_of(gamut), "uint16")
    return mapped[..., -1:] if space == "L" else mapped


def linear_light(values: Values, space: str, profile: bytes, gamut: Gamut) -> Floats:
    """Convert 16-bit values to the linear light of a gamut: 0 to 1, and what lies beyond it.

    Nothing is cut off: colours out of a gamut may average to one that is in it.
    """
    values, source = _described(values, space, profile)
    gamut = "srgb" if space == "L" else gamut
    if icc.colour_space(source) == b"RGB " and changes_nothing(source, gamut):
        light = light_table()[values]
    else:
        light = _through(values, source, _linear_profile(gamut), "float32")
    return light[..., -1:] if space == "L" else light


def _described(values: Values, space: str, profile: bytes) -> tuple[Values, bytes]:
    """Return values and the profile that describes them, which is never empty."""
    if profile and is_usable(profile, space):
        from_colours = space == "L" and icc.colour_space(profile) == b"RGB "
        return (np.repeat(values, 3, axis=2) if from_colours else values), profile
    if space == "LAB":
        return values, _lab_profile()
    if space == "CMYK":
        left = 65535 - values.astype(np.float32)
        values = (left[..., :3] * left[..., 3:] / 65535 + 0.5).astype(np.uint16)
    return values, profile_of("srgb")


@lru_cache(maxsize=1)
def _lab_profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()


@lru_cache(maxsize=2)
def _linear_profile(gamut: Gamut) -> bytes:
    return icc.matrix_profile(icc.PRIMARIES[icc.P3 if gamut == "p3" else icc.BT709], (1.0,))


@lru_cache(maxsize=1)
def light_table() -> Floats:
    """Return the light of every 16-bit value of sRGB's curve (IEC 61966-2-1)."""
    x = np.linspace(0, 1, 65536)
    light = np.where(x <= 0.04045, x / 12.92, ((x + 0.055) / 1.055) ** 2.4)
    return light.astype(np.float32)


def encoded(light: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.floating[Any]]:
    """Encode light of 0 to 1 with sRGB's curve, as real numbers of 0 to 1."""
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


@overload
def _through(values: Values, source: bytes, target: bytes, kind: Literal["uint16"]) -> Values: ...


@overload
def _through(values: Values, source: bytes, target: bytes, kind: Literal["float32"]) -> Floats: ...


def _through(
    values: Values, source: bytes, target: bytes, kind: Literal["uint16", "float32"]
) -> Values | Floats:
    """Convert 16-bit values from one profile to another, to RGB as whole or as real numbers."""
    space = _NAMES[icc.colour_space(source)]
    mapped: Values | Floats = imagecodecs.cms_transform(
        values[..., 0] if space == "gray" else values,
        source,
        target,
        colorspace=space,
        outcolorspace="rgb",
        outdtype=kind,
        intent=int(ImageCms.Intent.PERCEPTUAL),
        flags=_EXACT,
    )
    return mapped


def reach(profile: bytes) -> tuple[float, float]:
    """Return the least and the largest value that full primaries and secondaries have in sRGB."""
    inks = [(1, 0, 0), (1, 1, 0), (0, 1, 0), (0, 1, 1), (0, 0, 1), (1, 0, 1)]
    if icc.colour_space(profile) == b"CMYK":
        inks = [(*each, 0) for each in inks]  # type: ignore[misc]
    corners = np.array([inks], np.uint16) * np.uint16(65535)
    seen = _through(corners, profile, profile_of("srgb"), "float32")
    return float(seen.min()), float(seen.max())
