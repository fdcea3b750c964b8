"""Finished pixels to the bytes of a file, in every format that we write."""

import io
from collections.abc import Iterator

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from generator.containers import icc
from generator.core.formats import OUTPUTS
from generator.core.model import Recipe
from generator.pixels.colour import embedded
from generator.pixels.raster import eight_bit
from generator.pixels.resample import Planes, Raster
from generator.privacy.rebuild import told_avif
from generator.privacy.rights import RIGHTS_FROM

# Time an encoder may spend, by effort: aom's speed (0-10), libwebp's method (0-6), zlib's level.
_AVIF_SPEED = {"fast": 9, "balanced": 8, "small": 6}
WEBP_METHOD = {"fast": 2, "balanced": 4, "small": 6}
_PNG_LEVEL = {"fast": 4, "balanced": 6, "small": 9}

# A slower aom scores higher at the same quality; that much less makes it bytes instead. So a
# quality looks the same at every effort, as libwebp's does by itself (benchmarks/quality.py).
_AVIF_LESS = {"fast": 0, "balanced": 1, "small": 2}

# Quality is given up in such steps, down to this, by a variant larger than the next larger one.
_LESS, _LEAST_QUALITY = 8, 40

# How libavif divides light from colour (ITU-T H.273, table 4).
_BT601_MATRIX = 6


def encode(raster: Raster, recipe: Recipe, larger: bytes | None = None) -> bytes:
    """Encode finished pixels in the format, quality and effort of a recipe, without metadata.

    If that takes more bytes than `larger`, the variant of more pixels, some quality is given up,
    if that helps: nobody is served by a small picture that takes longer to load than a large one.
    """
    attempts = _attempts(raster, recipe)
    best = next(attempts)
    if larger is None or len(best) <= len(larger):
        return best
    return next((body for body in attempts if len(body) <= len(larger)), best)


def _attempts(raster: Raster, recipe: Recipe) -> Iterator[bytes]:
    """Yield encoded pixels, each time with less quality."""
    qualities = (recipe.quality, *range(recipe.quality - _LESS, _LEAST_QUALITY, -_LESS))
    if recipe.bits > 8 and isinstance(raster, Planes):
        yield from (_encode_ten_bit(raster, recipe, quality) for quality in qualities)
        return
    image = eight_bit(raster, spread=recipe.format == "avif")
    if recipe.format == "png":
        yield _encode_with_pillow(image, recipe, 0)
        yield _encode_with_pillow(image.quantize(), recipe, 0)
    else:
        yield from (_encode_with_pillow(image, recipe, quality) for quality in qualities)


def _encode_ten_bit(planes: Planes, recipe: Recipe, quality: int) -> bytes:
    """Encode an AVIF of ten bits, which Pillow does not."""
    # Late, for their import is felt, and most pictures have eight bits.
    import imagecodecs  # noqa: PLC0415

    from generator.pixels.planes import ten_bit  # noqa: PLC0415

    values = ten_bit(planes)
    is_grey = len(planes.colours) == 1
    body = bytes(
        imagecodecs.avif_encode(
            values,
            level=_avif_quality(recipe, quality),
            speed=_AVIF_SPEED[recipe.effort],
            bitspersample=10,
            pixelformat="400" if is_grey else "420",
            primaries=icc.P3 if recipe.gamut == "p3" else icc.BT709,
            transfer=icc.SRGB_TRANSFER,
            matrix=_BT601_MATRIX,
            numthreads=1,
        )
    )
    profile = b"" if is_grey else embedded(recipe.gamut)
    rights = rights_in(recipe, max(values.shape[:2]))
    return told_avif(body, profile, rights.encode()) if profile or rights else body


def _encode_with_pillow(image: Image.Image, recipe: Recipe, quality: int) -> bytes:
    buffer = io.BytesIO()
    profile = embedded(recipe.gamut) if image.mode != "L" else b""
    rights = rights_in(recipe, max(image.size))
    image.save(
        buffer,
        OUTPUTS[recipe.format].pillow,
        icc_profile=profile or None,
        **_options(recipe, quality),
        **_told(recipe.format, rights),
    )
    return buffer.getvalue()


def rights_in(recipe: Recipe, longest: int) -> str:
    """Return the packet that a variant of this longest side carries; empty for a small one."""
    return recipe.rights if longest >= RIGHTS_FROM else ""


def _told(name: str, rights: str) -> dict[str, bytes | PngInfo]:
    if not rights:
        return {}
    if name != "png":
        return {"xmp": rights.encode()}
    info = PngInfo()
    info.add_itxt("XML:com.adobe.xmp", rights)
    return {"pnginfo": info}


def _options(recipe: Recipe, quality: int) -> dict[str, int | str | bool]:
    effort = recipe.effort
    match recipe.format:
        case "avif":
            avif_quality = _avif_quality(recipe, quality)
            return {"quality": avif_quality, "speed": _AVIF_SPEED[effort], "max_threads": 1}
        case "webp":
            return {"quality": quality, "method": WEBP_METHOD[effort]}
        case "png":
            return {"compress_level": _PNG_LEVEL[effort]}
        case _:
            return {"quality": quality, "progressive": True, "optimize": True}


def _avif_quality(recipe: Recipe, quality: int) -> int:
    return max(1, quality - _AVIF_LESS[recipe.effort])
