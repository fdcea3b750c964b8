"""A site of sigal's becomes one of ours: what it shows, and what is said to be left."""

import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from generator.core.config import load_config, parse_config
from generator.core.errors import ConfigError
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
    assert not (bench.root / "ran.txt").exists()
    front = unescape((root / "output/index.html").read_text())
    album = unescape((root / "output/iceland/index.html").read_text())
    photo = unescape((root / "output/iceland/b/index.html").read_text())
    assert '<html lang="de"' in front
    assert '<title>Far "away"</title>' in front
    assert "All that I <em>saw</em>." in front
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
    assert config.albums.ignore[-3:] == ("/shy", "/private", "/*/draft-*")


def test_what_is_left_is_named(old: Path) -> None:
    done = migrate(old / "sigal.conf.py", old.parent / "new", lambda done, total: None)
    left = "\n".join(done.left)

    assert (done.photos, done.texts) == (5, 3)
    assert done.bytes == sum(file.stat().st_size for file in (old / "pictures").rglob("*.jpg"))
    assert done.strays == (("camera raw file", 1), ("video", 2))
    for said in (
        "theme (",
        "zip_gallery (",
        "sigal.plugins.watermark (",
        "line 3 of its settings",
        "line 17 of its settings",
        "line 19 of its settings",
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
