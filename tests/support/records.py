"""Records of published files, as a build would have left them."""

from collections.abc import Mapping

from generator.output.record import Left, Record, packed_lefts, packed_paths


def recorded(key: str, identity: str, files: Mapping[str, Left]) -> Record:
    """Record how the files of a unit were left, by path."""
    names = packed_paths({key: [*files]}).packed[key]
    return Record(identity, names, packed_lefts(files.values()))
