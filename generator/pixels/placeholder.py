"""What stands in a photo's place until it has loaded: its colour, and six colours of its parts.

Averages are of linear light, as the eye sees from afar, of the smallest variant, and in sRGB.
"""

import io
from collections.abc import Iterator

from PIL import Image

from generator.core.model import Placeholder
from generator.pixels.coding import coding_of
from generator.pixels.colour import converted
from generator.pixels.decode import resamplable

_COLUMNS, _ROWS = 3, 2

# sRGB's curve (IEC 61966-2-1), for each of its 256 values; as elsewhere, but without numpy, whose
# import takes longer than all placeholders of a small site.
_LIGHT = [
    x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4
    for x in (value / 255 for value in range(256))
]


def placeholder_of(variant: bytes) -> Placeholder:
    """Average an encoded variant, without its transparent pixels."""
    with Image.open(io.BytesIO(variant)) as image:
        profile = coding_of(image, lambda: variant).profile
        pixels = converted(resamplable(image), profile, "srgb").convert("RGBA")
    return Placeholder(b"".join(map(_average, (pixels, *_parts(pixels)))))


def _parts(image: Image.Image) -> Iterator[Image.Image]:
    """Yield six parts, row by row; each is at least a pixel wide and high."""
    width, height = image.size
    for row in range(_ROWS):
        for column in range(_COLUMNS):
            left, top = width * column // _COLUMNS, height * row // _ROWS
            right = max(left + 1, width * (column + 1) // _COLUMNS)
            bottom = max(top + 1, height * (row + 1) // _ROWS)
            yield image.crop((left, top, right, bottom))


def _average(image: Image.Image) -> bytes:
    """Return the average as red, green and blue; black if all is transparent."""
    mask = image.getchannel("A").point(lambda value: 255 * (value >= 128))
    counts = image.convert("RGB").histogram(mask)
    return bytes(_encoded(counts[at : at + 256]) for at in (0, 256, 512))


def _encoded(counts: list[int]) -> int:
    light = sum(n * each for n, each in zip(counts, _LIGHT, strict=True)) / max(1, sum(counts))
    curved = 12.92 * light if light <= 0.0031308 else 1.055 * light ** (1 / 2.4) - 0.055
    return round(255 * curved)
