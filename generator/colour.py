"""Colour: from a source's profile to sRGB or Display P3, by LittleCMS, with perceptual intent.

A profile may be empty: the values are sRGB then, and those of CMYK are mixed as browsers mix
them, red being what cyan and black together let through.
"""

import io
from functools import lru_cache
from typing import Any, Literal, overload

import imagecodecs
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageCms

from generator import icc

Gamut = Literal["srgb", "p3"]
Values = npt.NDArray[np.uint16]
Floats = npt.NDArray[np.float32]

# What a profile must be for to describe pixels of a mode; a greyscale picture may carry the
# profile of the colour picture that it was made of.
_SPACES = {
    "L": (b"GRAY", b"RGB "),
    "RGB": (b"RGB ",),
    "CMYK": (b"CMYK",),
    "LAB": (b"Lab ",),
}
_NAMES = {b"GRAY": "gray", b"RGB ": "rgb", b"CMYK": "cmyk", b"Lab ": "lab"}

# A colour is beyond sRGB if it lies so far outside, in encoded values of 0 to 1: that is
# 1.5 % of its light, more than by which profiles differ that mean sRGB.
_BEYOND = 0.2

# LittleCMS would put a coarse table in the place of exact curves: up to 23 of 255 wrong.
_EXACT = int(imagecodecs.CMS.FLAGS.NOOPTIMIZE)


def profile_of(gamut: Gamut) -> bytes:
    """Return the profile of a gamut that we write."""
    return icc.coded_profile(icc.P3 if gamut == "p3" else icc.BT709, icc.SRGB_TRANSFER)


def embedded(gamut: Gamut) -> bytes:
    """Return the profile to embed in pictures of a gamut; none in sRGB, which all take for it."""
    return profile_of("p3") if gamut == "p3" else b""


@lru_cache(maxsize=64)
def is_usable(profile: bytes, mode: str) -> bool:
    """Tell whether a profile is whole and describes pixels of a mode: L, RGB, CMYK or LAB."""
    space = icc.colour_space(profile)
    if space not in _SPACES[mode]:
        return False
    sample = np.zeros((1, 1, len(_corners(space)[0])), np.uint16)
    try:
        _through(sample, profile, profile_of("srgb"), "uint16")
    except imagecodecs.CmsError:
        return False
    return True


@lru_cache(maxsize=64)
def is_wide(profile: bytes) -> bool:
    """Tell whether a usable profile reaches visibly beyond sRGB, by its most colourful corners."""
    space = icc.colour_space(profile)
    if space not in (b"RGB ", b"CMYK"):
        return space == b"Lab "
    corners = np.array([_corners(space)], np.uint16) * np.uint16(65535)
    seen = _through(corners, profile, profile_of("srgb"), "float32")
    return bool(seen.min() < -_BEYOND or seen.max() > 1 + _BEYOND)


def _corners(space: bytes) -> list[tuple[int, ...]]:
    """Return the full primaries and secondaries of a space, as zeros and ones."""
    if space == b"GRAY":
        return [(1,)]
    three = [(1, 0, 0), (1, 1, 0), (0, 1, 0), (0, 1, 1), (0, 0, 1), (1, 0, 1)]
    return [(*each, 0) for each in three] if space == b"CMYK" else list(three)


def converted(image: Image.Image, profile: bytes, gamut: Gamut) -> Image.Image:
    """Convert pixels of mode L, LA, RGB, RGBA, CMYK or LAB to a gamut: as L, RGB or RGBA.

    A profile that is not usable is passed over.
    """
    if image.mode in ("LA", "RGBA"):
        colour = converted(image.convert(image.mode[:-1]), profile, gamut).convert("RGB")
        colour.putalpha(image.getchannel("A"))
        return colour
    if image.mode == "L":
        return _converted_grey(image, profile)
    transform = _transform(profile, image.mode, gamut)
    if transform is not None:
        return transform.apply(image)
    return image if image.mode == "RGB" else image.convert("RGB")


def _converted_grey(image: Image.Image, profile: bytes) -> Image.Image:
    """Convert greys: they are the same in both gamuts, and stay greys."""
    if icc.colour_space(profile) == b"RGB ":
        return converted(image.convert("RGB"), profile, "srgb").getchannel("G")
    transform = _transform(profile, "L", "srgb")
    return transform.apply(image).getchannel("G") if transform else image


@lru_cache(maxsize=16)
def _transform(profile: bytes, mode: str, gamut: Gamut) -> ImageCms.ImageCmsTransform | None:
    """Build the transform to a gamut; None if the profile is unusable or changes nothing."""
    if mode == "LAB" and not profile:
        source = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
    elif not profile and mode == "RGB" and gamut == "p3":
        source = _opened(profile_of("srgb"))
    elif not profile or not is_usable(profile, mode):
        return None
    else:
        source = _opened(profile)
    # Between screens its curves are exact; of ink it makes a table, which shall be a fine one.
    transform = ImageCms.ImageCmsTransform(
        source,
        _opened(profile_of(gamut)),
        mode,
        "RGB",
        ImageCms.Intent.PERCEPTUAL,
        flags=ImageCms.Flags.HIGHRESPRECALC if mode == "CMYK" else ImageCms.Flags.NONE,
    )
    return None if _changes_nothing(transform) else transform


def _opened(profile: bytes) -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(io.BytesIO(profile))


def _changes_nothing(transform: ImageCms.ImageCmsTransform) -> bool:
    """Tell whether a transform leaves a sample of all colours as it is, but for rounding."""
    if transform.input_mode == "L":
        sample = Image.linear_gradient("L")
        mapped = transform.apply(sample).getchannel("G")
    elif transform.input_mode == "RGB":
        steps = np.linspace(0, 255, 9).round().astype(np.uint8)
        grid = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(1, -1, 3)
        sample = Image.fromarray(grid)
        mapped = transform.apply(sample)
    else:
        return False
    return int(np.abs(np.asarray(sample, np.int16) - np.asarray(mapped, np.int16)).max()) <= 1


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
    if icc.colour_space(source) == b"RGB " and _transform(source, "RGB", gamut) is None:
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
