"""One photograph and its recipes to encoded variants: one decode, a cascade, every format."""

import io
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import imagecodecs
from msgspec import Struct
from PIL import Image, ImageChops, ImageFile
from PIL.PngImagePlugin import PngInfo

from generator import decode, icc, store
from generator.animation import animate
from generator.coding import Coding, coding_of
from generator.colour import Values, converted, embedded
from generator.containers import MalformedError
from generator.deep import Samples, UnreadableError, of_greys, read_samples
from generator.errors import DecodeError, Problem
from generator.files import stamp_of
from generator.formats import OUTPUTS
from generator.geometry import DRAFT_RATIO, cascade, fit, turned
from generator.layout import PICTURES
from generator.model import Job, Photo, Placeholder, Recipe, Size, Stamp
from generator.placeholder import placeholder_of
from generator.privacy import findings
from generator.raster import Decoded, Light, Planes, Raster, eight_bit, finished, resampled, ten_bit
from generator.rebuild import told_avif
from generator.rights import RIGHTS_FROM
from generator.scrub import bare
from generator.svg import read_drawing

# Raise by one whenever the same source and recipe come out with other pixels or bytes.
RECIPE_VERSION = 3

# Time an encoder may spend, by effort: aom's speed (0-10), libwebp's method (0-6), zlib's level.
_AVIF_SPEED = {"fast": 9, "balanced": 8, "small": 6}
_WEBP_METHOD = {"fast": 2, "balanced": 4, "small": 6}
_PNG_LEVEL = {"fast": 4, "balanced": 6, "small": 9}

# A slower aom scores higher at the same quality; that much less makes it bytes instead. So a
# quality looks the same at every effort, as libwebp's does by itself (benchmarks/quality.py).
_AVIF_LESS = {"fast": 0, "balanced": 1, "small": 2}

# Quality is given up in such steps, down to this, by a variant larger than the next larger one.
_LESS, _LEAST_QUALITY = 8, 40

# How libavif divides light from colour (ITU-T H.273, table 4).
_BT601_MATRIX = 6


class Rendered(Struct, frozen=True):
    """What became of one job: how many variants of how many bytes, or why there are none.

    The placeholder is there if what it is made of was among them.
    """

    variants: int = 0
    byte_count: int = 0
    placeholder: Placeholder | None = None
    problem: Problem | None = None


def engine(input_format: str) -> str:
    """Name everything outside a recipe that decides its bytes: our version, and the libraries'.

    Those that only some formats need are named for these alone.
    """
    return f"{RECIPE_VERSION} {decode.decoder_version(input_format)}"


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
    shown = blobs.get(job.shown)
    return Rendered(len(made), sum(made), placeholder_of(shown[0]) if shown else None)


def kept_placeholder(key: str, cache: Path) -> Placeholder | None:
    """Make the placeholder of what the store keeps under a key; None if it keeps nothing."""
    blobs = store.get_pack(cache, key)
    return placeholder_of(blobs[0]) if blobs else None


def encode_photo(job: Job, pictures: Path) -> dict[str, list[bytes]]:
    """Encode the variants of a job, by the key of their recipe, in the recipe's order of outputs.

    DecodeError if the picture cannot be decoded whole, or is no longer the one that was read.
    """
    source = pictures / job.photo.path
    if job.photo.format == "SVG":
        drawing = read_drawing(source).body
        encoded = {(key, step): drawing for key, recipe in job.recipes for step in recipe.outputs}
    else:
        encoded = _encode_stills(source, job) | _encode_animations(source, job)
    if not _is_still(source, job.photo.stamp):
        what = "it changed while the build was reading it"
        raise DecodeError(what, "build again", passing=True)
    return {key: [encoded[key, step] for step in recipe.outputs] for key, recipe in job.recipes}


def _encode_animations(source: Path, job: Job) -> dict[tuple[str, int], bytes]:
    return {
        (key, step): animate(source, job.photo, recipe)
        for key, recipe in job.recipes
        for step in recipe.outputs
        if recipe.animated
    }


def _encode_stills(source: Path, job: Job) -> dict[tuple[str, int], bytes]:
    encoded: dict[tuple[str, int], bytes] = {}
    last: dict[str, bytes] = {}
    recipes = tuple((key, recipe) for key, recipe in job.recipes if not recipe.animated)
    if not recipes:
        return encoded
    for step, raster in _cascade(source, Job(job.photo, recipes)):
        for key, recipe in recipes:
            if step in recipe.outputs:
                body = encode(raster, recipe, last.get(key))
                if step == job.photo.size.longest and _may_be_own(job.photo, recipe):
                    body = _own(source, job.photo, recipe, eight_bit(raster), body)
                encoded[key, step] = last[key] = body
    return encoded


def _may_be_own(photo: Photo, recipe: Recipe) -> bool:
    """Tell whether a variant might be the picture as its source has it coded."""
    is_simple = photo.frames == 1 and not photo.deep and not photo.hdr
    return is_simple and recipe.gamut == "srgb" and OUTPUTS[recipe.format].pillow == photo.format


def _own(source: Path, photo: Photo, recipe: Recipe, image: Image.Image, encoded: bytes) -> bytes:
    """Return what the source has coded, if that is the same pixels in no more bytes.

    What would only lose by being encoded once more is published bare. As its pixels are compared
    with what was to be encoded, nothing can be amiss in colour, orientation or transparency.
    """
    rights = _rights(recipe, photo.size.longest)
    whole = source.read_bytes()
    with suppress(MalformedError, DecodeError):
        own = bare(whole, photo.format, rights.encode())
        if len(own) <= len(encoded) and _is_shown_by(own, photo, image) and not findings(own):
            return own
    return encoded


