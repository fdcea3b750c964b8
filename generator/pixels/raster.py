"""Decoded pixels on their way to a variant: resampled, upright, in the colours of its gamut."""

from typing import TYPE_CHECKING

from msgspec import Struct
from PIL import Image

from generator.core.geometry import turned
from generator.core.model import Size
from generator.pixels import colour
from generator.pixels.coding import Coding
from generator.pixels.colour import Gamut
from generator.pixels.decode import upright
from generator.pixels.resample import Light, Planes, Raster, resized

if TYPE_CHECKING:
    from generator.pixels.deep import Samples


class Decoded(Struct, frozen=True):
    """The pixels of a file as they are stored, and what makes a picture of them."""

    pixels: "Image.Image | Samples"
    orientation: int
    coding: Coding


def finished(decoded: Decoded, size: Size, gamut: Gamut, light: Light) -> Raster:
    """Resample to an upright size, and make the pixels upright and of a gamut.

    The small picture is what is turned and converted, for that is cheaper; not so in linear
    light, which the source must be converted to before it is averaged.
    """
    stored = turned(size, decoded.orientation)
    pixels, coding = decoded.pixels, decoded.coding
    if isinstance(pixels, Image.Image) and light == "gamma" and _is_plain(pixels, coding):
        image = pixels.crop(coding.crop) if coding.crop else pixels
        raster: Raster = colour.converted(resized(image, stored), coding.profile, gamut)
    else:
        # Late, for its import is felt, and most pictures need none of it.
        from generator.pixels import planes  # noqa: PLC0415

        raster = planes.finished(pixels, stored, coding, gamut, light)
    return _upright(raster, decoded.orientation)


def _is_plain(image: Image.Image, coding: Coding) -> bool:
    """Tell whether Pillow's eight bits do: not under alpha, whose edges would glow.

    Lanczos overshoots there, and alpha is cut off at 255 while the colours that it multiplies
    are not.
    """
    return image.mode not in ("LA", "RGBA") and not coding.transfer


def _upright(raster: Raster, orientation: int) -> Raster:
    if not isinstance(raster, Planes):
        return upright(raster, orientation)
    alpha = None if raster.alpha is None else upright(raster.alpha, orientation)
    colours = tuple(upright(each, orientation) for each in raster.colours)
    return Planes(colours, alpha, raster.light)


def eight_bit(raster: Raster, *, spread: bool = False) -> Image.Image:
    """Return pixels as Pillow encodes them: L, RGB or RGBA, with nothing carried along.

    If they are `spread`, transparent pixels have the colours of those near them.
    """
    if isinstance(raster, Planes):
        from generator.pixels import planes  # noqa: PLC0415

        return planes.eight_bit(raster, spread=spread)
    # Encoders would copy what Pillow carries along: comments, resolution, profile, XMP.
    raster.info = {}
    return raster
