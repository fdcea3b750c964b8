"""The cache: what was kept comes back as it was, or not at all."""

import subprocess
import sys
import threading
from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import pytest

from generator.core.digest import digest_of
from generator.core.model import Size
from generator.state import store
from generator.state.store import MEMO, exclusive
from tests.support.sites import surroundings, tree

KEY = "ab" + "0" * 30
BLOBS = [b"", b"one", bytes(range(20))]
Put = Callable[[Path], None]
Get = Callable[[Path], object]

VALUE = {"a": Size(3, 2), "b": Size(1, 1)}


def fail() -> None:
    pytest.fail("nobody holds the lock")


def put_value(cache: Path) -> None:
    store.save(cache, MEMO, VALUE)


def put_blobs(cache: Path) -> None:
    store.put_pack(cache, KEY, BLOBS)


def get_value(cache: Path) -> object:
    return store.load(cache, MEMO, dict[str, Size])


def get_blobs(cache: Path) -> object:
    return store.get_pack(cache, KEY)


KINDS = pytest.mark.parametrize(
    ("put", "get", "value"),
    [(put_value, get_value, VALUE), (put_blobs, get_blobs, BLOBS)],
    ids=["value", "pack"],
)


@KINDS
def test_what_was_kept_comes_back(tmp_path: Path, put: Put, get: Get, value: object) -> None:
    put(tmp_path)
    assert get(tmp_path) == value


@KINDS
def test_what_was_never_kept_is_missing(tmp_path: Path, put: Put, get: Get, value: object) -> None:
    assert get(tmp_path / "nowhere") is None


@KINDS
def test_s8_what_is_cut_off_anywhere_is_missing(
    tmp_path: Path, put: Put, get: Get, value: object
) -> None:
    put(tmp_path)
    (file,) = (path for path in tmp_path.rglob("*") if path.is_file())
    whole = file.read_bytes()
    for length in range(len(whole)):
        file.write_bytes(whole[:length])
        assert get(tmp_path) is None, length
    file.write_bytes(whole + b"\0")
    assert get(tmp_path) is None


@KINDS
def test_s8_what_has_any_bit_flipped_is_missing(
    tmp_path: Path, put: Put, get: Get, value: object
) -> None:
    put(tmp_path)
    (file,) = (path for path in tmp_path.rglob("*") if path.is_file())
    whole = file.read_bytes()
    for at in range(len(whole)):
        damaged = bytearray(whole)
        damaged[at] ^= 1 << at % 8
        file.write_bytes(damaged)
        assert get(tmp_path) is None, at
    file.write_bytes(whole)
    assert get(tmp_path) == value


@KINDS
def test_nothing_else_is_left_beside_it(tmp_path: Path, put: Put, get: Get, value: object) -> None:
    put(tmp_path)
    put(tmp_path)
    assert len(tree(tmp_path)) == 1


def test_s8_a_value_of_another_shape_is_missing(tmp_path: Path) -> None:
    store.save(tmp_path, MEMO, VALUE)
    assert store.load(tmp_path, MEMO, list[int]) is None


def test_a_digest_tells_apart_how_bytes_are_divided() -> None:
    ways = [digest_of(*parts) for parts in ((), (b"",), (b"ab",), (b"a", b"b"), (b"b", b"a"))]
    assert len(set(ways)) == len(ways)
    assert {len(way) for way in ways} == {32}
    assert digest_of(b"a", b"b") == digest_of(b"a", b"b")


@pytest.mark.parametrize("kept", [each for n in range(4) for each in combinations(range(3), n)])
def test_a_collection_keeps_exactly_what_is_named(tmp_path: Path, kept: tuple[int, ...]) -> None:
    # Two of them share a folder.
    keys = ["aa" + "0" * 30, "aa" + "1" * 30, "bb" + "0" * 30]
    for key in keys:
        store.put_pack(tmp_path, key, [key.encode()])
    store.save(tmp_path, MEMO, VALUE)

    assert store.collect(tmp_path, (keys[at] for at in kept)) == len(keys) - len(kept)

    left = [at for at, key in enumerate(keys) if store.get_pack(tmp_path, key) == [key.encode()]]
    assert left == list(kept)
    assert get_value(tmp_path) == VALUE


def test_a_collection_removes_what_a_killed_build_left(tmp_path: Path) -> None:
    store.put_pack(tmp_path, KEY, BLOBS)
    before = tree(tmp_path)
    for scrap in (".memo.4711.tmp", f"variants/ab/.{KEY[2:]}.4711.tmp"):
        (tmp_path / scrap).write_bytes(b"half")
    store.collect(tmp_path, {KEY})
    assert tree(tmp_path) == before


def test_a_collection_of_nothing_is_nothing(tmp_path: Path) -> None:
    assert store.collect(tmp_path / "nowhere", {KEY}) == 0


def fill(cache: Path) -> None:
    """Put there whatever a build puts there."""
    with exclusive(cache, fail):
        store.put_pack(cache, KEY, BLOBS)
        for name in (MEMO, store.LAST, f"{store.OUTPUTS}/{KEY}"):
            store.save(cache, name, VALUE)


def test_removing_a_cache_leaves_no_folder(tmp_path: Path) -> None:
    fill(tmp_path / "cache")
    store.remove_all(tmp_path / "cache")
    assert list(tmp_path.iterdir()) == []


def test_removing_a_cache_leaves_what_is_not_ours(tmp_path: Path) -> None:
    fill(tmp_path)
    foreign = ("notes.txt", "variants/notes.txt", "mine/deep/notes.txt")
    for name in foreign:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("mine")
    store.remove_all(tmp_path)
    assert sorted(tree(tmp_path)) == sorted(foreign)


def test_removing_a_cache_that_is_not_there_is_no_fault(tmp_path: Path) -> None:
    store.remove_all(tmp_path / "nowhere")
    assert list(tmp_path.iterdir()) == []


def test_s5_the_lock_lets_one_in_and_then_the_next(tmp_path: Path) -> None:
    waiting, inside = threading.Event(), threading.Event()

    def wait_and_enter() -> None:
        with exclusive(tmp_path, waiting.set):
            inside.set()

    with exclusive(tmp_path, fail):
        other = threading.Thread(target=wait_and_enter, daemon=True)
        other.start()
        assert waiting.wait(timeout=30)
        assert not inside.is_set()
    assert inside.wait(timeout=30)
    other.join(timeout=30)


def test_s5_the_lock_is_free_again_after_a_failure(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), exclusive(tmp_path, fail):
        raise ZeroDivisionError
    with exclusive(tmp_path, fail):
        pass


def test_s5_the_lock_does_not_outlive_the_process_that_held_it(tmp_path: Path) -> None:
    code = (
        "import os; from pathlib import Path; from generator.state.store import exclusive\n"
        "with exclusive(Path(), lambda: os._exit(1)): print('held', flush=True); os._exit(0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=surroundings(),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout == "held\n"
    with exclusive(tmp_path, fail):
        pass


def test_s1_a_folder_that_another_process_makes_meanwhile_is_no_obstacle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "cache/variants"
    folder.mkdir(parents=True)
    unseen = [folder]
    is_dir = Path.is_dir

    def seen_late(path: Path) -> bool:
        if path in unseen:
            unseen.remove(path)
            return False
        return is_dir(path)

    monkeypatch.setattr(Path, "is_dir", seen_late)
    store.put_pack(tmp_path / "cache", "abcdef", [b"x"])

    assert store.get_pack(tmp_path / "cache", "abcdef") == [b"x"]
    assert unseen == []
