"""The same sources give the same bytes, wherever, whenever and however they are built."""

import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support.pictures import chart, exif, save, soft
from tests.support.sites import Site, folders, tree

Tree = tuple[Mapping[str, str], frozenset[str]]

# What is unlike the usual build: arguments and environment.
WAYS: Mapping[str, tuple[tuple[str, ...], Mapping[str, str]]] = {
    "a time zone far east": ((), {"TZ": "Pacific/Kiritimati"}),
    "a time zone far west": ((), {"TZ": "Pacific/Pago_Pago"}),
    "a time zone with summer time": ((), {"TZ": "Europe/Berlin"}),
    "another language": ((), {"LANG": "tr_TR.UTF-8", "LC_ALL": "tr_TR.UTF-8"}),
    "no language": ((), {"LANG": "C", "LC_ALL": "C"}),
    "another hash seed": ((), {"PYTHONHASHSEED": "4711"}),
    "two workers": (("--jobs", "2"), {"PYTHONHASHSEED": "1"}),
    "three workers": (("--jobs", "3"), {}),
    "no home": ((), {"HOME": "/nonexistent"}),
}


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A site whose order, dates, names and formats could all depend on the machine."""
    site = Site(tmp_path_factory.mktemp("sources") / "site")
    site.settings(Site.SETTINGS + 'formats = ["avif", "webp", "jpeg"]\n')
    for number in range(6):
        # Around the change to summer time, each with another fraction and offset.
        taken = exif(
            t36867=f"2024:03:3{number % 2} 02:30:00",
            t37521=str(70 - number),
            t36881=f"{'-+'[number % 2]}0{number}:00",
        )
        save(chart(seed=number), site.pictures / f"Ilk/{number}.jpg", exif=taken)
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


@pytest.mark.parametrize("way", WAYS)
def test_surroundings_leave_no_mark(sources: Site, usual: Tree, way: str, tmp_path: Path) -> None:
    arguments, environment = WAYS[way]
    other = sources.copy(tmp_path / "a folder with spaces & a longer name" / "site")

    assert built(other, *arguments, **environment) == usual


@pytest.mark.skipif(sys.platform == "win32", reason="the umask is POSIX's")
def test_permissions_leave_no_mark(sources: Site, usual: Tree, tmp_path: Path) -> None:
    other = sources.copy(tmp_path / "site")
    for path in other.pictures.rglob("*.*"):
        path.chmod(0o600)

    assert built(other) == usual


def test_the_order_in_which_files_came_to_be_leaves_no_mark(
    sources: Site, usual: Tree, tmp_path: Path
) -> None:
    other = Site(tmp_path / "site")
    files = [path for path in sources.root.rglob("*") if path.is_file()]
    for file in sorted(files, reverse=True):
        other.write(str(file.relative_to(sources.root)), file.read_bytes())

    assert built(other) == usual


def test_the_place_of_the_output_leaves_no_mark(sources: Site, usual: Tree, tmp_path: Path) -> None:
    other = sources.copy(tmp_path / "site")
    done = other.run("build", "--output", str(tmp_path / "elsewhere/deep"))

    assert done.returncode == 0
    assert (tree(tmp_path / "elsewhere/deep"), folders(tmp_path / "elsewhere/deep")) == usual
