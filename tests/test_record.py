"""Records of published files: many in little memory, and nothing lost of any."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from generator.output.record import files_of, is_sound, paths_of, sizes_of
from tests.support.records import recorded
from tests.support.sites import Site, stamps

# Whatever a name may hold: a key within a key, dots, marks that stand for others elsewhere.
names = st.text(st.sampled_from("ab.-%\n\1\\é "), min_size=1).filter(lambda name: name.strip("."))
paths = st.lists(names, min_size=1, max_size=4).map("/".join)
lefts = st.tuples(
    st.integers(0, 2**62), st.integers(-(2**62), 2**62), st.binary(min_size=8, max_size=8)
)


@given(
    st.one_of(paths, paths.map(lambda path: f"{path}/")), st.dictionaries(paths, lefts, min_size=1)
)
def test_a_record_gives_back_what_was_recorded(
    key: str, files: dict[str, tuple[int, int, bytes]]
) -> None:
    record = recorded(key, "1", files)

    assert dict(files_of(key, record)) == files
    assert paths_of(key, record) == [*files]
    assert sizes_of(record) == [size for size, *_ in files.values()]
    assert is_sound(record)


@pytest.mark.parametrize("states", [b"", bytes(23), bytes(25), bytes(72)])
def test_a_record_that_cannot_be_is_told(states: bytes) -> None:
    record = recorded("a/", "1", {"image/a.jpg": (1, 2, bytes(8)), "full/a.jpg": (3, 4, bytes(8))})

    assert is_sound(record)
    assert not is_sound(replace(record, states=states))
    assert not is_sound(replace(record, names="\0.jpg"))


def test_of_a_photo_only_what_differs_is_written(small: Site) -> None:
    small.settings(Site.SETTINGS)
    small.photo("one.jpg")
    small.build()
    before = stamps(small.output)
    small.settings(f'{Site.SETTINGS}originals = "none"\n')

    report = small.build()

    after = stamps(small.output)
    kept = {path for path in before if path.startswith("image/")}
    assert {path: after[path] for path in kept} == {path: before[path] for path in kept}
    assert report.files_removed == 1
    assert "full/one.jpg" not in after


def test_of_a_photo_a_file_that_was_damaged_is_written_alone(small: Site) -> None:
    small.photo("one.jpg")
    small.build()
    before = stamps(small.output)
    (small.output / "image/one.jpg").write_bytes(b"damaged")

    report = small.build()

    after = stamps(small.output)
    assert (report.files_written, report.variants_made) == (1, 0)
    assert [path for path in before if after[path] != before[path]] == ["image/one.jpg"]
