"""Planes of real numbers: what is deeper than eight bits, and all averages of linear light.

Imported only when a picture needs it, for what it needs takes long to import.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import cache

import numpy as np
from PIL import Image

from generator.core.model import Size
from generator.pixels import deep_colour, hdr
from generator.pixels.coding import Box, Coding, space_of
from generator.pixels.colour import Gamut
from generator.pixels.deep import Samples
from generator.pixels.deep_colour import Floats, Values
from generator.pixels.resample import Light, Planes, resized

# Alpha that eight bits round to nothing.
_CLEAR = 1 / 510

_UNIT = np.float32(1 / 65535)

# Rows that become real numbers at a time, for these take much memory.
_BAND = 256

Stored = Image.Image | Samples


def finished(pixels: Stored, size: Size, coding: Coding, gamut: Gamut, light: Light) -> Planes:
    """Resample stored pixels and bring them to a gamut."""
    if coding.crop is not None:
        pixels = _cropped(pixels, coding.crop)
    if light == "linear":
        return _averaged_in_linear_light(pixels, size, coding, gamut)
    return _converted_deep(pixels, size, coding, gamut)


def _cropped(pixels: Stored, box: Box) -> Stored:
    if isinstance(pixels, Image.Image):
        return pixels.crop(box)
    left, top, right, bottom = box
    alpha = None if pixels.alpha is None else pixels.alpha[top:bottom, left:right]
    return Samples(pixels.colours[top:bottom, left:right], alpha, pixels.space)


def eight_bit(planes: Planes, *, spread: bool) -> Image.Image:
    """Return pixels of mode L, RGB or RGBA."""
    channels = tuple(_channels(planes, 255, spread=spread))
    bands = [Image.fromarray(each.astype(np.uint8)) for each in channels]
    if planes.alpha is not None and len(bands) == 2:
        bands = [bands[0], bands[0], bands[0], bands[1]]
    return bands[0] if len(bands) == 1 else Image.merge("RGBA"[: len(bands)], bands)


def ten_bit(raster: Planes) -> Values:
    """Return values of 0 to 1023: (height, width), or with 2, 3 or 4 channels, alpha last.

    They are spread.
    """
    channels = tuple(_channels(raster, 1023, spread=True))
    return channels[0] if len(channels) == 1 else np.stack(channels, axis=-1)


def _averaged_in_linear_light(pixels: Stored, size: Size, coding: Coding, gamut: Gamut) -> Planes:
    def light(rows: Samples) -> Floats:
        return deep_colour.linear_light(rows.colours, rows.space, coding.profile, gamut)

    if coding.transfer:
        pixels = _tone_mapped(_as_samples(pixels), coding)
    return _resampled(pixels, light, size, "linear")


def _as_samples(pixels: Stored) -> Samples:
    """Spread eight-bit values over sixteen."""
    if isinstance(pixels, Samples):
        return pixels
    alpha, image = None, pixels
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


def _converted_deep(pixels: Stored, size: Size, coding: Coding, gamut: Gamut) -> Planes:
    """Resample deep values as they are encoded, then convert them."""
    space = pixels.space if isinstance(pixels, Samples) else space_of(pixels.mode)
    colours, alpha = _values(_resampled(pixels, _encoded, size, "gamma"))
    deep_alpha = None if alpha is None else _whole(alpha, 65535)
    small = _tone_mapped(Samples(_whole(colours, 65535), deep_alpha, space), coding)
    values = deep_colour.converted_deep(small.colours, small.space, coding.profile, gamut)
    return _resampled(Samples(values, deep_alpha, "RGB"), _encoded, size, "gamma")


def _encoded(rows: Samples) -> Floats:
    encoded: Floats = rows.colours * _UNIT
    return encoded


def _resampled(
    pixels: Stored, values_of: Callable[[Samples], Floats], size: Size, light: Light
) -> Planes:
    """Resample what some function makes of the pixels, multiplied by alpha, and alpha.

    First each row, a band of them at a time, then the columns, as Pillow does by itself: so there
    never is a plane as wide as the picture.
    """
    narrow: list[Image.Image] = []
    height = _height(pixels)
    for top in range(0, height, _BAND):
        rows = _rows(pixels, top, min(top + _BAND, height))
        bands = tuple(_weighted(values_of(rows), rows.alpha))
        narrow = narrow or [Image.new("F", (size.width, height)) for _ in bands]
        for plane, band in zip(narrow, bands, strict=True):
            plane.paste(resized(Image.fromarray(band), Size(size.width, len(band))), (0, top))
    has_alpha = rows.alpha is not None
    planes = []
    while narrow:
        planes.append(resized(narrow.pop(0), size))
    return Planes(
        tuple(planes[:-1] if has_alpha else planes), planes[-1] if has_alpha else None, light
    )


def _height(pixels: Stored) -> int:
    return pixels.height if isinstance(pixels, Image.Image) else pixels.colours.shape[0]


def _rows(pixels: Stored, top: int, bottom: int) -> Samples:
    if isinstance(pixels, Image.Image):
        return _as_samples(pixels.crop((0, top, pixels.width, bottom)))
    alpha = None if pixels.alpha is None else pixels.alpha[top:bottom]
    return Samples(pixels.colours[top:bottom], alpha, pixels.space)


def _weighted(colours: Floats, alpha: Values | None) -> Iterator[Floats]:
    """Yield the channels multiplied by alpha, and alpha itself if there is any."""
    channels = (colours[..., channel] for channel in range(colours.shape[2]))
    if alpha is None:
        yield from map(np.ascontiguousarray, channels)
        return
    weight = alpha * _UNIT
    yield from (channel * weight for channel in channels)
    yield weight


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
    values: Values = np.rint(deep_colour.encoded(np.linspace(0, 1, 65536)) * top).astype(np.uint16)
    return values
