"""One animated picture to an animated WebP: frame by frame, each as a still would be made.

Never more than a few frames are in memory, however many there are: the writer asks for one after
the other, and each is made when it is asked for.
"""

import io
import struct
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace
from PIL import Image, ImageFile

from generator.containers.parts import Data, MalformedError, boxes
from generator.core.errors import DecodeError
from generator.core.geometry import fit
from generator.core.model import Photo, Recipe, Size
from generator.pixels import decode
from generator.pixels.codec import WEBP_METHOD
from generator.pixels.coding import Coding, coding_of
from generator.pixels.colour import embedded
from generator.pixels.raster import Decoded, eight_bit, finished

# What a WebP has room for: plays of all frames, milliseconds of one; and libwebp, of them all.
_MOST_PLAYS = 2**16 - 1
_LONGEST_FRAME, _LONGEST_ANIMATION = 2**24 - 1, 2**31 - 1

_FOR_EVER = 0


class _Frame(Struct, frozen=True):
    """A finished frame, and for how many milliseconds it is shown."""

    image: Image.Image
    duration: float


class _Moving(Image.Image):
    """Frames as Pillow's writer asks for them: each is made when it is sought, and then forgotten.

    The writer reads the duration of a frame after it has sought it.
    """

    def __init__(self, frames: Iterator[_Frame], count: int) -> None:
        super().__init__()
        self.n_frames = count
        self.durations: list[float] = []
        self._frames = frames
        self.seek(0)

    def seek(self, frame: int) -> None:
        # At the end the writer goes back to the first, of which it wants nothing.
        if frame == len(self.durations):
            made = next(self._frames)
            self.im, self._mode, self._size = made.image.im, made.image.mode, made.image.size
            self.durations.append(made.duration)


def animate(source: Path, photo: Photo, recipe: Recipe) -> bytes:
    """Encode all frames of an animation as a recipe asks, with their durations and repetitions.

    Frames that do not differ from the one before become one. DecodeError names the frame that
    cannot be decoded.
    """
    buffer = io.BytesIO()
    with decode.opened(source) as image:
        plays = _plays(image, source)
        coding = coding_of(image, source.read_bytes)
        moving = _Moving(_frames(image, coding, photo, recipe), photo.form.frames)
        moving.save(
            buffer,
            "WEBP",
            save_all=True,
            duration=moving.durations,
            loop=min(plays, _MOST_PLAYS),
            quality=recipe.quality,
            method=WEBP_METHOD[recipe.effort],
            icc_profile=embedded(recipe.gamut) or None,
            xmp=recipe.rights.encode(),
        )
    return buffer.getvalue()


def counted(image: ImageFile.ImageFile, size: Size, source: Path) -> tuple[int, str]:
    """Count the frames of an animation; 1, and why, if not all can be decoded, or are too many."""
    try:
        frames = decode.frames_of(image, size)
        if frames > 1:
            _try_frames(source, frames)
    except DecodeError as error:
        if error.passing:
            raise
        return 1, error.what
    return frames, ""


def _try_frames(source: Path, count: int) -> None:
    with decode.opened(source) as image:
        for number in range(count):
            _pixels(image, number, count)


def _frames(
    image: ImageFile.ImageFile, coding: Coding, photo: Photo, recipe: Recipe
) -> Iterator[_Frame]:
    orientation = decode.orientation_of(image)
    size = fit(photo.size, recipe.outputs[0])
    # A frame that reaches beyond the picture is cut off where the still ends.
    coding = replace(coding, crop=coding.crop or (0, 0, *image.size))
    longest = min(_LONGEST_FRAME, _LONGEST_ANIMATION // photo.form.frames)
    for number in range(photo.form.frames):
        pixels = _pixels(image, number, photo.form.frames)
        duration = min(image.info.get("duration", 0), longest)
        decoded = Decoded(pixels, orientation, coding)
        raster = finished(decoded, size, recipe.gamut, recipe.light)
        yield _Frame(eight_bit(raster), duration)


def _pixels(image: ImageFile.ImageFile, number: int, count: int) -> Image.Image:
    try:
        with decode.in_words():
            image.seek(number + decode.frames_before(image))
            # GIF says in each frame how large the picture is.
            decode.frames_of(image, Size(*image.size))
            return decode.resamplable(image)
    except DecodeError as error:
        what = f"frame {number + 1:,} of {count:,}: {error.what}"
        raise DecodeError(what, error.hint, passing=error.passing, code=error.code) from error


def _plays(image: ImageFile.ImageFile, source: Path) -> int:
    """Return how often all frames are played, `_FOR_EVER` if without end.

    GIF tells how often they are repeated, if they are at all; WebP and APNG how often they are
    played (WebP container, ANIM; PNG, third edition, section 11.3.4.1).
    """
    match image.format:
        case "GIF":
            repeated = image.info.get("loop")
            if repeated is None:
                return 1
            return repeated + 1 if repeated else _FOR_EVER
        case "AVIF":
            return _plays_of_track(source.read_bytes())
        case _:
            return int(image.info.get("loop", _FOR_EVER))


def _plays_of_track(data: Data) -> int:
    """Read how often the track of an AVIF is played; without an edit list for ever.

    The edit repeats until the track ends (ISO/IEC 23008-12, 9.6.1; ISO/IEC 14496-12, 8.3.2, 8.6.6).
    """
    try:
        track = _inside(data, (b"moov", b"trak"))
        header, edits = _inside(data, (b"tkhd",), *track), _inside(data, (b"edts", b"elst"), *track)
        version, flags = data[edits[0]], data[edits[0] + 3]
        if not flags & 1:
            return 1
        (whole,) = struct.unpack_from(">28xQ" if data[header[0]] else ">20xI", data, header[0])
        (edit,) = struct.unpack_from(">8xQ" if version else ">8xI", data, edits[0])
    except (MalformedError, struct.error, IndexError):
        return _FOR_EVER
    is_endless = whole >= 2 ** (64 if data[header[0]] else 32) - 1 or not edit
    return _FOR_EVER if is_endless else -(-whole // edit)


def _inside(
    data: Data, way: tuple[bytes, ...], start: int = 0, end: int | None = None
) -> tuple[int, int]:
    """Return where the body of a box within boxes lies; MalformedError if it is not there."""
    for kind in way:
        found = next((box for box in boxes(data, start, end) if box.kind == kind), None)
        if found is None:
            raise MalformedError("a box is missing")
        start, end = found.body, found.body_end
    return start, len(data) if end is None else end
