"""The same sources give the same bytes, wherever, whenever and however they are built."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support.pictures import chart, exif, gps_exif, save, soft
from tests.support.sites import (
    CHECKOUT,
    SECONDS,
    Site,
    command,
    folders,
    surroundings,
    tree,
)

Tree = tuple[Mapping[str, str], frozenset[str]]

# What is unlike the usual build: arguments and environment.
WAYS: Mapping[str, tuple[tuple[str, ...], Mapping[str, str]]] = {
    "a time zone far east": ((), {"TZ": "Pacific/Kiritimati"}),
    "a time zone far west, and no language": (
        (),
        {"TZ": "Pacific/Pago_Pago", "LANG": "C", "LC_ALL": "C"},
    ),
    "another language": ((), {"LANG": "tr_TR.UTF-8", "LC_ALL": "tr_TR.UTF-8"}),
    "another hash seed": ((), {"PYTHONHASHSEED": "4711"}),
    "two workers, and summer time": (
        ("--jobs", "2"),
        {"PYTHONHASHSEED": "1", "TZ": "Europe/Berlin"},
    ),
    "eight workers": (("--jobs", "8"), {}),
    "another user": ((), {"HOME": "/nonexistent", "USER": "ann", "LOGNAME": "ann"}),
}

# What a Python that starts under it is told of the world: in every process of a build.
PATCHES: Mapping[str, str] = {
    "folders are listed the other way round": """
import os
listed, named = os.scandir, os.listdir
class Reversed:
    def __init__(self, *given):
        with listed(*given) as found:
            self.found = sorted(found, key=lambda each: each.name, reverse=True)
    def __iter__(self): return iter(self.found)
    def __next__(self): return self.found.pop(0)
    def __enter__(self): return self
    def __exit__(self, *error): return None
    def close(self): self.found = []
os.scandir = Reversed
os.listdir = lambda *given: sorted(named(*given), reverse=True)
""",
    **{
        f"it is {days} days later": f"""
import datetime, time
DAYS = {days}
now, now_ns, local, utc = time.time, time.time_ns, time.localtime, time.gmtime
time.time = lambda: now() + DAYS * 86400
time.time_ns = lambda: now_ns() + DAYS * 86400 * 10**9
time.localtime = lambda seconds=None: local(time.time() if seconds is None else seconds)
time.gmtime = lambda seconds=None: utc(time.time() if seconds is None else seconds)
class Moment(datetime.datetime):
    @classmethod
    def now(cls, tz=None): return cls.fromtimestamp(time.time(), tz)
    @classmethod
    def today(cls): return cls.now()
    @classmethod
    def utcnow(cls): return cls.now(datetime.UTC).replace(tzinfo=None)
class Day(datetime.date):
    @classmethod
    def today(cls): return cls.fromtimestamp(time.time())
datetime.datetime, datetime.date = Moment, Day
"""
        for days in (500, -9000)
    },
}


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A site whose order, dates, names and formats could all depend on the machine."""
    site = Site(tmp_path_factory.mktemp("sources") / "site")
    site.settings(
        '[site]\nbase_url = "https://example.org/"\nicon = "palette.gif"\n'
        + Site.SETTINGS
        + 'formats = ["avif", "webp", "jpeg"]\noriginals = "scrub"\n'
        + "[albums]\ndownload = true\n[gallery]\nmap = true\n"
    )
    for number in range(6):
        # Around the change to summer time, each with another fraction and offset.
        taken = exif(
            t36867=f"2024:03:3{number % 2} 02:30:00",
            t37521=str(70 - number),
            t36881=f"{'-+'[number % 2]}0{number}:00",
        )
        save(chart(seed=number), site.pictures / f"Ilk/{number}.jpg", exif=taken)
    save(chart(seed=7), site.pictures / "there.jpg", exif=gps_exif())
    save(soft().convert("RGBA"), site.pictures / "İstanbul/Işk.png")
    save(chart(64, 96, 9).quantize(16), site.pictures / "palette.gif")
    site.text("index.md", "# Here\n\n![Light](İstanbul/Işk.png)\n")
    site.text(
        "ilk/about.md", "---\ndate: 2024-03-01T23:30:00+02:00\nkeywords: [b, a, c]\n---\nWords\n"
    )
    return site


