"""State that was damaged, forged or copied costs time, and never a wrong page or a foreign file."""

import errno
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generator.build import Last
from generator.core import files
from generator.core.digest import digest_of
from generator.core.model import Photo, Size
from generator.library.scan import Memo, Remembered
from generator.output import publish
from generator.output.manifest import Manifest, open_manifest, save_manifest
from generator.output.record import (
    DIGEST_SIZE,
    Left,
    Record,
    files_of,
)
from generator.state import store
from tests.support.cases import cases
from tests.support.records import recorded, records, staged
from tests.support.sites import Site, scraps, stamps, tree
from tests.test_incremental import TICK_NS, settle

posix = pytest.mark.skipif(sys.platform == "win32", reason="links, pipes and modes are POSIX's")

SETTINGS = (
    '[site]\nbase_url = "https://example.org/"\nicon = "a.jpg"\n'
    '[images]\nmax_dimensions = [16]\ndefault_dimension = 16\nformats = ["jpeg"]\n'
    "[albums]\ndownload = true\n"
)

Damage = Callable[[Path], object]


class Ground:
    """A site that was built, and what it should be; set up again for each damage."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.site = Site(folder / "site")
        self.site.settings(SETTINGS)
        self.site.photo("a.jpg", 1, 24, 20)
        self.site.photo("coast/b.jpg", 2, 24, 20)
        self.site.text("about.md", "# About\n\n![a](a.jpg)\n")
        (folder / "precious").mkdir()
        (folder / "precious/letter.txt").write_bytes(b"the only copy")
        settle(self.site, TICK_NS)
        self.site.build()
        self.right = tree(self.site.output)
        shutil.copytree(self.site.root, folder / "kept")
        self.sources = stamps(self.site.pictures), stamps(folder / "precious")

    def state(self) -> list[Path]:
        """Return every file that the next build may believe."""
        found = (path.relative_to(self.site.cache) for path in self.site.cache.rglob("*"))
        return sorted(path for path in found if (self.site.cache / path).is_file())

    def set_up(self) -> None:
        for mine in (self.folder / "precious").glob(".*"):
            mine.unlink()
        for name in (".cache", "output"):
            shutil.rmtree(self.site.root / name, ignore_errors=True)
            shutil.copytree(self.folder / "kept" / name, self.site.root / name, symlinks=True)

    def assert_right(self) -> None:
        """Build, and find the right site, nothing else touched, and nothing left to do."""
        self.site.build()
        assert tree(self.site.output) == self.right
        assert (stamps(self.site.pictures), stamps(self.folder / "precious")) == self.sources
        assert scraps(self.site) == []
        again = self.site.build()
        assert (again.files_written, again.files_removed, again.photos_rendered) == (0, 0, 0)


@pytest.fixture(scope="module")
def ground() -> Iterator[Ground]:
    # Nobody cuts the power here, and waiting for the disk takes longer than all the rest.
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patches:
        patches.setattr(os, "sync", lambda: None)
        patches.setattr(os, "fsync", lambda descriptor: None)
        patches.setattr(files, "CLOCK_TICK_NS", TICK_NS)
        yield Ground(Path(folder))


def cut(place: Path, at: float) -> None:
    body = place.read_bytes()
    place.write_bytes(body[: int(len(body) * at)])


def flip(place: Path, at: float) -> None:
    # What was damaged before may be empty.
    body = bytearray(place.read_bytes() or b"x")
    body[int((len(body) - 1) * at)] ^= 1 << int(at * 8e6) % 8
    place.write_bytes(body)


def replaced_by_folder(place: Path, at: float) -> None:
    place.unlink()
    place.mkdir()
    if at > 0.5:
        (place / "inside").write_bytes(b"x")


def replaced_by_link(place: Path, at: float) -> None:
    place.unlink()
    (root,) = (folder for folder in place.parents if folder.name == ".cache")
    place.symlink_to(root.parents[1] / "precious/letter.txt" if at > 0.5 else "nowhere")


def replaced_by_pipe(place: Path, at: float) -> None:
    place.unlink()
    os.mkfifo(place)


def doubled(place: Path, at: float) -> None:
    place.write_bytes(place.read_bytes() * 2)


def sealed(place: Path, at: float) -> None:
    """Seal what is no value of ours as if it were."""
    values: list[Any] = [
        None, 0, -1, "", [], {}, b"\xff", {"place": "output"}, ["x"] * 9, {"version": 3},
        [[0, 0, [0, ""], {}], {"../x": ["", "../x", b""]}], [{}, {}], [[1], {"../x": "y"}],
    ]  # fmt: skip
    body = msgspec.msgpack.encode(values[int(at * len(values)) % len(values)])
    name = place.name
    if place.parent.name == store.OUTPUTS:
        name = f"{store.OUTPUTS}/{place.name}"
        head = msgspec.msgpack.encode({"place": "output", "adopted": False, "token": "x"})
        with store.saving_parts(place.parents[1], name) as add:
            for part in (head, body) if at * 997 % 1 < 0.7 else (body, head):
                add(part)
        return
    if place.parents[1].name == "variants":
        name = place.parent.name + place.name
    store._write(place, name, body)


KINDS: dict[str, Callable[[Path, float], object]] = {
    "cut": cut,
    "flipped": flip,
    "empty": lambda place, at: place.write_bytes(b""),
    "zeros": lambda place, at: place.write_bytes(bytes(place.stat().st_size)),
    "doubled": doubled,
    "gone": lambda place, at: place.unlink(),
    "a folder": replaced_by_folder,
    "forged": sealed,
    **({} if sys.platform == "win32" else {"a link": replaced_by_link, "a pipe": replaced_by_pipe}),
}


@settings(
    max_examples=cases(12), suppress_health_check=list(HealthCheck), derandomize=cases(1) == 1
)
@given(
    damages=st.lists(
        st.tuples(st.integers(0, 99), st.sampled_from(sorted(KINDS)), st.floats(0, 1)),
        min_size=1,
        max_size=4,
    ),
    lost=st.sampled_from(["", "output/image", "output/coast", "output/full", ".cache/last"]),
)
def test_s8_state_damaged_in_any_way_costs_time_and_never_a_wrong_page(
    ground: Ground, damages: list[tuple[int, str, float]], lost: str
) -> None:
    ground.set_up()
    state = ground.state()
    for pick, kind, at in damages:
        place = ground.site.cache / state[pick % len(state)]
        if place.is_file() and not place.is_symlink():
            KINDS[kind](place, at)
    # What is no longer there is made of what the cache holds.
    remove(ground.site.root / lost) if lost else None
    ground.assert_right()


def remove(place: Path) -> None:
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place)
    else:
        place.unlink(missing_ok=True)


def left(place: Path) -> Left:
    status = place.stat()
    return status.st_size, status.st_mtime_ns, bytes(DIGEST_SIZE)


PATHS = (
    *("../../precious/letter.txt", "coast/../../../precious/letter.txt", "..", ".", "", "/"),
    *("../../precious", "\0", "coast/\0x", "index.html/../../../precious/letter.txt"),
    *("./about/index.html", "coast/../about/index.html", "C:/x", "\\\\x\\y"),
)


@pytest.mark.parametrize("field", ["units", "staged", "switching"])
def test_s8_a_manifest_that_lists_places_outside_or_twice_has_nothing_removed(
    ground: Ground, field: str
) -> None:
    ground.set_up()
    known = open_manifest(ground.site.output, ground.site.cache)
    letter = ground.folder / "precious/letter.txt"
    # What is written beside its place before it is switched has such a name.
    beside = [letter.with_name(f".{digest_of(name)[:12]}.part") for name in (b"letter.txt", b"x")]
    for each in beside:
        each.write_bytes(b"mine")
    paths = [*PATHS, str(letter), str(letter.with_name("x")), "../../precious/x"]
    page = left(ground.site.output / "about/index.html")
    forgery = {path: page if "about" in path else left(letter) for path in paths}
    lies = {"forged": recorded("forged", "", forgery)}
    forged: Manifest = {
        "staged": msgspec.structs.replace(known, begun=staged(*paths)),
        "switching": msgspec.structs.replace(known, begun=records(lies)),
        "units": msgspec.structs.replace(
            known, units=records(dict(known.units.items()) | lies), token="other"
        ),
    }[field]
    save_manifest(forged, ground.site.cache)
    before = stamps(ground.folder / "precious")

    ground.site.build()
    assert tree(ground.site.output) == ground.right
    save_manifest(forged, ground.site.cache)
    publish.remove_all(ground.site.cache)

    assert stamps(ground.folder / "precious") == before
    assert tree(ground.site.output) == {}


@pytest.mark.parametrize("place", ["../precious", ".", "", "..", "pictures/..", "\0", "output"])
def test_s8_a_manifest_that_speaks_of_another_folder_is_not_believed(
    ground: Ground, place: str
) -> None:
    ground.set_up()
    letter = ground.folder / "precious/letter.txt"
    paths = {"letter.txt": left(letter), "a.jpg": left(ground.site.pictures / "a.jpg")}
    listed = {"x": recorded("x", "", paths)}
    (kept,) = (each for each in (ground.site.cache / store.OUTPUTS).iterdir() if not each.suffix)
    # Under the name of the right one, and under that which its place would have.
    name = f"{store.OUTPUTS}/{digest_of(place.encode(), b'')[:16]}"
    forgery = Manifest(place, records(listed), token="x")
    save_manifest(forgery, ground.site.cache)
    assert (ground.site.cache / name).exists()
    if place != "output":
        parts = store.load_parts(ground.site.cache, name)
        assert parts is not None
        with store.saving_parts(ground.site.cache, f"{store.OUTPUTS}/{kept.name}") as add:
            for part in parts:
                add(part)

    ground.assert_right()
    publish.remove_all(ground.site.cache)
    assert stamps(ground.folder / "precious") == ground.sources[1]


LIES: dict[str, Callable[[str, Record], Record]] = {
    "sizes": lambda key, record: lied(key, record, lambda left: (7, *left[1:])),
    "negative": lambda key, record: lied(key, record, lambda left: (-1, *left[1:])),
    "long ago": lambda key, record: lied(key, record, lambda left: (left[0], -(2**63), left[2])),
    "identities": lambda key, record: msgspec.structs.replace(record, identity=""),
    "fewer states": lambda key, record: msgspec.structs.replace(record, states=b""),
    "half a state": lambda key, record: msgspec.structs.replace(record, states=b"x"),
    "more names": lambda key, record: msgspec.structs.replace(record, names="a//b//c//d//e"),
    "no names": lambda key, record: msgspec.structs.replace(record, names=""),
}


def lied(key: str, record: Record, lie: Callable[[Left], Left]) -> Record:
    return recorded(key, record.identity, {path: lie(each) for path, each in files_of(key, record)})


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_s8_records_that_lie_cost_time_and_never_a_wrong_page(
    ground: Ground, lie: Callable[[str, Record], Record]
) -> None:
    ground.set_up()
    known = open_manifest(ground.site.output, ground.site.cache)
    lies = {key: lie(key, record) for key, record in known.units.items()}
    save_manifest(msgspec.structs.replace(known, units=records(lies)), ground.site.cache)
    shutil.rmtree(ground.site.output / "image")

    ground.assert_right()


def lying(memo: Memo) -> Iterator[dict[str, Remembered]]:
    """Yield memos that tell of one file what is not so, or cannot be."""
    name = "pictures/a.jpg"
    other = memo.files["pictures/coast/b.jpg"]
    mine = memo.files[name]
    assert isinstance(mine.value, Photo)
    photo = msgspec.structs.replace(mine.value, path="../../precious/letter.txt")
    about = memo.files["content/about.md"]
    for value in (other.value, photo, about.value):
        yield memo.files | {name: msgspec.structs.replace(mine, value=value)}
    form = mine.value.form
    lies: tuple[dict[str, Any], ...] = (
        *({"form": msgspec.structs.replace(form, size=size)} for size in (Size(0, 0), Size(-1, 5))),
        *({"file": mine.value.file[:length]} for length in (0, 40, 64)),
        *({"file": mine.value.file[:64] + said} for said in (b"\xc1", b"\x81\xa5title\x01")),
    )
    for lie in lies:
        photo = msgspec.structs.replace(mine.value, **lie)
        yield memo.files | {name: msgspec.structs.replace(mine, value=photo)}
    yield dict.fromkeys(memo.files, other)
    yield {each[::-1]: found for each, found in memo.files.items()}


def test_s8_a_memo_that_lies_about_files_or_cannot_be_true_is_not_believed(
    ground: Ground,
) -> None:
    ground.set_up()
    memo = store.load(ground.site.cache, store.MEMO, Memo)
    assert memo is not None
    # So that all is looked at, whether it changed or not.
    for lies in lying(memo):
        ground.set_up()
        store.save(ground.site.cache, store.MEMO, Memo(memo.version, lies))
        (ground.site.cache / store.LAST).unlink()
        ground.assert_right()


def test_s8_what_another_version_wrote_is_read_anew_and_that_is_told(ground: Ground) -> None:
    ground.set_up()
    memo = store.load(ground.site.cache, store.MEMO, Memo)
    last = store.load(ground.site.cache, store.LAST, Last)
    assert memo is not None and last is not None
    store.save(ground.site.cache, store.MEMO, msgspec.structs.replace(memo, version="0 pillow 1"))
    store.save(ground.site.cache, store.LAST, msgspec.structs.replace(last, made_of="older"))

    done = ground.site.run("build", "--jobs", "1")

    assert done.returncode == 0
    (line,) = [line for line in done.stderr.splitlines() if ".cache" in line]
    assert "of another version" in line
    ground.assert_right()


def test_s8_damage_is_told_in_one_line_each(ground: Ground) -> None:
    ground.set_up()
    for path in ground.site.cache.rglob("*"):
        if path.is_file():
            path.write_bytes(b"")

    done = ground.site.run("build", "--jobs", "1")

    assert done.returncode == 0
    told = [line for line in done.stderr.splitlines() if not line.startswith("R")]
    assert [line.split()[0] for line in told] == ["No", ".cache/memo"]
    ground.assert_right()


def test_s8_a_cache_of_another_machine_costs_time_and_renders_nothing(
    ground: Ground, tmp_path: Path
) -> None:
    """Copied, every file has another inode and another time of change."""
    ground.set_up()
    twin = Site(tmp_path / "there" / "site")
    shutil.rmtree(twin.root)
    shutil.copytree(ground.site.root, twin.root, copy_function=shutil.copyfile)

    report = twin.build()

    assert (report.variants_made, tree(twin.output)) == (0, ground.right)
    assert report.problems == ground.site.build().problems


@posix
def test_s8_state_that_may_not_be_read_is_as_good_as_missing(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    ground.set_up()
    original, refused = os.open, stamps(ground.site.cache)

    def refusing(path: Any, *rest: Any, **options: Any) -> int:
        place = Path(os.fsdecode(path))
        if ground.site.cache in place.parents and place.name != "lock" and place.exists():
            name, status = place.relative_to(ground.site.cache).as_posix(), place.stat()
            if refused.get(name) == (status.st_mtime_ns, status.st_ino):
                raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return original(path, *rest, **options)

    with monkeypatch.context() as patches:
        # Whoever runs the tests may be root, who may read everything.
        patches.setattr(os, "open", refusing)
        ground.site.build()
    assert tree(ground.site.output) == ground.right
    ground.assert_right()
