"""Originals without what they tell: their bytes, their identity, or why they are not published."""

from collections.abc import Collection
from pathlib import Path

from generator.containers.parts import MalformedError
from generator.core.digest import digest_of
from generator.core.errors import Problem
from generator.core.layout import PICTURES
from generator.core.model import Photo
from generator.privacy.reader import findings
from generator.privacy.rights import rights_of, rights_packet
from generator.privacy.scrub import SCRUB_VERSION, scrub


def scrubbed(data: bytes, photo: Photo, fields: Collection[str]) -> bytes:
    """Return the bytes of a photo's file without what it tells, but for these fields of rights."""
    return scrub(data, photo.format, rights_of(photo.metadata, fields))


def scrubbed_identity(photo: Photo, fields: Collection[str]) -> str:
    """Name all that decides the bytes of a scrubbed original."""
    packet = rights_packet(rights_of(photo.metadata, fields))
    return f"scrubbed {SCRUB_VERSION} {digest_of(photo.digest.encode(), packet)}"


def why_not(photo: Photo, pictures: Path) -> Problem | None:
    """Say why the original of a photo cannot be scrubbed; None if it can. A task for a process.

    A damaged file may call its metadata pixels: what the independent reader still finds is a
    reason too.
    """
    try:
        told = findings(scrub((pictures / photo.path).read_bytes(), photo.format))
    except MalformedError as error:
        why = str(error)
    except OSError:
        # Whoever copies it will meet the same, and say so.
        return None
    else:
        if not told:
            return None
        why = f"among its pixels is {told[0].kind}: {told[0].detail}"
    what = f"its original is not published, for it cannot be scrubbed: {why}"
    return not_scrubbed(photo, what, "export it anew as JPEG, PNG or TIFF")


def not_scrubbed(photo: Photo, what: str, hint: str, *, passing: bool = False) -> Problem:
    """Return the warning that the original of a photo is missing in the site."""
    return Problem(
        f"{PICTURES}/{photo.path}", what, hint, "warning", passing, code="unscrubbable-original"
    )
