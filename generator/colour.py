"""Colour: from a source's profile to sRGB or Display P3, by LittleCMS, with perceptual intent.

A profile may be empty: the values are sRGB then, and those of CMYK are mixed as browsers mix
them, red being what cyan and black together let through.
"""

import io
from functools import lru_cache
from typing import Any, Literal

import imagecodecs
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageCms

from generator import icc

Gamut = Literal["srgb", "p3"]
Values = npt.NDArray[np.uint16]

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
        _through(sample, profile, profile_of("srgb"), _NAMES[space])
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
    seen = _through(corners, profile, profile_of("srgb"), _NAMES[space], "float32")
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
    transform = ImageCms.ImageCmsTransform(
        source, _opened(profile_of(gamut)), mode, "RGB", ImageCms.Intent.PERCEPTUAL
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
    """
    if not profile or not is_usable(profile, space):
        profile = b""
    if space == "L":
        rgb = np.repeat(values, 3, axis=2) if icc.colour_space(profile) == b"RGB " else values
        return converted_deep_grey(rgb, profile)
    if space == "CMYK" and not profile:
        left = 65535 - values.astype(np.float32)
        values, space = _rounded(left[..., :3] * left[..., 3:] / 65535), "RGB"
    profile = profile or (_lab_profile() if space == "LAB" else profile_of("srgb"))
    if profile == profile_of(gamut):
        return values
    return _through(values, profile, profile_of(gamut), _NAMES[icc.colour_space(profile)])


def converted_deep_grey(values: Values, profile: bytes) -> Values:
    """Convert 16-bit greys to the greys of sRGB."""
    if not profile:
        return values
    name = _NAMES[icc.colour_space(profile)]
    return _through(values, profile, profile_of("srgb"), name)[..., 1:2]


@lru_cache(maxsize=1)
def _lab_profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()


def _rounded(values: npt.NDArray[np.floating[Any]]) -> Values:
    rounded: Values = (values + 0.5).astype(np.uint16)
    return rounded


def _through(
    values: Values, source: bytes, target: bytes, space: str, kind: str = "uint16"
) -> npt.NDArray[np.uint16]:
    """Convert 16-bit values from one profile to another, to RGB as whole or as real numbers."""
    mapped: npt.NDArray[np.uint16] = imagecodecs.cms_transform(
        values,
        source,
        target,
        colorspace=space,
        outcolorspace="rgb",
        outdtype=kind,
        intent=int(ImageCms.Intent.PERCEPTUAL),
        flags=_EXACT,
    )
    return mapped
