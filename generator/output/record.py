"""How files were left, packed: a site of many photos has fifteen times as many files."""

from collections.abc import Iterable, Iterator, Sequence
from struct import Struct as Layout
from typing import cast

from msgspec import Struct

# Of a SHA-256: enough to tell a file from what became of it, not from a forgery.
DIGEST_SIZE = 8

# No path holds either: what stands for the key a unit goes by, and what is between two paths.
_KEY, _BETWEEN = "\0", "//"
_STATE = Layout(f"<qq{DIGEST_SIZE}s")


# How a file was left: its bytes, the time of change in ns, and what `content_digest` told of it.
Left = tuple[int, int, bytes]


class Record(Struct, frozen=True, array_like=True, gc=False):
    """A unit as we left it: what it was made as, where its files lie, and how each was left."""

    identity: str
    names: str
    states: bytes


def recorded(key: str, identity: str, paths: Sequence[str], lefts: Iterable[Left] = ()) -> Record:
    """Record a unit: where its files lie, and how each was left, if that is known."""
    return Record(identity, _packed(key, paths), b"".join(_STATE.pack(*left) for left in lefts))


def files_of(key: str, record: Record) -> Iterator[tuple[str, Left]]:
    """Yield every file of a record, and how it was left."""
    return zip(_unpacked(key, record.names), _lefts(record), strict=True)


def is_sound(record: Record) -> bool:
    """Tell whether what was read back can be a record: as many files as there are paths."""
    whole, rest = divmod(len(record.states), _STATE.size)
    return rest == 0 and whole == record.names.count(_BETWEEN) + 1


def sizes_of(record: Record) -> list[int]:
    """Return the bytes of each file of a record."""
    return [size for size, *_ in _lefts(record)]


def paths_of(key: str, record: Record) -> list[str]:
    """Return where the files of a record lie."""
    return _unpacked(key, record.names)


def _lefts(record: Record) -> Iterator[Left]:
    return cast(Iterator[Left], _STATE.iter_unpack(record.states))


def _packed(key: str, paths: Sequence[str]) -> str:
    """Join paths; most hold their key, that of a photo's page without its last slash."""
    known = key.removesuffix("/")
    return _BETWEEN.join([path.replace(known, _KEY) for path in paths])


def _unpacked(key: str, names: str) -> list[str]:
    return names.replace(_KEY, key.removesuffix("/")).split(_BETWEEN)
