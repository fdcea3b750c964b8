"""A site of sigal's becomes one of ours: what it shows, and what is said to be left."""

import os
import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from generator.core.config import load_config, parse_config
from generator.core.errors import ConfigError
from generator.library.survey import survey
from generator.start import sigal
from generator.start.migration import migrate
from generator.start.settings import settings_text
from tests.support.pictures import chart, save
from tests.support.sites import Site, tree

SETTINGS = """\
# -*- coding: utf-8 -*-
\"\"\"Settings.\"\"\"
import os
source = 'pictures'
title = 'Far "away"'
author = "Ann"
theme = 'photoswipe'
img_size = (800, 600)
jpg_options = {'quality': 85, 'optimize': True}
html_language = 'de'
copyright: str = '© Ann'
medias_sort_reverse = True
ignore_directories = ['private']
ignore_files = ['*/draft-*']
zip_gallery = 'archive.zip'
site_logo = 'logo.png'
google_analytics = ''
keep_orig = os.environ.get("KEEP", True)
plugins = ['sigal.plugins.feeds', 'sigal.plugins.watermark', 'sigal.plugins.nomedia']
open('ran.txt', 'w').write('it was run')
"""


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A site of sigal's, in a folder beside which there is room."""
    root = tmp_path / "old"
    pictures = root / "pictures"
    for index, name in enumerate(
        ("iceland/a.jpg", "iceland/b.jpg", "iceland/draft-c.jpg", "private/p.jpg", "shy/s.jpg")
    ):
        save(chart(96, 64, index), pictures / name)
    texts = {
        "index.md": "Title: Ignored\n\nAll that I *saw*.",
        "iceland/index.md": "Title: Iceland: a week\nThumbnail: a.jpg\nAuthor: Bo\n\nIn **May**.",
        "iceland/b.md": 'Title: The "falls"\nDate: 2020-01-01T09:00:00\n'
        "Lat: 65.1\n\nBehind the water.",
        "private/index.md": "Title: Secret\n\nNobody knows.",
        "films/index.md": "Title: Films\n\nOnly films.",
        "iceland/film.md": "Title: Film",
    }
    for name, text in texts.items():
        (pictures / name).parent.mkdir(exist_ok=True)
        (pictures / name).write_text(text, encoding="utf-8")
    (pictures / "films/one.mp4").write_bytes(b"film")
    (pictures / "iceland/two.mp4").write_bytes(b"film")
    (pictures / "iceland/a.cr2").write_bytes(b"raw")
    (pictures / "shy/.nomedia").write_bytes(b"")
    (root / "sigal.conf.py").write_text(SETTINGS, encoding="utf-8")
    return root


def test_a_migrated_site_shows_what_the_old_one_did(old: Path) -> None:
    bench = Site(old.parent / "bench")
    before = tree(old)
    done = bench.run("new", "site", "--from-sigal", str(old / "sigal.conf.py"))
    root = bench.root / "site"
    site = bench.run("build", "--site", "site", "--strict")

    assert (done.returncode, site.returncode, site.stderr.count("error")) == (0, 0, 0)
    assert tree(old) == before
    assert "set: images.max_dimensions = [320, 480, 800]\n" in done.stdout
    assert not (bench.root / "ran.txt").exists()
    front = unescape((root / "output/index.html").read_text())
    album = unescape((root / "output/iceland/index.html").read_text())
    photo = unescape((root / "output/iceland/b/index.html").read_text())
    assert '<html lang="de"' in front
    assert '<title>Far "away"</title>' in front
    assert "All that I <em>saw</em>." in front
    assert "Ignored" not in front
    assert "Iceland: a week" in front
    assert re.search(r"image/iceland/a\.\w+-", front)
    assert "In <strong>May</strong>." in album
    # Backwards by name, as the settings had it.
    assert album.index('id="b"') < album.index('id="a"')
    assert 'The "falls"' in photo
    assert "Behind the water." in photo
    assert "2020" in photo
    told = " ".join(file.read_text() for file in (root / "output").rglob("*.html"))
    assert "Secret" not in told
    assert "Nobody knows" not in told
    assert "Only films" not in told
    paths = tree(root / "output").keys()
    assert not [path for path in paths if re.search(r"draft|private|shy|^full/", path)]
    assert [path for path in paths if re.search(r"-800\.|-96\.", path)]