@pytest.fixture(scope="module")
def usual(sources: Site, tmp_path_factory: pytest.TempPathFactory) -> Tree:
    """What one worker makes of the sources in the usual surroundings."""
    return built(sources.copy(tmp_path_factory.mktemp("usual") / "site"), "--jobs", "1")


def built(site: Site, *arguments: str, **environment: str) -> Tree:
    done = site.run("build", *arguments, **environment)
    assert (done.returncode, done.stderr.count("Traceback")) == (0, 0), done.stderr
    return tree(site.output), folders(site.output)


def test_s12_there_is_something_to_compare(usual: Tree) -> None:
    files, _ = usual

    for beginning in ("zip/", "feed.", "sitemap.xml", "map/index.html", "search.json", "full/"):
        assert any(path.startswith(beginning) for path in files), beginning


@pytest.mark.parametrize("way", WAYS)
def test_s12_surroundings_leave_no_mark(
    sources: Site, usual: Tree, way: str, tmp_path: Path
) -> None:
    arguments, environment = WAYS[way]
    other = sources.copy(tmp_path / "a folder with spaces & a longer name" / "site")

    assert built(other, *arguments, **environment) == usual


@pytest.mark.skipif(sys.platform == "win32", reason="the umask is POSIX's")
def test_s12_permissions_leave_no_mark(sources: Site, usual: Tree, tmp_path: Path) -> None:
    other = sources.copy(tmp_path / "site")
    for path in other.pictures.rglob("*.*"):
        path.chmod(0o600)

    assert built(other) == usual


def test_s12_the_order_in_which_files_came_to_be_leaves_no_mark(
    sources: Site, usual: Tree, tmp_path: Path
) -> None:
    other = Site(tmp_path / "site")
    files = [path for path in sources.root.rglob("*") if path.is_file()]
    for file in sorted(files, reverse=True):
        other.write(str(file.relative_to(sources.root)), file.read_bytes())

    assert built(other) == usual


def test_s12_the_place_of_the_output_leaves_no_mark(
    sources: Site, usual: Tree, tmp_path: Path
) -> None:
    other = sources.copy(tmp_path / "site")
    done = other.run("build", "--output", str(tmp_path / "elsewhere/deep"))

    assert done.returncode == 0
    assert (tree(tmp_path / "elsewhere/deep"), folders(tmp_path / "elsewhere/deep")) == usual


@pytest.mark.parametrize("way", PATCHES)
def test_s12_what_the_machine_says_leaves_no_mark(
    sources: Site, usual: Tree, way: str, tmp_path: Path
) -> None:
    (tmp_path / "sitecustomize.py").write_text(PATCHES[way], encoding="utf-8")
    path = f"{tmp_path}{os.pathsep}{CHECKOUT}"
    other = sources.copy(tmp_path / "site")

    assert built(other, "--jobs", "2", PYTHONPATH=path) == usual


@pytest.mark.skipif(sys.platform == "win32", reason="links and the umask are POSIX's")
def test_s12_where_and_since_when_files_are_leaves_no_mark(
    sources: Site, usual: Tree, tmp_path: Path
) -> None:
    other = sources.copy(tmp_path / "site")
    elsewhere = tmp_path / "another disk"
    other.pictures.rename(elsewhere)
    other.pictures.symlink_to(elsewhere)
    for number, file in enumerate(sorted(path for path in tmp_path.rglob("*") if path.is_file())):
        os.utime(file, ns=(0, (number * 7_654_321 % 2_000_000_000) * 10**9 + number))

    done = subprocess.run(
        ["sh", "-c", 'umask 077; exec "$@"', "sh", *command("build", "--site", str(other.root))],
        cwd="/",
        env=surroundings(),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert (tree(other.output), folders(other.output)) == usual
    assert {path.stat().st_mode & 0o077 for path in other.output.rglob("*")} == {0}
