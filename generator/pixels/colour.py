"""Colour: from a source's profile to sRGB or Display P3, by LittleCMS, with perceptual intent.

A profile may be empty: the values are sRGB then, and those of CMYK are mixed as browsers mix
them, red being what cyan and black together let through.
"""

import io
from functools import lru_cache
from itertools import product
from typing import Literal, cast

from PIL import Image, ImageChops, ImageCms

from generator.containers import icc

Gamut = Literal["srgb", "p3"]

# What a profile must be for to describe pixels of a mode; a greyscale picture may carry the
# profile of the colour picture that it was made of.
_SPACES = {
    "L": (b"GRAY", b"RGB "),
    "RGB": (b"RGB ",),
    "CMYK": (b"CMYK",),
    "LAB": (b"Lab ",),
}


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
    try:
        _built(_opened(profile), "RGB" if space == b"RGB " else mode, "srgb")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return False
    return True


def screen_primaries(profile: bytes) -> tuple[icc.Triple, ...]:
    """Return the XYZ of red, green and blue under D50 that a usable profile tells, or nothing."""
    told = _opened(profile).profile
    columns = (told.red_primary, told.green_primary, told.blue_primary)
    return tuple(column[0] for column in columns if column)


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
    transform = _built(source, mode, gamut)
    return None if _changes_nothing(transform) else transform


def _built(source: ImageCms.ImageCmsProfile, mode: str, gamut: Gamut) -> ImageCms.ImageCmsTransform:
    # Between screens its curves are exact; of ink it makes a table, which shall be a fine one.
    flags = ImageCms.Flags.HIGHRESPRECALC if mode == "CMYK" else ImageCms.Flags.NONE
    target = _opened(profile_of(gamut))
    return ImageCms.ImageCmsTransform(
        source, target, mode, "RGB", ImageCms.Intent.PERCEPTUAL, flags=flags
    )


def changes_nothing(profile: bytes, gamut: Gamut) -> bool:
    """Tell whether a usable profile for RGB means the same values as a gamut of ours."""
    return _transform(profile, "RGB", gamut) is None


def _opened(profile: bytes) -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(io.BytesIO(profile))


def _changes_nothing(transform: ImageCms.ImageCmsTransform) -> bool:
    """Tell whether a transform leaves a sample of all colours as it is, but for rounding."""
    if transform.input_mode == "L":
        sample = Image.linear_gradient("L")
        mapped = transform.apply(sample).getchannel("G")
    elif transform.input_mode == "RGB":
        steps = [255 * step // 8 for step in range(9)]
        sample = Image.frombytes(
            "RGB", (729, 1), bytes(v for c in product(steps, repeat=3) for v in c)
        )
        mapped = transform.apply(sample)
    else:
        return False
    bands = ImageChops.difference(sample, mapped).split()
    return max(cast(tuple[int, int], band.getextrema())[1] for band in bands) <= 1
