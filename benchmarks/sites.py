"""Sites in temporary folders, and builds of them as a user starts them, watched from outside."""

import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread

import msgspec
import psutil

import generator
from generator.core.config import Config, load_config
from generator.core.files import CLOCK_TICK_NS
from generator.core.formats import PICTURE_SUFFIXES
from generator.core.layout import CACHE, OUTPUT, PICTURES, SETTINGS
from generator.report import Report

_CHECKOUT = Path(generator.__file__).resolve().parents[1]
_OPENS = Path(__file__).with_name("opens.py")
_SECONDS_BETWEEN_SAMPLES = 0.05


@dataclass(frozen=True)
class Built:
    """What a build took, all its processes together: seconds, and bytes of memory at most."""

    wall: float
    cpu: float
    memory: int
    report: Report


@dataclass(frozen=True)
class Site:
    """A site in a folder of its own."""

    root: Path

    @property
    def pictures(self) -> Path:
        """Where its photographs lie."""
        return self.root / PICTURES

    @property
    def config(self) -> Config:
        """Its settings."""
        return load_config(self.root)

    def settings(self, text: str) -> None:
        """Give it settings other than the defaults."""
        (self.root / SETTINGS).write_text(text, encoding="utf-8")

    def gather(self, folder: Path, count: int | None) -> None:
        """Take the pictures of a folder, or the first few, as links where the disk allows it."""
        found = [path for path in folder.rglob("*") if path.suffix.lower() in PICTURE_SUFFIXES]
        if not found:
            raise SystemExit(f"{folder}: there are no pictures")
        for source in sorted(found)[:count]:
            target = self.pictures / source.relative_to(folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                target.hardlink_to(source.resolve())
            except OSError:
                shutil.copyfile(source, target)

    def clean(self) -> None:
        """Remove all that builds made."""
        for name in (OUTPUT, CACHE):
            shutil.rmtree(self.root / name)

    def build(self, jobs: int) -> Built:
        """Build it with `python -m generator`, in as many processes."""
        cpu, started = _children_cpu(), time.perf_counter()
        process = _start("-m", "generator", *self._arguments(jobs))
        with _peak_memory(process.pid) as peak:
            said, _ = process.communicate()
        wall = time.perf_counter() - started
        _refuse_failure(process)
        report = msgspec.json.decode(said, type=Report)
        return Built(wall, _children_cpu() - cpu, max(peak), report)

    def pictures_opened(self) -> int:
        """Build it in a single process, and return how many of its pictures that opened."""
        process = _start(str(_OPENS), str(self.pictures), *self._arguments(jobs=1))
        said, _ = process.communicate()
        _refuse_failure(process)
        return int(said.split()[-1])

    def _arguments(self, jobs: int) -> tuple[str, ...]:
        return ("build", "--site", str(self.root), "--jobs", str(jobs), "--json")


@contextmanager
def temporary_site() -> Iterator[Site]:
    """Lend an empty site, which is removed at the end."""
    with TemporaryDirectory(prefix="fastphoto-benchmark-") as folder:
        site = Site(Path(folder, "site"))
        site.pictures.mkdir(parents=True)
        yield site


def let_files_settle() -> None:
    """Wait until the files just written are as old as those of a photographer would be.

    A build reads files twice that are younger than a tick of the file system's clock.
    """
    time.sleep(CLOCK_TICK_NS / 1e9 + 0.1)


def _start(*arguments: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(_CHECKOUT)}
    command = (sys.executable, *arguments)
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


def _refuse_failure(process: subprocess.Popen[str]) -> None:
    if process.returncode != 0:
        raise SystemExit(f"the build ended with exit status {process.returncode}: see fastphoto")


def _children_cpu() -> float:
    """Return the CPU seconds of all processes that ended below this one."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@contextmanager
def _peak_memory(pid: int) -> Iterator[list[int]]:
    """Sample the memory of a process and all below it meanwhile, in bytes."""
    samples = [0]
    ended = Event()

    def sample() -> None:
        while not ended.wait(_SECONDS_BETWEEN_SAMPLES):
            samples.append(_tree_memory(pid))

    thread = Thread(target=sample)
    thread.start()
    try:
        yield samples
    finally:
        ended.set()
        thread.join()


def _tree_memory(pid: int) -> int:
    try:
        parent = psutil.Process(pid)
        return sum(map(_memory, (parent, *parent.children(recursive=True))))
    except psutil.NoSuchProcess:
        return 0


def _memory(process: psutil.Process) -> int:
    """Return what a process holds; what it shares with others counts in part, where that is known.

    Linux knows (PSS); elsewhere it is what the process has for itself, or all it can see.
    """
    try:
        memory = process.memory_full_info()
        return int(getattr(memory, "pss", 0) or memory.uss)
    except psutil.AccessDenied:
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0
