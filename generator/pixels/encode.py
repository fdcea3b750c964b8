"""One photograph and its recipes to encoded variants: one decode, a cascade, every format."""

import io
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace
from PIL import Image, ImageChops, ImageFile

from generator.containers.parts import MalformedError
from generator.core.errors import DecodeError, Problem
from generator.core.files import stamp_of
from generator.core.formats import OUTPUTS
from generator.core.geometry import DRAFT_RATIO, cascade, fit, turned
from generator.core.layout import PICTURES
from generator.core.model import Job, Photo, Placeholder, Recipe, Size, Stamp
from generator.pixels import decode
from generator.pixels.animation import animate
from generator.pixels.codec import encode, rights_in
from generator.pixels.coding import Coding, coding_of
from generator.pixels.colour import converted
from generator.pixels.placeholder import placeholder_of
from generator.pixels.raster import Decoded, eight_bit, finished
from generator.pixels.resample import Light, Raster, resampled
from generator.pixels.svg import read_drawing
from generator.privacy.reader import findings
from generator.privacy.scrub import bare
from generator.state import store

if TYPE_CHECKING:
    from generator.pixels.deep import Samples

# Raise by one whenever the same source and recipe come out with other pixels or bytes.
RECIPE_VERSION = 6


# Of a photograph larger than this, a smaller variant has never been seen to take more bytes.
_SMALL = 1920


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
    try:
        blobs = decode.steadily(lambda: encode_photo(job, pictures))
    except DecodeError as error:
        return Rendered(problem=_refused(job.photo, error))
    for key, variants in blobs.items():
        store.put_pack(cache, key, variants)
    made = [len(blob) for variants in blobs.values() for blob in variants]
    shown = blobs.get(job.shown)
    return Rendered(len(made), sum(made), placeholder_of(shown[0]) if shown else None)


def try_job(job: Job, pictures: Path) -> Problem | None:
    """Decode a photo as its job would, to no end; return why it cannot be. A task for a process."""
    try:
        decode.steadily(lambda: _try(job, pictures / job.photo.path))
    except DecodeError as error:
        return _refused(job.photo, error)
    return None


def _try(job: Job, source: Path) -> None:
    photo = job.photo
    if photo.format == "SVG":
        read_drawing(source)
        return
    _, look = job.recipes[0]
    at_least = max(step for _, recipe in job.recipes for step in recipe.chain)
    _decode(source, photo, look.light, at_least)


class Asked(Struct, frozen=True):
    """One variant that somebody waits for: a photo, a recipe, and one of the recipe's outputs."""

    photo: Photo
    recipe: Recipe
    step: int

    @property
    def job(self) -> Job:
        """The least work of which this variant comes out with the bytes of the whole recipe."""
        outputs: tuple[int, ...] = (self.step,)
        if self.recipe.format == "png" or self.photo.size.longest <= _SMALL:
            # Of so little to tell, a larger variant may take fewer bytes: that decides of these.
            outputs = tuple(step for step in self.recipe.outputs if step >= self.step)
        return Job(self.photo, (("", replace(self.recipe, outputs=outputs)),))


def render_asked(asked: Asked, pictures: Path) -> bytes | Problem:
    """Make one variant, without keeping it; a bad picture is a problem returned."""
    try:
        (variants,) = decode.steadily(lambda: encode_photo(asked.job, pictures)).values()
    except DecodeError as error:
        return _refused(asked.photo, error)
    return variants[asked.job.recipes[0][1].outputs.index(asked.step)]


def _refused(photo: Photo, error: DecodeError) -> Problem:
    place = f"{PICTURES}/{photo.path}"
    return Problem(place, error.what, error.hint, passing=error.passing, code=error.code)


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
        raise DecodeError(what, "build again", passing=True, code="source-changed")
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
    is_still = photo.form.frames == 1 and not photo.form.stilled
    is_simple = is_still and not photo.form.deep and not photo.form.hdr
    return is_simple and recipe.gamut == "srgb" and OUTPUTS[recipe.format].pillow == photo.format


def _own(source: Path, photo: Photo, recipe: Recipe, image: Image.Image, encoded: bytes) -> bytes:
    """Return what the source has coded, if that is the same pixels in no more bytes.

    What would only lose by being encoded once more is published bare. As its pixels are compared
    with what was to be encoded, nothing can be amiss in colour, orientation or transparency.
    """
    rights = rights_in(recipe, photo.size.longest)
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
        shown = converted(pixels if photo.form.transparent else _without_alpha(pixels), b"", "srgb")
        is_alike = (shown.mode, shown.size) == (image.mode, image.size)
        return is_alike and not ImageChops.difference(shown, image).getbbox(alpha_only=False)


def _is_still(source: Path, stamp: Stamp) -> bool:
    try:
        return stamp_of(source.stat()) == stamp
    except (FileNotFoundError, NotADirectoryError):
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
        try:
            return _read(source, photo, fit(photo.size, enough))
        except DecodeError as error:
            if error.passing:
                raise
    return _read(source, photo, None)


def _read(source: Path, photo: Photo, at_least: Size | None) -> Decoded:
    with decode.opened(source) as image:
        orientation = decode.orientation_of(image)
        coding = coding_of(image, source.read_bytes)
        if at_least is not None:
            decode.shrink_on_load(image, turned(at_least, orientation))
        pixels = _pixels(image, source, coding)
    return Decoded(pixels if photo.form.transparent else _opaque(pixels), orientation, coding)


def _pixels(image: ImageFile.ImageFile, source: Path, coding: Coding) -> "Image.Image | Samples":
    """Read the pixels as deep as they are; Pillow reads them first, for it knows what is damage."""
    if not coding.exacting:
        return decode.resamplable(image)
    # Late, for its import is felt, and most pictures have eight bits.
    from generator.pixels.deep import UnreadableError, of_greys, read_samples  # noqa: PLC0415

    try:
        return read_samples(image, source.read_bytes(), coding.bits)
    except UnreadableError as error:
        if coding.space == "LAB":
            what = "cannot be decoded: L*a*b* of an unknown layout"
            raise DecodeError(what, "export it anew") from error
    return of_greys(image) if image.mode.startswith(("I", "F")) else decode.resamplable(image)


def _opaque(pixels: "Image.Image | Samples") -> "Image.Image | Samples":
    """Drop an alpha channel in which nothing is transparent."""
    if isinstance(pixels, Image.Image):
        return _without_alpha(pixels)
    return replace(pixels, alpha=None)


def _without_alpha(image: Image.Image) -> Image.Image:
    return image.convert(image.mode[:-1]) if image.mode in ("LA", "RGBA") else image
