"""Builds that are killed, starved or doubled: no file is torn, the next build is right."""

import errno
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from generator.core.errors import FastphotoError, MachineError
from generator.state import store
from tests.support.cases import cases
from tests.support.faults import Fault
from tests.support.processes import workers
from tests.support.sites import Site, clean_tree, scraps, stamps, surroundings, tree, wait_until

pytestmark = [
    pytest.mark.fault,
    pytest.mark.skipif(sys.platform == "win32", reason="signals and limits are POSIX's"),
]

MOMENTS = cases(12)

# Runs the command with one call in a row going wrong, as its first arguments tell: the kind of
# call, which one of them, and what happens then: the process is killed, or the system refuses.
SABOTAGE = """
import errno, os, pathlib, signal, sys

kind, number, fault = sys.argv[1], int(sys.argv[2]), sys.argv[3]
sys.argv[1:] = sys.argv[4:]
count = 0

def sabotage(call, *names):
    global count
    count += 1
    if count == number:
        if fault == "SIGKILL":
            os.kill(os.getpid(), signal.SIGKILL)
        code = getattr(errno, fault)
        raise OSError(code, os.strerror(code), *names)
    return call()

def replace(path, target, original=pathlib.Path.replace):
    return sabotage(lambda: original(path, target), str(path))

def unlink(path, missing_ok=False, original=pathlib.Path.unlink):
    return sabotage(lambda: original(path, missing_ok), str(path))

class Written:
    # As a full disk does, it refuses the bytes without naming the file.
    def __init__(self, file):
        self.file = file
    def write(self, body):
        return sabotage(lambda: self.file.write(body))
    def __getattr__(self, name):
        return getattr(self.file, name)
    def __enter__(self):
        return self
    def __exit__(self, *error):
        self.file.close()

def opened(path, mode="r", *rest, original=pathlib.Path.open, **options):
    file = original(path, mode, *rest, **options)
    return Written(file) if set(mode) & set("wx") else file

setattr(pathlib.Path, *{
    "replace": ("replace", replace), "unlink": ("unlink", unlink), "write": ("open", opened),
}[kind])

from generator.cli import main
main()
"""

LIMITED = """
import resource, sys
kind, limit = getattr(resource, sys.argv.pop(1)), int(sys.argv.pop(1))
resource.setrlimit(kind, (limit, limit))
from generator.cli import main
main()
"""


