"""Picture files spoiled on purpose: seeded, so that every mutant comes back by its number."""

import random
import struct
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import pairwise

from generator.containers.parts import (
    MalformedError,
    boxes,
    gif_blocks,
    jpeg_segments,
    png_chunks,
    tiff_directories,
    webp_chunks,
)

# Boxes that hold boxes, and how far on these begin (ISO/IEC 14496-12; ISO/IEC 15444-1).
_FULL = {b"meta": 4, b"iref": 4, b"iinf": 6, b"dref": 8, b"stsd": 8}
_HOLDERS = frozenset(
    (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"iprp", b"ipco", b"jp2h", b"edts", *_FULL)
)

# Numbers that headers are not prepared for.
_EXTREMES = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x1_0000, 0x7FFF_FFFF, 0xFFFF_FFFF)

Mutation = Callable[[random.Random, bytes, bytes], bytes]


def boundaries(body: bytes) -> tuple[int, ...]:
    """Return where the parts of a file begin and end, as far as they can be told, without 0."""
    found: set[int] = set()
    for walk in (_segments, _chunks, _riff, _blocks, _boxes, _directories):
        with suppress(MalformedError, struct.error, IndexError):
            for at in walk(body):
                found.add(at)
    return tuple(sorted(at for at in found if 0 < at <= len(body)))


def _segments(body: bytes) -> Iterator[int]:
    for part in jpeg_segments(body):
        yield from (part.start, part.body, part.body_end, part.end)


def _chunks(body: bytes) -> Iterator[int]:
    for part in png_chunks(body):
        yield from (part.start, part.body, part.body_end, part.end)


def _riff(body: bytes) -> Iterator[int]:
    for part in webp_chunks(body):
        yield from (part.start, part.body, part.end)


def _blocks(body: bytes) -> Iterator[int]:
    for part in gif_blocks(body):
        yield from (part.start, part.body, part.end)


def _boxes(body: bytes, start: int = 0, end: int | None = None) -> Iterator[int]:
    for part in boxes(body, start, end):
        yield from (part.start, part.body, part.end)
        if part.kind in _HOLDERS:
            yield from _boxes(body, part.body + _FULL.get(part.kind, 0), part.end)


def _directories(body: bytes) -> Iterator[int]:
    for directory in tiff_directories(body):
        yield from (directory.start, directory.end)
        for entry in directory.entries:
            yield from (entry.at, entry.start, entry.end)


def _place(rng: random.Random, body: bytes) -> int:
    """Choose where parts meet, or anywhere in a file whose parts nobody knows."""
    return rng.choice(boundaries(body) or range(1, len(body)))


def flipped(rng: random.Random, body: bytes, _: bytes) -> bytes:
    """Turn over a few bits anywhere."""
    changed = bytearray(body)
    for _bit in range(rng.randint(1, 8)):
        changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def overwritten(rng: random.Random, body: bytes, _: bytes) -> bytes:
    """Put zeros, ones or noise in the place of a run of bytes."""
    at, length = rng.randrange(len(body)), rng.randint(1, 64)
    noise = rng.choice((bytes(length), b"\xff" * length, rng.randbytes(length)))
    return body[:at] + noise + body[at + length :]


def truncated(rng: random.Random, body: bytes, _: bytes) -> bytes:
    """Cut where parts meet, or one byte before or behind."""
    return body[: max(1, _place(rng, body) + rng.choice((-1, 0, 0, 1)))]


def cut(rng: random.Random, body: bytes, _: bytes) -> bytes:
    """Cut anywhere; what is missing may be there as zeros, as downloads that broke off have it."""
    at = rng.randrange(1, len(body))
    return body[:at] + bytes(len(body) - at) * rng.randint(0, 1)


def spliced(rng: random.Random, body: bytes, other: bytes) -> bytes:
    """Join the head of one file and the body of another, where their parts begin."""
    return body[: _place(rng, body)] + other[_place(rng, other) :]


def forged(rng: random.Random, body: bytes, _: bytes) -> bytes:
    """Write a number that is out of bounds into a header; checksums of a PNG are put right."""
    changed = bytearray(body)
    at = min(_place(rng, body) + rng.randrange(24), len(body) - 1)
    size = rng.choice((1, 2, 4))
    number = rng.choice(_EXTREMES) & (256**size - 1)
    changed[at : at + size] = number.to_bytes(size, rng.choice(("big", "little")))
    return _checked(bytes(changed))


def _checked(body: bytes) -> bytes:
    changed = bytearray(body)
    with suppress(MalformedError, struct.error):
        for part in png_chunks(body):
            checksum = zlib.crc32(body[part.start + 4 : part.body_end])
            struct.pack_into(">I", changed, part.body_end, checksum)
    return bytes(changed)


def shuffled(rng: random.Random, body: bytes, _: bytes) -> bytes:
    """Leave a part out, double it, or exchange two."""
    spans = list(pairwise((0, *boundaries(body), len(body))))
    one, other = rng.randrange(len(spans)), rng.randrange(len(spans))
    match rng.randrange(3):
        case 0:
            del spans[one]
        case 1:
            spans.insert(other, spans[one])
        case _:
            spans[one], spans[other] = spans[other], spans[one]
    return b"".join(body[start:end] for start, end in spans)


MUTATIONS: tuple[Mutation, ...] = (
    flipped,
    overwritten,
    truncated,
    cut,
    spliced,
    forged,
    shuffled,
)


def mutants(originals: Mapping[str, bytes], numbers: Sequence[int]) -> Iterator[tuple[str, bytes]]:
    """Yield a mutant for each number, named after its original and what was done to it."""
    names = sorted(originals)
    for number in numbers:
        rng = random.Random(number)
        name = names[number % len(names)]
        mutation = MUTATIONS[number // len(names) % len(MUTATIONS)]
        body = mutation(rng, originals[name], originals[rng.choice(names)])
        yield f"{number} {name} {mutation.__name__}", body or b"\0"
