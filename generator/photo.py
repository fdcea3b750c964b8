"""One picture file to a Photo: its digest, size and metadata, without keeping its pixels."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from generator import decode
from generator.coding import coding_of
from generator.colour import is_wide
from generator.errors import DecodeError, NotAPicture, Problem
from generator.files import mapped, stamp_of
from generator.formats import PICTURE_SUFFIXES, foreign_kind
from generator.geometry import turned
from generator.layout import PICTURES
from generator.metadata import read_metadata
from generator.model import Photo, Size, Stray


def read_photo(path: str, pictures: Path) -> Photo | Stray | Problem:
    """Read one file of the pictures folder.

    A file that is no picture is a stray, unless its name says that it is one: then it is a
    problem, with the reason, as is a picture that cannot be used.
    """
    source = pictures / path
    try:
        return _read(path, source)
    except NotAPicture as error:
        if source.suffix.lower() not in PICTURE_SUFFIXES:
            return Stray(foreign_kind(source.suffix))
        return Problem(f"{PICTURES}/{path}", error.what, error.hint)
    except DecodeError as error:
        return Problem(f"{PICTURES}/{path}", error.what, error.hint, passing=error.passing)
    except OSError as error:
        what, hint = f"cannot be read: {error.strerror}", "check its permissions"
        return Problem(f"{PICTURES}/{path}", what, hint, passing=True)


def read_photos(paths: Sequence[str], pictures: Path) -> list[Photo | Stray | Problem]:
    """Read some files of the pictures folder, in order: a task for a process."""
    return [read_photo(path, pictures) for path in paths]


def _read(path: str, source: Path) -> Photo:
    stamp = stamp_of(source.stat())
    with decode.opened(source) as image, mapped(source) as data:
        coding = coding_of(image, data)
        left, top, right, bottom = coding.crop or (0, 0, *image.size)
        stored = Size(right - left, bottom - top)
        return Photo(
            path=path,
            digest=hashlib.sha256(data).hexdigest(),
            stamp=stamp,
            format="JPEG" if image.format == "MPO" else image.format or "",
            size=turned(stored, decode.orientation_of(image)),
            metadata=read_metadata(image),
            wide=bool(coding.profile) and is_wide(coding.profile),
            deep=coding.bits > 8,
            hdr=coding.hdr,
            frames=decode.frames_of(image, stored),
            fault=coding.fault,
            # Last, for it may read the pixels, after which Pillow forgets parts of the file.
            transparent=decode.has_alpha(image),
        )