def run(
    site: Site, code: str, *arguments: object, jobs: int = 1
) -> subprocess.CompletedProcess[str]:
    """Build by some code: in this process alone, so that calls have an order, or in several."""
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments), "build", "--jobs", str(jobs)],
        cwd=site.root,
        env=surroundings(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def is_whole(site: Site, *right: Mapping[str, str]) -> bool:
    """Tell whether every file, but those not yet switched, is as one of some builds makes it."""
    found = tree(site.output) if site.output.exists() else {}
    known = {item for each in right for item in each.items()}
    return known.issuperset(item for item in found.items() if not item[0].endswith(".part"))


class Stage:
    """A small site that was built and then edited: its next build writes, switches and removes.

    It can be set up again and again, to be spoiled in another way each time.
    """

    def __init__(self, folder: Path) -> None:
        self.site = Site(folder / "site")
        self.site.settings('[images]\nmax_dimensions = [32]\nformats = ["jpeg"]\n')
        self.site.photo("a.jpg", 1)
        self.site.photo("coast/b.jpg", 2)
        self.site.text("about.md", "# About\n\nWords.\n")
        self.site.build()
        self.before = tree(self.site.output)
        self.site.photo("a.jpg", 3)
        self.site.photo("new/c.jpg", 4)
        shutil.rmtree(self.site.pictures / "coast")
        (self.site.root / "content/about.md").unlink()
        self.after = clean_tree(self.site, folder / "clean")
        self._kept = folder / "kept"
        shutil.copytree(self.site.root, self._kept)

    def attempts(self, step: int = max(1, 4 // cases(1))) -> Iterator[int]:
        """Count the attempts, each on the site as it was set up: every fourth in passing."""
        for number in range(1, 5000, step):
            shutil.rmtree(self.site.root)
            shutil.copytree(self._kept, self.site.root)
            yield number
        pytest.fail("there is no end to the calls that can fail")

    def assert_repaired(self, fault: object) -> None:
        self.site.build()
        assert tree(self.site.output) == self.after, f"wrong after {fault}"
        assert scraps(self.site) == [], f"left over after {fault}"


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


@pytest.mark.parametrize("older", [False, True], ids=["from nothing", "over an older site"])
def test_s1_a_build_killed_at_any_moment_is_finished_by_the_next(
    tmp_path: Path, older: bool
) -> None:
    site = Site(tmp_path / "site")
    for number in range(6):
        site.photo(f"coast/{number}.jpg", number, 900, 600)
    before = clean_tree(site, tmp_path / "before")
    if older:
        site.build()
    site.photo("coast/1.jpg", 8, 900, 600)
    (site.pictures / "coast/2.jpg").unlink()
    site.settings(Site.SETTINGS.replace("64", "96"))
    after = clean_tree(site, tmp_path / "after")
    started = time.monotonic()
    assert site.copy(tmp_path / "measured").run("build").returncode == 0
    seconds = time.monotonic() - started

    for moment in range(MOMENTS):
        build = site.start("build", "--force")
        try:
            build.communicate(timeout=seconds * (moment + 0.5) / MOMENTS)
        except subprocess.TimeoutExpired:
            os.killpg(build.pid, signal.SIGKILL)
            build.communicate()
        assert is_whole(site, before, after), f"torn when killed at {moment} of {MOMENTS}"

    assert site.run("build").returncode == 0
    assert tree(site.output) == after
    assert scraps(site) == []


@pytest.mark.parametrize("kind", ["replace", "unlink", "write"])
def test_s1_a_build_killed_at_any_step_of_its_writing_is_finished_by_the_next(
    stage: Stage, kind: str
) -> None:
    for number in stage.attempts():
        done = run(stage.site, SABOTAGE, kind, number, "SIGKILL")
        if done.returncode == 0:
            break
        assert done.returncode == -signal.SIGKILL
        assert is_whole(stage.site, stage.before, stage.after), f"torn at {kind} {number}"
        stage.assert_repaired(f"{kind} {number}")
    assert number > 3


@pytest.mark.parametrize("fault", ["ENOSPC", "EIO"])
def test_s3_a_disk_that_refuses_any_write_is_named_and_the_site_stays(
    stage: Stage, fault: str
) -> None:
    for number in stage.attempts():
        done = run(stage.site, SABOTAGE, "write", number, fault)
        if done.returncode == 0:
            break
        (line,) = [line for line in done.stderr.splitlines() if line.startswith("error:")]
        assert done.returncode == 1
        assert "output/" in line or ".cache" in line
        assert "Traceback" not in done.stderr
        assert tree(stage.site.output) in (stage.before, stage.after)
        assert scraps(stage.site) == []
        stage.assert_repaired(f"write {number}")
    assert number > 10


def step_of(kind: str) -> int:
    """Return after how many calls the next one is refused: by default few of the many."""
    calls = {"os.stat": 240, "os.lstat": 60, "read": 60, "os.copy_file_range": 1}
    return max(1, calls.get(kind, 13) // cases(1))


@pytest.mark.parametrize(
    ("kind", "fault"),
    [
        *[("open", "EMFILE"), ("open", "EIO"), ("os.open", "ENFILE"), ("os.scandir", "EIO")],
        *[("os.stat", "EIO"), ("os.lstat", "EACCES"), ("os.mkdir", "EDQUOT"), ("read", "EIO")],
        *[("write", "ENOSPC"), ("close", "EDQUOT"), ("os.fsync", "EIO"), ("os.rmdir", "EBUSY")],
        *[("os.replace", "EROFS"), ("os.replace", "EACCES"), ("os.unlink", "EPERM")],
        *[("os.copy_file_range", "EIO"), ("fcntl.flock", "EIO"), ("os.open", "ELOOP")],
    ],
)
def test_s3_any_call_that_the_system_refuses_is_named_and_costs_no_more(
    stage: Stage, kind: str, fault: str
) -> None:
    for number in stage.attempts(step_of(kind)):
        refused = Fault(kind, number, getattr(errno, fault), stage.site.root)
        with pytest.MonkeyPatch.context() as patch:
            refused.install(patch)
            said = outcome(stage.site)
        if not refused.has_struck:
            break
        place = f"at {kind} {number}"
        assert is_whole(stage.site, stage.before, stage.after), f"torn {place}"
        if said is None:
            assert tree(stage.site.output) == stage.after, f"wrong without a word {place}"
        else:
            assert str(stage.site.root) in said or "site.toml" in said, f"{said!r} {place}"
        stage.assert_repaired(place)
    assert number > 1 or kind == "fcntl.flock"


def outcome(site: Site) -> str | None:
    """Build, and return what the command would say of the system; nothing if all was built."""
    try:
        report = site.build()
    except FastphotoError as error:
        return str(error)
    except OSError as error:
        return str(MachineError.of(error, "the build had to stop"))
    assert report.exit_code == 0
    return None


def test_s3_an_original_that_does_not_fit_is_named_and_the_site_stays(stage: Stage) -> None:
    before = stamps(stage.site.output)
    limit = 100_000
    stage.site.write(
        "pictures/new/c.jpg", (stage.site.pictures / "a.jpg").read_bytes().ljust(limit * 2)
    )

    done = run(stage.site, LIMITED, "RLIMIT_FSIZE", limit)

    assert done.returncode == 1
    assert "full/new" in done.stderr
    assert "Traceback" not in done.stderr
    assert stamps(stage.site.output) == before
    assert scraps(stage.site) == []


def test_s3_64_descriptors_suffice(site: Site) -> None:
    for number in range(40):
        site.photo(f"{number}.jpg", number)
    done = run(site, LIMITED, "RLIMIT_NOFILE", 64, jobs=3)

    assert (done.returncode, done.stderr.count("error")) == (0, 0)


def test_s3_too_few_descriptors_are_told_in_one_line(stage: Stage) -> None:
    done = run(stage.site, LIMITED, "RLIMIT_NOFILE", 10, jobs=2)

    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: ")
    assert "Too many open files" in line
    assert tree(stage.site.output) == stage.before
    stage.assert_repaired("too few descriptors")


def test_s3_where_there_are_no_locks_builds_take_turns_all_the_same(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on many a share of a network."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    flock = fcntl.flock

    def refused(descriptor: int, how: int) -> None:
        if str(Path(f"/proc/self/fd/{descriptor}").readlink()).startswith(str(stage.site.root)):
            raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))
        flock(descriptor, how)

    monkeypatch.setattr(fcntl, "flock", refused)
    turns: list[str] = []
    with store.exclusive(stage.site.cache, lambda: None):
        waiting = threading.Thread(target=wait_for_turn, args=(stage.site.cache, turns))
        waiting.start()
        wait_until(lambda: turns == ["waits"])
    waiting.join()

    assert turns == ["waits", "works"]
    stage.assert_repaired("no locks")


def wait_for_turn(cache: Path, turns: list[str]) -> None:
    with store.exclusive(cache, lambda: turns.append("waits")):
        turns.append("works")


def test_i12_a_worker_that_is_killed_costs_nothing(site: Site, tmp_path: Path) -> None:
    for number in range(10):
        site.photo(f"{number}.jpg", number, 1400, 1000)
    right = clean_tree(site, tmp_path / "clean")
    build = site.start("build", "--jobs", "2")

    wait_until(lambda: any(site.cache.glob("variants/*/*")))
    os.kill(workers(build.pid)[0], signal.SIGKILL)
    errors = build.communicate(timeout=60)[1]

    assert (build.returncode, "error" in errors) == (0, False)
    assert tree(site.output) == right


# Runs in every process of a build: what reads a file of these names dies or fails as they say.
DEADLY = """
import multiprocessing, os, pathlib, signal, sys

def harm(event, arguments):
    if event != "open" or multiprocessing.parent_process() is None:
        return
    path = pathlib.PurePath(os.fsdecode(arguments[0]) if isinstance(arguments[0], str) else "")
    if path.parent.name != "pictures":
        return
    seen = str(path.parent.parent / "seen")
    if path.name == "killed.jpg":
        os.kill(os.getpid(), signal.SIGKILL)
    if path.name == "crashed.jpg":
        os.kill(os.getpid(), signal.SIGSEGV)
    if path.name == "unlucky.jpg" and not os.path.exists(seen):
        os.close(os.open(seen, os.O_CREAT))
        os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(harm)
"""


def test_i12_a_decoder_that_dies_costs_its_picture_alone_and_only_if_it_does_so_again(
    site: Site, tmp_path: Path
) -> None:
    for number, name in enumerate(("a", "b", "killed", "crashed", "unlucky", "y", "z")):
        site.photo(f"{name}.jpg", number)
    (tmp_path / "sitecustomize.py").write_text(DEADLY, encoding="utf-8")
    found = os.pathsep.join((str(tmp_path), surroundings()["PYTHONPATH"]))
    done = site.run("build", "--jobs", "2", PYTHONPATH=found)

    assert (done.returncode, "Traceback" in done.stderr) == (1, False)
    blamed = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert [line.split(": ")[1] for line in sorted(blamed)] == [
        "pictures/crashed.jpg",
        "pictures/killed.jpg",
    ]
    assert all("died" in line for line in blamed)
    names = {path.partition(".")[0] for path in tree(site.output) if path.startswith("full/")}
    assert names == {f"full/{name}" for name in ("a", "b", "unlucky", "y", "z")}
