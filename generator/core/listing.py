"""Files with their stamps, packed: a build holds those of a whole library all along."""

import re
from collections.abc import Iterable, Iterator

from msgspec import Struct

from generator.core.model import STAMP_SIZE, Entry, unpacked

_NAMES = re.compile(rb"[^\0]+")


class Listing(Struct, frozen=True, array_like=True, gc=False):
    """Files in some order: their paths, with a NUL after each, and as many packed stamps."""

    names: bytes
    stamps: bytes

    def __iter__(self) -> Iterator[Entry]:
        for number, name in enumerate(_NAMES.finditer(self.names)):
            yield Entry(name[0].decode(), unpacked(self.stamps, number * STAMP_SIZE))

    def __len__(self) -> int:
        return len(self.stamps) // STAMP_SIZE


def listing(entries: Iterable[Entry]) -> Listing:
    """Pack files, whose paths are Unicode, in the order given."""
    names, stamps = bytearray(), bytearray()
    for entry in entries:
        names += entry.path.encode() + b"\0"
        stamps += entry.stamp.packed
    return Listing(bytes(names), bytes(stamps))
