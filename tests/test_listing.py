"""Files as a build holds them: packed, and the same as they were."""

import os

from generator.core.files import stamp_of
from generator.core.listing import listing
from generator.core.model import Entry, Stamp


def test_a_listing_gives_back_what_it_holds() -> None:
    entries = [
        Entry("a.jpg", Stamp(0, -1, 2**63 - 1, 2**64 - 1)),
        Entry("b/größe, \n%.jpg", Stamp(2**62, -(2**63), 0, 0)),
    ]

    found = listing(entries)

    assert list(found) == entries and len(found) == 2
    assert found == listing(list(found)) != listing(entries[:1])
    assert not listing(()) and not list(listing(()))


def test_a_stamp_can_be_packed_whatever_the_disk_says() -> None:
    def status(**said: int) -> os.stat_result:
        named = {"st_mtime_ns": 0, "st_ctime_ns": 0} | said
        return os.stat_result((0o100644, said.pop("st_ino", 1), 1, 1, 0, 0, 5, 0, 0, 0), named)

    for odd in (
        status(st_mtime_ns=2**63),
        status(st_mtime_ns=-(2**80)),
        status(st_ctime_ns=2**70 + 5),
        status(st_ino=2**128 - 1),
    ):
        entry = Entry("a", stamp_of(odd))
        assert list(listing([entry])) == [entry]
    assert stamp_of(status(st_mtime_ns=-7)).mtime_ns == -7
