"""The placeholders of many pictures, packed: a build holds those of a whole library all along."""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from itertools import compress

from generator.core.model import PLACEHOLDER_SIZE, Placeholder

_KEY_SIZE = 16
_RECORD_SIZE = _KEY_SIZE + PLACEHOLDER_SIZE
# So much of a key, which is a digest, tells nearly all apart, and is a number to compare.
_HEAD_SIZE = 8


class Placeholders:
    """Placeholders by the keys of what they were made of.

    `records` are keys of 16 bytes, each with its placeholder: given in any order, each key once,
    and sorted here.
    """

    __slots__ = ("_heads", "records")

    def __init__(self, records: bytes = b"") -> None:
        self.records = b"".join(sorted(_divided(records)))
        self._heads = array("Q", (_head(each) for each in _divided(self.records)))

    def get(self, key: str) -> Placeholder | None:
        """Return the placeholder of a key, if there is one."""
        number = self._number(bytes.fromhex(key))
        if number is None:
            return None
        return Placeholder(
            self.records[number * _RECORD_SIZE + _KEY_SIZE : (number + 1) * _RECORD_SIZE]
        )

    def lacking(self, keys: Iterable[str]) -> set[str]:
        """Return those of some keys that nothing goes by."""
        return set(keys).difference(each[:_KEY_SIZE].hex() for each in _divided(self.records))

    def among(self, keys: Iterable[str]) -> "Placeholders":
        """Return those that go by some keys."""
        wanted = bytearray(len(self))
        for key in keys:
            if (number := self._number(bytes.fromhex(key))) is not None:
                wanted[number] = True
        if all(wanted):
            return self
        return Placeholders(b"".join(compress(_divided(self.records), wanted)))

    def __len__(self) -> int:
        return len(self._heads)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Placeholders) and self.records == other.records

    __hash__ = None  # type: ignore[assignment]

    def __or__(self, newer: "Placeholders") -> "Placeholders":
        if not (self and newer):
            return newer or self
        replaced = {self._number(each[:_KEY_SIZE]) for each in _divided(newer.records)}
        older = enumerate(_divided(self.records))
        kept = (each for number, each in older if number not in replaced)
        return Placeholders(b"".join(kept) + newer.records)

    def _number(self, key: bytes) -> int | None:
        """Return which of the records goes by a key."""
        head = _head(key)
        number = bisect_left(self._heads, head)
        while number < len(self._heads) and self._heads[number] == head:
            at = number * _RECORD_SIZE
            if self.records[at : at + _KEY_SIZE] == key:
                return number
            number += 1
        return None


def record_of(key: str, placeholder: Placeholder) -> bytes:
    """Return a placeholder and the key of what it was made of, packed."""
    return bytes.fromhex(key) + bytes(placeholder)


def placeholders_of(found: Iterable[tuple[str, Placeholder]]) -> Placeholders:
    """Pack placeholders, each with the key of what it was made of."""
    return Placeholders(b"".join(record_of(key, each) for key, each in found))


def _divided(records: bytes) -> Iterator[bytes]:
    ends = range(_RECORD_SIZE, len(records) + 1, _RECORD_SIZE)
    return (records[end - _RECORD_SIZE : end] for end in ends)


def _head(key: bytes) -> int:
    return int.from_bytes(key[:_HEAD_SIZE])
