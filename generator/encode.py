"""One photograph and its recipes to encoded variants: one decode, a cascade, every format."""

import io
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from msgspec import Struct
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from generator import decode, store
from generator.errors import DecodeError, Problem
from generator.files import stamp_of
from generator.formats import OUTPUTS
from generator.geometry import DRAFT_RATIO, cascade, fit, turned
from generator.layout import PICTURES
from generator.model import Job, Photo, Recipe, Size, Stamp
from generator.rights import RIGHTS_FROM

# Raise by one whenever the same source and recipe come out with other pixels or bytes.
RECIPE_VERSION = 1

# Time an encoder may spend, by effort: aom's speed (0-10), libwebp's method (0-6), zlib's level.
_AVIF_SPEED = {"fast": 9, "balanced": 6, "small": 4}
_WEBP_METHOD = {"fast": 2, "balanced": 4, "small": 6}
_PNG_LEVEL = {"fast": 4, "balanced": 6, "small": 9}


class Rendered(Struct, frozen=True):
    """What became of one job: how many variants of how many bytes, or why there are none."""

    variants: int = 0
    byte_count: int = 0
    problem: Problem | None = None


def engine() -> str:
    """Name everything outside a recipe that decides its bytes: our version, and the libraries'."""
    return f"{RECIPE_VERSION} {decode.decoder_version()}"


def render_job(job: Job, pictures: Path, cache: Path) -> Rendered:
    """Make every variant that a job asks for and keep them; a bad picture is a problem returned."""
    place = f"{PICTURES}/{job.photo.path}"
    try:
        with decode.in_words():
            blobs = encode_photo(job, pictures)
    except DecodeError as error:
        return Rendered(problem=Problem(place, error.what, error.hint, passing=error.passing))
    for key, variants in blobs.items():
        store.put_pack(cache, key, variants)
    made = [len(blob) for variants in blobs.values() for blob in variants]
    return Rendered(len(made), sum(made))


def encode_photo(job: Job, pictures: Path) -> dict[str, list[bytes]]:
    """Encode the variants of a job, by the key of their recipe, in the recipe's order of outputs.

    DecodeError if the picture cannot be decoded whole, or is no longer the one that was read.
    """
    source = pictures / job.photo.path
    encoded: dict[tuple[str, int], bytes] = {}
    for step, image in _cascade(source, job):
        for key, recipe in job.recipes:
            if step in recipe.outputs:
                encoded[key, step] = encode(image, recipe)
    if not _is_still(source, job.photo.stamp):
        what = "it changed while the build was reading it"
        raise DecodeError(what, "build again", passing=True)
    return {key: [encoded[key, step] for step in recipe.outputs] for key, recipe in job.recipes}


def _is_still(source: Path, stamp: Stamp) -> bool:
    try:
        return stamp_of(source.stat()) == stamp
    except OSError:
        return False


def _cascade(source: Path, job: Job) -> Iterator[tuple[int, Image.Image]]:
    """Yield each step of the chain, largest first, as its longest side and its finished pixels."""
    steps = cascade(step for _, recipe in job.recipes for step in recipe.chain)
    last_use = {parent: step for step, parent in steps}
    decoded: _Decoded | None = _decode(source, job.photo, at_least=steps[0][0])
    made: dict[int, Image.Image] = {}
    for step, parent in steps:
        size = fit(job.photo.size, step)
        if parent is not None:
            image = _resample(made[parent], size)
        elif decoded is not None:
            image = decoded.finished(size)
        # What nothing more is made from is memory for what comes.
        if last_use[parent] == step:
            if parent is None:
                decoded = None
            else:
                del made[parent]
        if step in last_use:
            made[step] = image
        yield step, image


class _Decoded(Struct, frozen=True):
    """The pixels as they were stored, and what makes them upright and sRGB."""

    image: Image.Image
    orientation: int
    profile: bytes | None

    def finished(self, size: Size) -> Image.Image:
        """Resample to an upright size, then turn and convert: cheaper on the smaller picture."""
        small = _resample(self.image, turned(size, self.orientation))
        image = decode.to_srgb(decode.upright(small, self.orientation), self.profile)
        # Encoders would copy what Pillow carries along: comments, resolution, profile, XMP.
        image.info = {}
        return image


def _decode(source: Path, photo: Photo, at_least: int) -> _Decoded:
    """Decode a picture, scaled down by its own codec where that leaves Lanczos enough to do."""
    enough = round(DRAFT_RATIO * at_least)
    if photo.format == "JPEG" and photo.size.longest >= 2 * enough:
        # Scaled decoding fails on a few pictures that decode whole (lossless JPEG).
        with suppress(DecodeError):
            return _read(source, photo, fit(photo.size, enough))
    return _read(source, photo, None)


def _read(source: Path, photo: Photo, at_least: Size | None) -> _Decoded:
    with decode.opened(source) as image:
        orientation = decode.orientation_of(image)
        profile = image.info.get("icc_profile")
        if at_least is not None:
            decode.shrink_on_load(image, turned(at_least, orientation))
        pixels = decode.resamplable(image)
        if not photo.transparent and pixels.mode in ("LA", "RGBA"):
            pixels = pixels.convert(pixels.mode[:-1])
    return _Decoded(pixels, orientation, profile)


def _resample(image: Image.Image, size: Size) -> Image.Image:
    """Resample with Lanczos (three lobes); the one place that does, and part of the recipe.

    Pillow multiplies colour by alpha before and divides it out after, so edges do not darken.
    """
    return image.resize((size.width, size.height), Image.Resampling.LANCZOS)


def encode(image: Image.Image, recipe: Recipe) -> bytes:
    """Encode finished pixels in the format, quality and effort of a recipe.

    Of metadata there is none but the rights of the recipe, in pictures that are large enough.
    """
    buffer = io.BytesIO()
    rights = recipe.rights if max(image.size) >= RIGHTS_FROM else ""
    image.save(
        buffer, OUTPUTS[recipe.format].pillow, **_options(recipe), **_told(recipe.format, rights)
    )
    return buffer.getvalue()


def _told(name: str, rights: str) -> dict[str, bytes | PngInfo]:
    if not rights:
        return {}
    if name != "png":
        return {"xmp": rights.encode()}
    info = PngInfo()
    info.add_itxt("XML:com.adobe.xmp", rights)
    return {"pnginfo": info}


def _options(recipe: Recipe) -> dict[str, int | str | bool]:
    quality, effort = recipe.quality, recipe.effort
    match recipe.format:
        case "avif":
            return {"quality": quality, "speed": _AVIF_SPEED[effort], "max_threads": 1}
        case "webp":
            return {"quality": quality, "method": _WEBP_METHOD[effort]}
        case "png":
            return {"compress_level": _PNG_LEVEL[effort]}
        case _:
            return {"quality": quality, "progressive": True, "optimize": True}
