"""Sites for tests: small folders of pictures and texts, built in this process or by the command."""

import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Self

import generator
from generator.build import build
from generator.core.config import load_config
from generator.report import Options, Report
from tests.support.pictures import chart, save

SOURCES = ("pictures", "content", "templates", "site.toml")
CHECKOUT = Path(generator.__file__).resolve().parents[1]
SECONDS = 60.0


class Site:
    """A site in a folder of its own; small pictures, and settings that make few variants."""

    SETTINGS = "[images]\nmax_dimensions = [32, 64]\ndefault_dimension = 64\n"

    def __init__(self, root: Path, *, is_there: bool = False) -> None:
        self.root = root
        self.output = root / "output"
        self.pictures = root / "pictures"
        self.cache = root / ".cache"
        if not is_there:
            self.pictures.mkdir(parents=True)
            self.settings(self.SETTINGS)

    def settings(self, text: str) -> None:
        """Write the settings, at once: `serve` is never to read half of them."""
        new = self.root / "site.toml.new"
        new.write_text(text, encoding="utf-8")
        new.replace(self.root / "site.toml")

    def photo(self, path: str, seed: int = 0, width: int = 96, height: int = 64) -> Path:
        return save(chart(width, height, seed), self.pictures / path)

    def text(self, path: str, text: str) -> Path:
        return self.write(f"content/{path}", text.encode())

    def write(self, path: str, body: bytes) -> Path:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(body)
        return target

    def build(
        self, *, output: Path | None = None, strict: bool = False, force: bool = False
    ) -> Report:
        options = Options(strict=strict, force=force)
        return build(self.root, output or self.output, load_config(self.root), options)

    def html(self, path: str) -> str:
        return (self.output / path).read_text(encoding="utf-8")

    def copy(self, root: Path) -> Self:
        """Copy the sources, and nothing that was built of them, to a site in another folder."""
        twin = type(self)(root)
        for name in SOURCES:
            source = self.root / name
            if source.is_dir():
                shutil.copytree(source, root / name, dirs_exist_ok=True)
            elif source.exists():
                shutil.copy2(source, root / name)
        return twin

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run `python -m generator` in the site's folder, and wait for it."""
        return subprocess.run(
            command(*arguments),
            cwd=self.root,
            env=surroundings(**environment),
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start `python -m generator` in the site's folder, as the head of a group of its own."""
        return subprocess.Popen(
            command(*arguments),
            cwd=self.root,
            env=surroundings(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "generator", *arguments]


def surroundings(**changes: str) -> dict[str, str]:
    """Return this process's environment, in which the package under test is found."""
    return {**os.environ, "PYTHONPATH": str(CHECKOUT), **changes}


def tree(folder: Path) -> Mapping[str, str]:
    """Return the digest of every file below a folder, by path."""
    return {
        file.relative_to(folder).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


def folders(folder: Path) -> frozenset[str]:
    """Return every folder below a folder."""
    return frozenset(
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_dir()
    )


def stamps(folder: Path) -> Mapping[str, tuple[int, int]]:
    """Return what any writing would change of every file below a folder: its time and inode."""
    return {
        file.relative_to(folder).as_posix(): (file.stat().st_mtime_ns, file.stat().st_ino)
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


def clean_tree(site: Site, root: Path) -> Mapping[str, str]:
    """Build a copy of the sources in a new folder, and return its output."""
    twin = site.copy(root)
    twin.build()
    return tree(twin.output)


def scraps(site: Site) -> list[str]:
    """Return the files that a build writes beside their places and must not leave behind."""
    found = (path for folder in (site.output, site.cache) for path in folder.rglob("*"))
    return [str(path) for path in found if path.name.endswith((".part", ".tmp"))]


def wait_until(condition: Callable[[], bool], seconds: float = SECONDS) -> None:
    """Return as soon as something is so; fail if it does not come to be."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "what was waited for did not happen"
        time.sleep(0.001)