def test_the_settings_are_those_of_the_old_site(old: Path) -> None:
    migrate(old / "sigal.conf.py", old.parent / "new", lambda done, total: None)
    config = load_config(old.parent / "new")

    assert (config.site.title, config.site.author) == ('Far "away"', "Ann")
    assert (config.site.language, config.site.license) == ("de", "© Ann")
    assert config.images.max_dimensions == (320, 480, 800)
    assert config.images.default_dimension == 800
    assert config.images.quality.jpeg == 85
    assert (config.images.originals, config.albums.sort) == ("none", "name")
    assert config.albums.reverse
    assert config.albums.download
    assert config.albums.ignore[-3:] == ("/shy", "/private", "/*/draft-*")


def test_what_is_left_is_named(old: Path) -> None:
    done = migrate(old / "sigal.conf.py", old.parent / "new", lambda done, total: None)
    left = "\n".join(done.left)

    assert (done.photos, done.texts) == (5, 3)
    assert done.bytes == sum(file.stat().st_size for file in (old / "pictures").rglob("*.jpg"))
    assert done.strays == (("camera raw file", 1), ("video", 2))
    for said in (
        "theme (",
        "site_logo (",
        "sigal.plugins.watermark (",
        "line 3 of its settings",
        "line 18 of its settings",
        "line 20 of its settings",
        "author in iceland/index.md",
        "lat in iceland/b.md",
        "films/index.md (of nothing that is shown)",
        "iceland/film.md (",
        "private/index.md (",
    ):
        assert said in left
    assert len(done.left) == 11


@pytest.mark.parametrize(
    ("values", "key", "wanted"),
    [
        ({}, "images.originals", "none"),
        ({}, "albums.sort", "name"),
        ({}, "images.max_dimensions", None),
        ({"use_orig": True, "img_size": (800, 600)}, "images.originals", "verbatim"),
        ({"use_orig": True, "img_size": (800, 600)}, "images.max_dimensions", None),
        ({"keep_orig": True}, "images.originals", "verbatim"),
        ({"medias_sort_attr": "date"}, "albums.sort", "taken"),
        ({"medias_sort_attr": "meta.order"}, "albums.sort", None),
        ({"img_size": (600, 1200)}, "images.max_dimensions", [320, 480, 720, 1200]),
        ({"img_size": "large"}, "images.max_dimensions", None),
        ({"img_format": "WEBP"}, "images.formats", ["avif", "webp"]),
        ({"jpg_options": {"quality": 300}}, "images.quality.jpeg", None),
        ({"html_language": "de_DE"}, "site.language", None),
        ({"title": ["a"]}, "site.title", None),
        ({"index_in_url": True}, "gallery.links", "file"),
    ],
)
def test_a_setting_is_translated_or_left(values: dict[str, Any], key: str, wanted: object) -> None:
    translated = sigal.translated(sigal.Given(values, ()), ())

    assert translated.chosen.get(key) == wanted
    parse_config(settings_text(translated.chosen))
    if wanted is None and "use_orig" not in values and values:
        assert translated.left[0].split()[0] in values


@pytest.mark.parametrize(
    "body",
    [
        *(b"source = (", b"\0", b"(" * 10_000, b"\xff\xfe = 1", b"source = 'nowhere'", b""),
        b"source = 3",
    ],
)
def test_a_settings_file_that_cannot_be_used_is_one_line_and_nothing_is_written(
    tmp_path: Path, body: bytes
) -> None:
    (tmp_path / "sigal.conf.py").write_bytes(body)
    with pytest.raises(ConfigError) as raised:
        migrate(tmp_path / "sigal.conf.py", tmp_path / "new", lambda done, total: None)

    assert len(raised.value.problems) == 1
    assert not (tmp_path / "new").exists()


def test_a_site_without_a_title_is_called_as_its_first_text(old: Path) -> None:
    text = SETTINGS.replace("title = 'Far", "was = 'Far")
    (old / "sigal.conf.py").write_text(text, encoding="utf-8")
    migrate(old / "sigal.conf.py", old.parent / "new", lambda done, total: None)

    assert load_config(old.parent / "new").site.title == "Ignored"


def test_what_was_built_among_the_pictures_is_not_copied(old: Path) -> None:
    save(chart(), old / "pictures/_build/iceland/thumbnails/a.jpg")
    text = f"{SETTINGS}destination = 'pictures/_build'\n"
    (old / "sigal.conf.py").write_text(text, encoding="utf-8")
    migrate(old / "sigal.conf.py", old.parent / "new", lambda done, total: None)

    assert not (old.parent / "new/pictures/_build").exists()
    assert (old.parent / "new/pictures/iceland/a.jpg").exists()


def test_new_needs_one_wish_only(old: Path) -> None:
    bench = Site(old.parent / "bench")
    both = bench.run("new", "site", "--demo", "--from-sigal", str(old / "sigal.conf.py"))

    assert both.returncode == 2
    assert not (bench.root / "site").exists()


