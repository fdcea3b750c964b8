"""Placeholders as a build holds them: packed, and each under its key as it was."""

from generator.core.model import Placeholder
from generator.core.placeholders import Placeholders, placeholders_of, record_of

NEAR = "0011223344556677"


def key(number: int, head: str = NEAR) -> str:
    return f"{head}{number:016x}"


def of(number: int) -> Placeholder:
    return Placeholder(bytes([number]) * 21)


def test_every_placeholder_is_found_under_its_key() -> None:
    # Some with the same first half, and those at both ends.
    keys = [*map(key, range(5)), key(1, "f" * 16), key(0, "0" * 16), key(2**64 - 1, "f" * 16)]

    found = placeholders_of((each, of(number)) for number, each in enumerate(keys))

    assert [found.get(each) for each in keys] == [of(number) for number in range(len(keys))]
    assert len(found) == len(keys)
    for missing in (key(5), key(0, "f" * 16), key(0, "1" * 16), ""):
        assert found.get(missing) is None
    assert found.lacking({key(1), key(5), key(0, "1" * 16)}) == {key(5), key(0, "1" * 16)}


def test_the_order_does_not_matter_and_the_newer_counts() -> None:
    one, two = record_of(key(1), of(1)), record_of(key(2), of(2))

    both = Placeholders(one + two)

    assert both == Placeholders(two + one) == Placeholders(one) | Placeholders(two)
    assert both != Placeholders(one) and both.records == one + two
    assert both | placeholders_of([(key(1), of(9))]) == Placeholders(record_of(key(1), of(9)) + two)
    assert (both | Placeholders()) is both


def test_only_some_are_kept() -> None:
    found = placeholders_of((key(number), of(number)) for number in range(4))

    assert found.among([key(3), key(1), key(7)]) == placeholders_of(
        (key(number), of(number)) for number in (1, 3)
    )
    assert found.among(map(key, range(9))) is found
    assert not found.among([])


def test_half_a_record_is_none() -> None:
    record = record_of(key(1), of(1))

    assert Placeholders(record + record[:-1]) == Placeholders(record)
    assert len(Placeholders(record[:-1])) == 0
