"""One file of the pictures folder to what it is: a Photo, a sidecar, or something else.

A Photo is a picture's digest, size and metadata, without its pixels.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from generator.core.errors import (
    DecodeError,
    LeftOut,
    NotAPicture,
    Problem,
    is_of_the_machine,
)
from generator.core.files import stamp_of
from generator.core.formats import BY_SUFFIX, foreign_kind
from generator.core.geometry import turned
from generator.core.layout import PICTURES
from generator.core.model import Form, Metadata, Photo, Sidecar, Size, Stray, photo_of
from generator.metadata import xmp
from generator.metadata.exif import safely
from generator.metadata.reading import of_xmp, read_metadata
from generator.pixels import decode
from generator.pixels.animation import counted
from generator.pixels.coding import coding_of
from generator.pixels.svg import is_drawing, read_drawing

SIDECAR_SUFFIX = ".xmp"

Found = Photo | Sidecar | Stray | Problem

# Of larger pictures pixels are read only while no others are.
_MOST_BESIDE = 40_000_000


def read_photo(path: str, pictures: Path, *, svg: bool = False) -> Photo | Stray | Problem:
    """Read one file of the pictures folder that is no sidecar; SVG is a picture if asked for.

    A file that is no picture is a stray, unless its name says that it is one: then it is a
    problem, with the reason, as is a picture that cannot be used.
    """
    found = _photo(path, pictures, svg=svg, alone=True)
    assert found is not None
    return found


def _photo(path: str, pictures: Path, *, svg: bool, alone: bool) -> Photo | Stray | Problem | None:
    source = pictures / path
    try:
        return decode.steadily(
            lambda: (
                _draw(path, source)
                if svg and is_drawing(source)
                else _read(path, source, alone=alone)
            )
        )
    except LeftOut as error:
        return Stray(error.kind)
    except NotAPicture as error:
        if not _is_called_a_picture(source.suffix.lower(), svg=svg):
            return Stray(foreign_kind(source.suffix))
        return Problem(f"{PICTURES}/{path}", error.what, error.hint, code="not-a-picture")
    except DecodeError as error:
        return Problem(
            f"{PICTURES}/{path}", error.what, error.hint, passing=error.passing, code=error.code
        )
    except OSError as error:
        return _unreadable(path, error)


def _is_called_a_picture(suffix: str, *, svg: bool) -> bool:
    known = BY_SUFFIX.get(suffix)
    if known is None:
        return False
    return svg if known.name == "SVG" else decode.can_open(known.name)


def read_sidecar(path: str, pictures: Path) -> Sidecar | Problem:
    """Read one file of XMP; what is wrong with it costs no picture."""
    try:
        with (pictures / path).open("rb") as file:
            packet = file.read(xmp.MAX_BYTES + 1)
        return Sidecar(of_xmp(xmp.parse(packet)))
    except ValueError as error:
        what = f"this sidecar is left out: {error}"
        return Problem(
            f"{PICTURES}/{path}",
            what,
            "write or copy it once more",
            "warning",
            code="damaged-sidecar",
        )
    except OSError as error:
        return _unreadable(path, error)


def read_files(
    paths: Sequence[str], pictures: Path, *, svg: bool, alone: bool = False
) -> list[Found | None]:
    """Read some files of the pictures folder, in order: a task for a process.

    None in the place of a picture that is so large that it must be read `alone`.
    """
    return [
        read_sidecar(path, pictures)
        if is_sidecar(path)
        else _photo(path, pictures, svg=svg, alone=alone)
        for path in paths
    ]


def is_sidecar(path: str) -> bool:
    """Tell whether a file says something about the pictures of its name."""
    return path.lower().endswith(SIDECAR_SUFFIX)


def _unreadable(path: str, error: OSError) -> Problem:
    if is_of_the_machine(error):
        raise error
    what = f"cannot be read: {error.strerror}"
    return Problem(
        f"{PICTURES}/{path}", what, "check its permissions", passing=True, code="unreadable-file"
    )


def _read(path: str, source: Path, *, alone: bool) -> Photo | None:
    stamp = stamp_of(source.stat())
    with decode.opened(source) as image:
        if (
            not alone
            and image.width * image.height > _MOST_BESIDE
            and decode.tells_by_pixels(image)
        ):
            return None
        coding = coding_of(image, source.read_bytes)
        left, top, right, bottom = coding.crop or (0, 0, *image.size)
        stored = Size(right - left, bottom - top)
        frames, stilled = counted(image, stored, source)
        metadata = safely(lambda: read_metadata(image), Metadata())
        form = Form(
            format="JPEG" if image.format == "MPO" else image.format or "",
            size=turned(stored, decode.orientation_of(image)),
            wide=coding.wide,
            deep=coding.bits > 8,
            hdr=coding.hdr,
            frames=frames,
            fault=coding.fault,
            stilled=stilled,
            # Last, for it may read the pixels, after which Pillow forgets parts of the file.
            transparent=decode.has_alpha(image, coding.bits),
        )
        return photo_of(path, _digest(source), stamp, form, metadata)


def _draw(path: str, source: Path) -> Photo:
    stamp = stamp_of(source.stat())
    form = Form("SVG", read_drawing(source).size, transparent=True)
    return photo_of(path, _digest(source), stamp, form, Metadata())


def _digest(source: Path) -> str:
    with source.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
