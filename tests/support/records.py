"""Records of published files, as a build would have left them."""

from collections.abc import Mapping

from generator.output import record
from generator.output.blocks import Records, packed
from generator.output.record import Left, Record


def recorded(key: str, identity: str, files: Mapping[str, Left]) -> Record:
    """Record how the files of a unit were left, by path."""
    return record.recorded(key, identity, [*files], files.values())


def records(*each: Mapping[str, Record]) -> Records:
    """Pack records by key, those of each mapping in blocks of their own."""
    return Records(tuple(block for some in each for block in packed(some.items())))


def staged(*paths: str) -> Records:
    """Record paths of which nothing else is known."""
    return records({path: record.recorded(path, "", [path]) for path in paths})
