"""Decoded pixels on their way to a variant: resampled, upright, in the colours of its gamut.

Eight-bit pixels stay Pillow's, and are averaged as they are encoded. What is deeper, and all that
is averaged in linear light, is planes of real numbers: those may overshoot, and are clipped only
when a variant is made of them.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Literal

import numpy as np
from msgspec import Struct
from PIL import Image

from generator import colour, hdr
from generator.coding import Coding, space_of
from generator.colour import Floats, Gamut, Values
from generator.decode import upright
from generator.deep import Samples
from generator.geometry import turned
from generator.model import Size

Light = Literal["gamma", "linear"]


class Planes(Struct, frozen=True):
    """One plane (mode F) for grey, or three, and perhaps one of alpha, which multiplies them.

    Values are 0 to 1, of linear light or encoded by sRGB's curve, in some gamut of ours.
    """

    colours: tuple[Image.Image, ...]
    alpha: Image.Image | None
    light: Light


Raster = Image.Image | Planes

# Alpha that eight bits round to nothing.
_CLEAR = 1 / 510


class Decoded(Struct, frozen=True):
    """The pixels of a file as they are stored, and what makes a picture of them."""

    pixels: Image.Image | Samples
    orientation: int
    coding: Coding


def resampled(raster: Raster, size: Size) -> Raster:
    """Resample with Lanczos (three lobes); the one place that does, and part of the recipe.

    Pillow multiplies colour by alpha before and divides it out after, so edges do not darken.
    """
    if isinstance(raster, Planes):
        alpha = None if raster.alpha is None else _resized(raster.alpha, size)
        return Planes(tuple(_resized(each, size) for each in raster.colours), alpha, raster.light)
    return _resized(raster, size)


def _resized(image: Image.Image, size: Size) -> Image.Image:
    return image.resize((size.width, size.height), Image.Resampling.LANCZOS)


def finished(decoded: Decoded, size: Size, gamut: Gamut, light: Light) -> Raster:
    """Resample to an upright size, and make the pixels upright and of a gamut.

    The small picture is what is turned and converted, for that is cheaper; not so in linear
    light, which the source must be converted to before it is averaged.
    """
    stored = turned(size, decoded.orientation)
    pixels = _cropped(decoded)
    coding = decoded.coding
    if isinstance(pixels, Image.Image) and light == "gamma" and _is_plain(pixels, coding):
        raster: Raster = colour.converted(_resized(pixels, stored), coding.profile, gamut)
    else:
        samples = pixels if isinstance(pixels, Samples) else _as_samples(pixels)
        averaged = _averaged_in_linear_light if light == "linear" else _converted_deep
        raster = averaged(samples, stored, coding, gamut)
    return _upright(raster, decoded.orientation)


def _is_plain(image: Image.Image, coding: Coding) -> bool:
    """Tell whether Pillow's eight bits do: not under alpha, whose edges would glow.

    Lanczos overshoots there, and alpha is cut off at 255 while the colours that it multiplies
    are not.
    """
    return image.mode not in ("LA", "RGBA") and not coding.transfer


def _cropped(decoded: Decoded) -> Image.Image | Samples:
    pixels, box = decoded.pixels, decoded.coding.crop
    if box is None:
        return pixels
    if isinstance(pixels, Image.Image):
        return pixels.crop(box)
    left, top, right, bottom = box
    alpha = None if pixels.alpha is None else pixels.alpha[top:bottom, left:right]
    return Samples(pixels.colours[top:bottom, left:right], alpha, pixels.space)


def _averaged_in_linear_light(pixels: Samples, size: Size, coding: Coding, gamut: Gamut) -> Planes:
    samples = _tone_mapped(pixels, coding)
    light = colour.linear_light(samples.colours, samples.space, coding.profile, gamut)
    return _resampled_planes(_planes_of(light), samples.alpha, size, "linear")


def _as_samples(image: Image.Image) -> Samples:
    """Spread eight-bit values over sixteen."""
    alpha = None
    if image.mode in ("LA", "RGBA"):
        alpha = np.asarray(image.getchannel("A")) * np.uint16(257)
        image = image.convert(image.mode[:-1])
    values = np.asarray(image) * np.uint16(257)
    colours = values.reshape(image.height, image.width, -1)
    return Samples(colours, alpha, space_of(image.mode))


def _tone_mapped(samples: Samples, coding: Coding) -> Samples:
    """Bring high dynamic range into the standard one."""
    if not coding.transfer:
        return samples
    grey = samples.space == "L"
    colours = np.repeat(samples.colours, 3, axis=2) if grey else samples.colours
    mapped = hdr.tone_mapped(colours, coding.primaries, coding.transfer)
    return Samples(mapped, samples.alpha, "RGB")


def _converted_deep(pixels: Samples, size: Size, coding: Coding, gamut: Gamut) -> Planes:
    """Resample deep values as they are encoded, then convert them."""
    encoded = _planes_of(pixels.colours)
    colours, alpha = _values(_resampled_planes(encoded, pixels.alpha, size, "gamma"))
    deep_alpha = None if alpha is None else _whole(alpha, 65535)
    small = _tone_mapped(Samples(_whole(colours, 65535), deep_alpha, pixels.space), coding)
    values = colour.converted_deep(small.colours, small.space, coding.profile, gamut)
    return _resampled_planes(_planes_of(values), deep_alpha, size, "gamma")


def _planes_of(values: Values | Floats) -> Iterator[Floats]:
    """Yield the channels as real numbers, one at a time, for they take twice the memory."""
    scale = np.float32(1 / 65535 if values.dtype == np.uint16 else 1)
    return (values[..., channel] * scale for channel in range(values.shape[2]))


def _resampled_planes(
    channels: Iterable[Floats], alpha: Values | None, size: Size, light: Light
) -> Planes:
    """Resample channels multiplied by alpha, and alpha."""
    weight = None if alpha is None else alpha * np.float32(1 / 65535)

    def plane(values: Floats) -> Image.Image:
        return _resized(Image.fromarray(values if weight is None else values * weight), size)

    opacity = None if weight is None else _resized(Image.fromarray(weight), size)
    return Planes(tuple(map(plane, channels)), opacity, light)


def _values(planes: Planes) -> tuple[Floats, Floats | None]:
    """Return colours (height, width, channels), no longer multiplied by alpha, and alpha."""
    colours = np.stack([np.asarray(each) for each in planes.colours], axis=-1)
    if planes.alpha is None:
        return colours, None
    alpha = np.asarray(planes.alpha)
    return colours / np.maximum(alpha, 1e-5)[..., None], alpha


def _whole(values: Floats, top: int) -> Values:
    whole: Values = (np.clip(values, 0, 1) * np.float32(top) + np.float32(0.5)).astype(np.uint16)
    return whole


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
        channels = tuple(_channels(raster, 255, spread=spread))
        bands = [Image.fromarray(each.astype(np.uint8)) for each in channels]
        if raster.alpha is not None and len(bands) == 2:
            bands = [bands[0], bands[0], bands[0], bands[1]]
        return bands[0] if len(bands) == 1 else Image.merge("RGBA"[: len(bands)], bands)
    # Encoders would copy what Pillow carries along: comments, resolution, profile, XMP.
    raster.info = {}
    return raster


def ten_bit(raster: Planes) -> Values:
    """Return values of 0 to 1023: (height, width), or with 2, 3 or 4 channels, alpha last.

    They are spread.
    """
    channels = tuple(_channels(raster, 1023, spread=True))
    return channels[0] if len(channels) == 1 else np.stack(channels, axis=-1)


def _channels(raster: Planes, top: int, *, spread: bool) -> Iterator[Values]:
    """Yield the channels of planes as encoded whole numbers of 0 to `top`, alpha last."""
    colours, alpha = _values(raster)
    if spread and raster.alpha is not None:
        colours = np.stack(_spread(raster.colours, raster.alpha), axis=-1)
    if raster.light == "linear":
        whole = _curve(top)[_whole(colours, 65535)]
    else:
        whole = _whole(colours, top)
    yield from np.moveaxis(whole, -1, 0)
    if alpha is not None:
        yield _whole(alpha, top)


def _spread(colours: Sequence[Image.Image], alpha: Image.Image) -> list[Floats]:
    """Divide colours by alpha, and fill in what is transparent from around it, by halves.

    A codec that loses something would smear black over every edge otherwise.
    """
    opacity = np.asarray(alpha)
    straight = [np.asarray(each) / np.maximum(opacity, _CLEAR) for each in colours]
    if max(alpha.size) == 1 or float(opacity.min()) > _CLEAR:
        return straight
    below = _spread([each.reduce(2) for each in colours], alpha.reduce(2))
    around = (
        np.asarray(Image.fromarray(each).resize(alpha.size, Image.Resampling.BILINEAR))
        for each in below
    )
    return [
        np.where(opacity > _CLEAR, own, other) for own, other in zip(straight, around, strict=True)
    ]


@cache
def _curve(top: int) -> Values:
    """Encode 16-bit linear light with sRGB's curve in whole numbers of 0 to `top`."""
    values: Values = np.rint(colour.encoded(np.linspace(0, 1, 65536)) * top).astype(np.uint16)
    return values