def _is_shown_by(body: bytes, photo: Photo, image: Image.Image) -> bool:
    """Tell whether a file that says nothing of its colours shows these pixels."""
    with decode.in_words(), Image.open(io.BytesIO(body), formats=(photo.format,)) as coded:
        pixels = decode.resamplable(coded)
        shown = converted(pixels if photo.transparent else _without_alpha(pixels), b"", "srgb")
        is_alike = (shown.mode, shown.size) == (image.mode, image.size)
        return is_alike and not ImageChops.difference(shown, image).getbbox(alpha_only=False)


def _is_still(source: Path, stamp: Stamp) -> bool:
    try:
        return stamp_of(source.stat()) == stamp
    except OSError:
        return False


def _cascade(source: Path, job: Job) -> Iterator[tuple[int, Raster]]:
    """Yield each step of the chain, largest first, as its longest side and its finished pixels."""
    steps = cascade(step for _, recipe in job.recipes for step in recipe.chain)
    last_use = {parent: step for step, parent in steps}
    _, look = job.recipes[0]
    decoded: Decoded | None = _decode(source, job.photo, look.light, at_least=steps[0][0])
    made: dict[int, Raster] = {}
    for step, parent in steps:
        size = fit(job.photo.size, step)
        if parent is not None:
            raster = resampled(made[parent], size)
        elif decoded is not None:
            raster = finished(decoded, size, look.gamut, look.light)
        # What nothing more is made from is memory for what comes.
        if last_use[parent] == step:
            if parent is None:
                decoded = None
            else:
                del made[parent]
        if step in last_use:
            made[step] = raster
        yield step, raster


def _decode(source: Path, photo: Photo, light: Light, at_least: int) -> Decoded:
    """Decode a picture, scaled down by its own codec where that leaves Lanczos enough to do.

    The codec averages values as they are encoded, so it must not if light is to be averaged.
    """
    enough = round(DRAFT_RATIO * at_least)
    may_shrink = photo.format == "RAW" or (photo.format == "JPEG" and light == "gamma")
    if may_shrink and photo.size.longest >= 2 * enough:
        # Scaled decoding fails on a few pictures that decode whole (lossless JPEG).
        with suppress(DecodeError):
            return _read(source, photo, fit(photo.size, enough))
    return _read(source, photo, None)


def _read(source: Path, photo: Photo, at_least: Size | None) -> Decoded:
    with decode.opened(source) as image:
        orientation = decode.orientation_of(image)
        coding = coding_of(image, source.read_bytes)
        if at_least is not None:
            decode.shrink_on_load(image, turned(at_least, orientation))
        pixels = _pixels(image, source, coding)
    return Decoded(pixels if photo.transparent else _opaque(pixels), orientation, coding)


def _pixels(image: ImageFile.ImageFile, source: Path, coding: Coding) -> Image.Image | Samples:
    """Read the pixels as deep as they are; Pillow reads them first, for it knows what is damage."""
    if coding.bits > 8:
        try:
            return read_samples(image, source.read_bytes(), coding.bits)
        except UnreadableError as error:
            if coding.space == "LAB":
                what = "cannot be decoded: L*a*b* of an unknown layout"
                raise DecodeError(what, "export it anew") from error
        if image.mode.startswith(("I", "F")):
            return of_greys(image)
    return decode.resamplable(image)


def _opaque(pixels: Image.Image | Samples) -> Image.Image | Samples:
    """Drop an alpha channel in which nothing is transparent."""
    if isinstance(pixels, Samples):
        return Samples(pixels.colours, None, pixels.space)
    return _without_alpha(pixels)


def _without_alpha(image: Image.Image) -> Image.Image:
    return image.convert(image.mode[:-1]) if image.mode in ("LA", "RGBA") else image


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
        values = ten_bit(raster)
        yield from (_encode_ten_bit(values, recipe, quality) for quality in qualities)
        return
    image = eight_bit(raster)
    if recipe.format == "png":
        yield _encode_with_pillow(image, recipe, 0)
        yield _encode_with_pillow(image.quantize(), recipe, 0)
    else:
        yield from (_encode_with_pillow(image, recipe, quality) for quality in qualities)


def _encode_ten_bit(values: Values, recipe: Recipe, quality: int) -> bytes:
    """Encode an AVIF of ten bits, which Pillow does not."""
    is_grey = values.ndim == 2 or values.shape[2] == 2
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
    rights = _rights(recipe, max(values.shape[:2]))
    return told_avif(body, profile, rights.encode()) if profile or rights else body


def _encode_with_pillow(image: Image.Image, recipe: Recipe, quality: int) -> bytes:
    buffer = io.BytesIO()
    profile = embedded(recipe.gamut) if image.mode != "L" else b""
    rights = _rights(recipe, max(image.size))
    image.save(
        buffer,
        OUTPUTS[recipe.format].pillow,
        icc_profile=profile or None,
        **_options(recipe, quality),
        **_told(recipe.format, rights),
    )
    return buffer.getvalue()


def _rights(recipe: Recipe, longest: int) -> str:
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
            return {"quality": quality, "method": _WEBP_METHOD[effort]}
        case "png":
            return {"compress_level": _PNG_LEVEL[effort]}
        case _:
            return {"quality": quality, "progressive": True, "optimize": True}


def _avif_quality(recipe: Recipe, quality: int) -> int:
    return max(1, quality - _AVIF_LESS[recipe.effort])
