"""New sites: what `new` writes, and that it can be built."""

import re
import tomllib
from pathlib import Path

import pytest

from generator.core.config import Config, parse_config
from generator.start.settings import EXPLAINED, settings_text
from generator.start.site import DEMO, start_site
from tests.support.pictures import chart, save
from tests.support.sites import Site, tree
from tests.test_docs import ROOT, settings


def test_every_setting_is_explained_in_a_new_settings_file_and_none_that_is_not_there() -> None:
    assert EXPLAINED.keys() == settings(Config()).keys()


def test_a_new_settings_file_changes_nothing_and_its_comments_are_the_defaults() -> None:
    text = settings_text({})
    bare = re.sub(r"^#(?! )", "", text, flags=re.MULTILINE)

    assert parse_config(text) == Config()
    assert parse_config(bare) == Config()
    stated = [line for line in bare.splitlines() if "=" in line and line[0] != "#"]
    assert len(stated) == len(settings(Config()))


def test_what_is_chosen_is_set_and_the_rest_are_comments() -> None:
    chosen = {"site.title": 'A "b" \\ ü\x7f', "images.formats": ["webp"], "images.quality.jpeg": 85}
    table = tomllib.loads(settings_text(chosen))

    assert table["site"] == {"title": 'A "b" \\ ü\x7f'}
    assert table["images"] == {"formats": ["webp"], "quality": {"jpeg": 85}}
    assert table["gallery"] == {}


@pytest.fixture
def bench(tmp_path: Path) -> Site:
    """A folder to call `new` in."""
    return Site(tmp_path / "bench")


def test_a_new_site_is_built_without_a_problem_as_soon_as_it_has_a_picture(bench: Site) -> None:
    done = bench.run("new", "travels")
    save(chart(96, 64, 1), bench.root / "travels/pictures/iceland/falls.jpg")
    built = bench.run("build", "--site", "travels", "--strict")

    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) == 2
    assert "fastphoto build --site travels" in done.stdout
    assert (built.returncode, [x for x in built.stderr.splitlines() if "warning" in x]) == (0, [])
    assert "left out" not in built.stdout
    output = bench.root / "travels/output"
    assert 'href="about/"' in (output / "index.html").read_text()
    assert (output / "iceland/falls/index.html").exists()
    assert (bench.root / "travels/.gitignore").read_text() == "/output/\n/.cache/\n"


def test_a_new_site_without_a_picture_says_what_is_missing(bench: Site) -> None:
    bench.run("new", "travels")
    done = bench.run("build", "--site", "travels")

    assert done.returncode == 2
    assert "put photographs there" in done.stderr


def test_the_demo_brings_pictures_that_are_built_without_a_problem(bench: Site) -> None:
    start_site(bench.root / "demo", demo=True)
    pictures = bench.root / "demo/pictures"

    assert tree(pictures).keys() - {".keep"} == set(DEMO)
    assert sum(file.stat().st_size for file in pictures.rglob("*")) < 2_000_000
    (bench.root / "demo/site.toml").write_text(Site.SETTINGS)
    built = bench.run("build", "--site", "demo", "--strict")
    assert built.returncode == 0
    assert "5 photos in 5 albums" in built.stdout


def test_the_package_carries_the_pictures_of_the_demo() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    carried = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]

    assert {
        f"pictures/{path}": f"generator/demo/{path}" for path in DEMO
    }.items() <= carried.items()
    assert "/pictures" in project["tool"]["hatch"]["build"]["targets"]["sdist"]["include"]


def test_a_folder_in_use_is_refused_and_left_alone(bench: Site) -> None:
    bench.write("mine/letter.txt", b"mine")
    bench.write("file", b"mine too")
    for name, why in (("mine", "is not empty"), ("file", "is not a folder")):
        before = tree(bench.root)
        done = bench.run("new", name)

        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith(f"error: {name}: {why}")
        assert len(done.stderr.splitlines()) == 1
        assert tree(bench.root) == before


def test_a_repository_without_files_is_free(bench: Site) -> None:
    bench.write("site/.git/HEAD", b"ref: refs/heads/main\n")

    assert bench.run("new", "site").returncode == 0
    assert (bench.root / "site/site.toml").exists()
