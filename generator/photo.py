"""One picture file to a Photo: its digest, size and metadata, without keeping its pixels."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from generator import decode
from generator.errors import DecodeError, LeftOut, NotAPicture, Problem
from generator.files import stamp_of
from generator.formats import BY_SUFFIX, foreign_kind
from generator.geometry import turned
from generator.layout import PICTURES
from generator.metadata import read_metadata
from generator.model import Metadata, Photo, Size, Stray
from generator.svg import is_drawing, read_drawing


def read_photo(path: str, pictures: Path, *, svg: bool = False) -> Photo | Stray | Problem:
    """Read one file of the pictures folder; SVG is a picture if it is asked for.

    A file that is no picture is a stray, unless its name says that it is one: then it is a
    problem, with the reason, as is a picture that cannot be used.
    """
    source = pictures / path
    try:
        with decode.in_words():
            return _draw(path, source) if svg and is_drawing(source) else _read(path, source)
    except LeftOut as error:
        return Stray(error.kind)
    except NotAPicture as error:
        if not _is_called_a_picture(source.suffix.lower(), svg=svg):
            return Stray(foreign_kind(source.suffix))
        return Problem(f"{PICTURES}/{path}", error.what, error.hint)
    except DecodeError as error:
        return Problem(f"{PICTURES}/{path}", error.what, error.hint, passing=error.passing)


def _is_called_a_picture(suffix: str, *, svg: bool) -> bool:
    known = BY_SUFFIX.get(suffix)
    if known is None:
        return False
    return svg if known.name == "SVG" else decode.can_open(known.name)


def read_photos(
    paths: Sequence[str], pictures: Path, *, svg: bool
) -> list[Photo | Stray | Problem]:
    """Read some files of the pictures folder, in order: a task for a process."""
    return [read_photo(path, pictures, svg=svg) for path in paths]


def _read(path: str, source: Path) -> Photo:
    stamp = stamp_of(source.stat())
    with decode.opened(source) as image:
        return Photo(
            path=path,
            digest=_digest(source),
            stamp=stamp,
            format="JPEG" if image.format == "MPO" else image.format or "",
            size=turned(Size(*image.size), decode.orientation_of(image)),
            metadata=read_metadata(image),
            # Last, for it may read the pixels, after which Pillow forgets parts of the file.
            transparent=decode.has_alpha(image),
        )


def _draw(path: str, source: Path) -> Photo:
    stamp = stamp_of(source.stat())
    size = read_drawing(source).size
    return Photo(
        path=path,
        digest=_digest(source),
        stamp=stamp,
        format="SVG",
        size=size,
        metadata=Metadata(),
        transparent=True,
    )


def _digest(source: Path) -> str:
    with source.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
