"""What files of the site are filled with: bytes, a photograph's own file, or an archive of such."""

import hashlib
import io
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, cast
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from msgspec import Struct

from generator.core.files import naming, open_regular, stamp_of
from generator.core.model import Member, Photo
from generator.output.record import DIGEST_SIZE

_CHUNK = 1 << 20

# The first moment that an archive can tell.
_UNDATED = (1980, 1, 1, 0, 0, 0)
_UNIX, _READABLE = 3, 0o100644 << 16


class SourceChangedError(Exception):
    """A photo is no longer the one that was planned; it alone must be left out."""

    def __init__(self, path: str) -> None:
        self.path = path
        super().__init__(path)


class Original(Struct, frozen=True):
    """The bytes of a photograph's own file, to be copied as they are."""

    source: Path
    photo: Photo

    def read(self) -> bytes:
        """Return the bytes; SourceChangedError if they are no longer those that were planned."""
        buffer = io.BytesIO()
        self.copy_to(buffer)
        return buffer.getvalue()

    def copy_to(self, target: BinaryIO) -> None:
        """Copy the bytes, or let the file system share them; SourceChangedError if it changed."""
        try:
            with open_regular(self.source) as source:
                before = stamp_of(os.fstat(source.fileno()))
                _copy(source, target, before.size, self.source)
                after = stamp_of(os.fstat(source.fileno()))
        except FileNotFoundError as error:
            raise SourceChangedError(self.photo.path) from error
        if not before == after == self.photo.stamp:
            raise SourceChangedError(self.photo.path)


def _copy(source: BinaryIO, target: BinaryIO, size: int, path: Path) -> None:
    # Where the file system can, this shares the blocks instead of copying them; into memory, none.
    if hasattr(os, "copy_file_range"):
        with suppress(OSError):
            while size > 0 and (
                copied := os.copy_file_range(source.fileno(), target.fileno(), size)
            ):
                size -= copied
    # Wherever that stopped, both files stand at the same place.
    for chunk in _chunks(source, path):
        target.write(chunk)


def _chunks(source: BinaryIO, path: Path) -> Iterator[bytes]:
    with naming(path):
        while chunk := source.read(_CHUNK):
            yield chunk


Single = bytes | Original


class Archive(Struct, frozen=True):
    """Files one behind the other, as they are: pictures do not shrink (APPNOTE 6.3.10).

    The content of a member is fetched when it is its turn, so that only one is in memory.
    """

    members: tuple[tuple[Member, Callable[[], Single]], ...]

    def copy_to(self, target: BinaryIO) -> None:
        """Write the archive; SourceChangedError if a photograph changed."""
        with ZipFile(target, "w", ZIP_STORED) as archive:
            for member, fetch in self.members:
                content = fetch()
                with archive.open(_entry(member, content), "w") as inside:
                    write_to(cast(BinaryIO, inside), content)


Content = Single | Archive


def write_to(target: BinaryIO, content: Content) -> None:
    """Write a content; SourceChangedError if a photograph is no longer the one planned."""
    if isinstance(content, bytes):
        target.write(content)
    else:
        content.copy_to(target)


def content_digest(content: Content, place: Path) -> bytes:
    """Return the digest of a content, which was written to a place.

    That of a photograph is known, and is not that of a bad copy.
    """
    if isinstance(content, bytes):
        return hashlib.sha256(content).digest()[:DIGEST_SIZE]
    if isinstance(content, Original):
        return bytes.fromhex(content.photo.digest)[:DIGEST_SIZE]
    return file_digest(place)


def file_digest(path: Path) -> bytes:
    """Return the digest of the content of a regular file."""
    with open_regular(path) as file:
        return hashlib.file_digest(file, "sha256").digest()[:DIGEST_SIZE]


def _entry(member: Member, content: Single) -> ZipInfo:
    """Describe a member by nothing that the machine or the day decide."""
    entry = ZipInfo(member.name, _moment(member.taken))
    entry.create_system, entry.external_attr = _UNIX, _READABLE
    # Known beforehand, it tells whether the numbers of large archives are needed.
    entry.file_size = content_size(content)
    return entry


def _moment(taken: str) -> tuple[int, int, int, int, int, int]:
    """Return the wall time as archives tell it, from 1980 to 2107."""
    moment = datetime.fromisoformat(taken) if taken else datetime.min
    return moment.timetuple()[:6] if 1980 <= moment.year < 2108 else _UNDATED


def content_size(content: Single) -> int:
    """Return the number of bytes of a content."""
    return len(content) if isinstance(content, bytes) else content.photo.stamp.size
