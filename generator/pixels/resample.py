"""The one place where pictures are made smaller.

Eight-bit pixels are Pillow's, and are averaged as they are encoded. What is deeper, and all that
is averaged in linear light, is planes of real numbers: those may overshoot, and are clipped only
when a variant is made of them.
"""

from typing import Literal

from msgspec import Struct
from PIL import Image

from generator.core.model import Size

Light = Literal["gamma", "linear"]


class Planes(Struct, frozen=True):
    """One plane (mode F) for grey, or three, and perhaps one of alpha, which multiplies them.

    Values are 0 to 1, of linear light or encoded by sRGB's curve, in some gamut of ours.
    """

    colours: tuple[Image.Image, ...]
    alpha: Image.Image | None
    light: Light


Raster = Image.Image | Planes


def resampled(raster: Raster, size: Size) -> Raster:
    """Resample with Lanczos (three lobes), which is part of the recipe."""
    if isinstance(raster, Planes):
        alpha = None if raster.alpha is None else resized(raster.alpha, size)
        return Planes(tuple(resized(each, size) for each in raster.colours), alpha, raster.light)
    return resized(raster, size)


def resized(image: Image.Image, size: Size) -> Image.Image:
    """Resample one picture of Pillow's."""
    return image.resize((size.width, size.height), Image.Resampling.LANCZOS)