def _moved(old: Path) -> Path:
    migrate(old / "sigal.conf.py", old.parent / "new", lambda done, total: None)
    return old.parent / "new"


def _published(root: Path) -> set[str]:
    """Which photos a site shows, by their paths without suffix."""
    config = load_config(root)
    found = survey(root, config)
    return {entry.path.rpartition(".")[0] for entry in found.pictures if entry.path != ".keep"}


@pytest.mark.parametrize(
    ("folder", "lines"),
    [
        ("[shy]", ""),
        ("a*b", ""),
        ("what?", ""),
        ("trips", "n[1].jpg"),
        ("trips", "n?.jpg"),
        ("trip[s]", "n[1].jpg"),
    ],
)
def test_a_name_with_the_marks_of_patterns_is_hidden_to_the_letter(
    old: Path, folder: str, lines: str
) -> None:
    place = old / "pictures" / folder
    names = (lines or "n1.jpg", "nX.jpg")
    for index, name in enumerate(names):
        save(chart(96, 64, index), place / name)
    (place / ".nomedia").write_text(lines)
    text = f"Title: Hidden\n\nOf {names[0]}."
    (place / names[0]).with_suffix(".md").write_text(text)
    root = _moved(old)

    shown = {path for path in _published(root) if path.startswith(f"{folder}/")}
    assert shown == ({f"{folder}/nX"} if lines else set())
    assert not list((root / "content").rglob("n*.md"))


def test_a_plugin_may_be_named_in_any_list_or_by_a_line_that_is_not_run(old: Path) -> None:
    text = SETTINGS.replace("plugins = [", "plugins = (").replace("nomedia']", "nomedia')")
    (old / "sigal.conf.py").write_text(text.replace("import os\n", ""), encoding="utf-8")

    assert not any(path.startswith("shy/") for path in _published(_moved(old)))


def test_what_has_no_name_in_unicode_does_not_undo_what_hides_the_rest(old: Path) -> None:
    broken = os.fsencode(old / "pictures") + b"/br\xfcche"
    try:
        os.mkdir(broken)  # noqa: PTH102
    except OSError:
        pytest.skip("this file system has only names in Unicode")
    Path(os.fsdecode(broken), ".nomedia").write_bytes(b"")

    assert not any(path.startswith(("shy/", "private/")) for path in _published(_moved(old)))


def test_what_is_hidden_here_only_because_case_is_ignored_is_named(old: Path) -> None:
    save(chart(), old / "pictures/Private/a.jpg")
    save(chart(), old / "pictures/Private/b.jpg")
    done = migrate(old / "sigal.conf.py", old.parent / "new", lambda done, total: None)

    named = [line for line in done.left if line.startswith("Private/a.jpg and 1 more (")]
    assert len(named) == 1


def test_the_longest_names_are_copied(old: Path) -> None:
    name = "n" * 251 + ".jpg"
    save(chart(), old / "pictures/iceland/x.jpg").rename(old / "pictures/iceland" / name)
    root = _moved(old)

    assert (root / "pictures/iceland" / name).read_bytes()


def test_a_site_that_could_not_be_copied_whole_leaves_nothing_behind(old: Path) -> None:
    (old.parent / "new/.git").mkdir(parents=True)

    def stop(done: int, total: int) -> None:
        assert not (old.parent / "new/site.toml").exists()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        migrate(old / "sigal.conf.py", old.parent / "new", stop)

    assert [path.name for path in (old.parent / "new").iterdir()] == [".git"]
    assert (_moved(old) / "site.toml").exists()


@pytest.mark.parametrize("destination", ["p\0", "pictures", "pictures/../pictures"])
def test_a_destination_that_can_be_none_is_one_line(old: Path, destination: str) -> None:
    text = f"{SETTINGS}destination = {destination!r}\n"
    (old / "sigal.conf.py").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as raised:
        _moved(old)

    assert [each.code for each in raised.value.problems] == ["unreadable-sigal"]
    assert not (old.parent / "new").exists()


def test_links_are_counted_but_for_those_of_what_was_built(old: Path) -> None:
    built = old / "pictures/_build"
    built.mkdir()
    for index, folder in enumerate((built, old / "pictures/iceland", old / "pictures")):
        (folder / f"link{index}.jpg").symlink_to(old / "pictures/iceland/a.jpg")
    text = f"{SETTINGS}destination = 'pictures/_build'\n"
    (old / "sigal.conf.py").write_text(text, encoding="utf-8")
    done = migrate(old / "sigal.conf.py", old.parent / "new", lambda done, total: None)

    assert dict(done.strays)["link"] == 2
