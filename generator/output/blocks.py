"""Records by the thousand, packed: few are read when a site changes, the others are passed on."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain, islice

import msgspec
from msgspec import Struct

from generator.machines.hosting import Tally, crowded, summed, tallied
from generator.output.record import Record, is_sound, paths_of, sizes_of

# Records in a block, unless there are no more.
SIZE = 1_000

# A block is a pair: its tally, and its records by key. Either may be left unread.
Block = bytes | memoryview

_encode = msgspec.msgpack.Encoder().encode
_decode_records = msgspec.msgpack.Decoder(tuple[msgspec.Raw, dict[str, Record]]).decode
_split = msgspec.msgpack.Decoder(tuple[msgspec.Raw, msgspec.Raw]).decode
_tally = msgspec.msgpack.Decoder(Tally).decode


class Whereabouts(Struct, frozen=True, gc=False):
    """What a unit was made as, and the number of the block that its record is in."""

    identity: str
    block: int


class Records(Struct, frozen=True, dict=True):
    """Records of units by key, in blocks. Reading one that cannot be raises ValueError."""

    blocks: tuple[Block, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.blocks)

    def items(self) -> Iterator[tuple[str, Record]]:
        """Yield all; of these, no more than one block is in memory."""
        return chain.from_iterable(records_of(block).items() for block in self.blocks)

    @cached_property
    def index(self) -> Mapping[str, Whereabouts]:
        """Where the record of every unit is; ValueError if one cannot be a record."""
        return {
            key: Whereabouts(_sound(record).identity, number)
            for number, block in enumerate(self.blocks)
            for key, record in records_of(block).items()
        }

    def chosen(self, keys: Iterable[str]) -> Iterator[tuple[str, Record]]:
        """Yield the records of some units, if there are any, in the order of the blocks."""
        wanted: defaultdict[int, list[str]] = defaultdict(list)
        for key in keys:
            if (found := self.index.get(key)) is not None:
                wanted[found.block].append(key)
        for number, each in sorted(wanted.items()):
            records = records_of(self.blocks[number])
            yield from ((key, records[key]) for key in each)

    def tally(self) -> Tally:
        """Count all files, and of folders those that may hold more than some host takes."""
        return summed_up([packed_tally(block) for block in self.blocks])


NO_RECORDS = Records()


def records_of(block: Block) -> dict[str, Record]:
    """Return the records of a block by key."""
    return _decode_records(block)[1]


def packed(records: Iterable[tuple[str, Record]]) -> Iterator[bytes]:
    """Yield records in blocks, as they come."""
    left = iter(records)
    while block := dict(islice(left, SIZE)):
        files = (
            (paths_of(*each), sizes_of(each[1])) for each in block.items() if is_sound(each[1])
        )
        yield _encode((tallied(files), block))


def without(records: Records, keys: Collection[str]) -> Iterator[Block]:
    """Yield the blocks of records, without those of some units.

    Those that stay full are passed on as they are; what is left of the others comes behind them.
    """
    counts = Counter(found.block for found in records.index.values())
    changed = {found.block for key in keys if (found := records.index.get(key)) is not None}
    changed |= {number for number, count in counts.items() if count < SIZE}
    yield from (block for number, block in enumerate(records.blocks) if number not in changed)
    left = (records_of(records.blocks[number]).items() for number in sorted(changed))
    yield from packed(each for each in chain.from_iterable(left) if each[0] not in keys)


def packed_tally(block: Block) -> bytes:
    """Return the tally of a block, as it is packed there."""
    return bytes(_split(block)[0])


def summed_up(tallies: Sequence[bytes]) -> Tally:
    """Add up packed tallies, of folders those that may hold more than some host takes."""
    full = crowded(map(_tally, tallies), len(tallies))
    return summed(map(_tally, tallies), full)


def _sound(record: Record) -> Record:
    if not is_sound(record):
        raise ValueError
    return record
