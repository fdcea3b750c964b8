"""site.toml: every key has a default, every fault its line."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct, structs

from generator.core.config import Config, QualitySettings, load_config, parse_config
from generator.core.errors import ConfigError, Problem
from generator.core.layout import SETTINGS
from generator.core.text import MAX_TEXT

EVERY_KEY = """
[site]
title = "Iceland"
description = "Two weeks"
author = "Ada"
language = "pt-BR"
base_url = "https://example.org/photos/"
license = "CC BY 4.0"
icon = "iceland/falls.jpg"

[images]
max_dimensions = [200, 400]
default_dimension = 400
formats = ["webp", "png"]
quality = { avif = 50, webp = 60, jpeg = 70 }
effort = "small"
light = "linear"
profile = "srgb"
originals = "none"
rights = ["license", "creator"]
max_pixels = 1_000_000
svg = true

[albums]
sort = "name"
reverse = true
layout = "square"
download = true
ignore = ["drafts"]

[gallery]
links = "file"
show_location = true
map = true
private_zones = [{ latitude = 52.5, longitude = 13.4, radius_km = 5 }]
min_rating = 3
min_alt = 80
page_size = 100

[feeds]
items = "photo"

[build]
jobs = 3
max_memory = 256
"""


def problems(text: str) -> tuple[Problem, ...]:
    with pytest.raises(ConfigError) as caught:
        parse_config(text)
    return caught.value.problems


def leaves(settings: Struct) -> dict[str, object]:
    """Return every setting by its dotted name."""
    found: dict[str, object] = {}
    for name, each in structs.asdict(settings).items():
        if isinstance(each, Struct):
            found |= {f"{name}.{key}": leaf for key, leaf in leaves(each).items()}
        else:
            found[name] = each
    return found


def test_no_file_means_the_defaults(tmp_path: Path) -> None:
    assert load_config(tmp_path) == Config()


def test_an_empty_file_means_the_defaults() -> None:
    assert parse_config("") == Config()


def test_every_key_is_accepted_and_arrives() -> None:
    config, defaults = parse_config(EVERY_KEY), leaves(Config())
    assert config.site.base_url == "https://example.org/photos/"
    assert config.images.quality == QualitySettings(avif=50, webp=60, jpeg=70)
    assert [name for name, value in leaves(config).items() if value == defaults[name]] == []


def test_words_of_the_site_are_cleaned_as_those_of_pictures_are() -> None:
    words = ("title", "description", "author", "license")
    lines = "".join(f'{name} = " a\\u202Eb\\u0007 \\n c "\n' for name in words)
    site = parse_config(f"[site]\n{lines}").site

    assert [getattr(site, name) for name in words] == ["ab c"] * 4
    assert len(parse_config(f'[site]\ntitle = "{"a" * 9999}"').site.title) == MAX_TEXT


def test_steps_are_sorted_and_named_once_formats_keep_their_order() -> None:
    images = parse_config(
        '[images]\nmax_dimensions = [720, 320, 720]\nformats = ["jpeg", "avif", "jpeg"]'
    ).images
    assert images.max_dimensions == (320, 720)
    assert images.formats == ("jpeg", "avif")


@pytest.mark.parametrize(
    ("text", "line", "what", "hint"),
    [
        ('[site]\ntitel = "x"', 2, "unknown setting 'site.titel'", "did you mean 'title'?"),
        ("[site]\nzzz = 1", 2, "unknown setting 'site.zzz'", "known here: title, description"),
        ("[imagse]\nx = 1", 1, "unknown setting 'imagse'", "did you mean 'images'?"),
        ("\ntop = 1", 2, "unknown setting 'top'", "known here: site, images"),
        ("[images.quality]\nwebp = 80\njpg = 1", 3, "'images.quality.jpg'", "'jpeg'"),
        ("[images]\n\nquality = { heic = 1 }", 3, "'images.quality.heic'", "avif, webp, jpeg"),
        ("[images]\neffort = 'best'", 2, "effort: 'best' is none of fast, balanced, small", ""),
        ("[images]\nlight = 'log'", 2, "light: 'log' is none of gamma, linear", ""),
        ("[images]\nprofile = 'p3'", 2, "profile: 'p3' is none of keep, srgb", ""),
        ("[images]\nmax_dimensions = 320", 2, "images.max_dimensions: expected a list", ""),
        ("[images]\nmax_dimensions = []", 2, "images.max_dimensions: expected a list", ""),
        (
            "[images]\nmax_dimensions = [320, 8]",
            2,
            "expected a whole number >= 16 (in place 2)",
            "",
        ),
        ("[images]\ndefault_dimension = 99999", 2, "expected a whole number <= 16383", ""),
        ("[images]\ndefault_dimension = '9'", 2, "expected a whole number, got text", ""),
        ("[images]\nformats = ['gif']", 2, "formats: 'gif' is none of avif, webp, jpeg, png", ""),
        (
            "[images]\nquality.avif = 101",
            2,
            "images.quality.avif: expected a whole number <= 100",
            "",
        ),
        ("images.quality.avif = 0", 1, "images.quality.avif: expected a whole number >= 1", ""),
        (
            "[site]\nbase_url = 'example.org'",
            2,
            "site.base_url: not written as it should be",
            "https://example.org",
        ),
        (
            '[site]\nbase_url = "https://example.org/\\n"',
            2,
            "site.base_url: not written as it should be",
            "",
        ),
        (
            "[site]\nlanguage = 'English'",
            2,
            "site.language: not written as it should be",
            "such as en or pt-BR",
        ),
        ("[site]\ntitle = 3", 2, "site.title: expected text, got a whole number", ""),
        ("[albums]\nsort = 'size'", 2, "albums.sort: 'size' is none of taken, name", ""),
        ("[albums]\nreverse = 'yes'", 2, "albums.reverse: expected true or false", ""),
        ("[gallery]\nlinks = 'none'", 2, "gallery.links: 'none' is none of directory, file", ""),
        ("[build]\njobs = -1", 2, "build.jobs: expected a whole number >= 0", ""),
        ("\nsite = 'x'", 2, "site: expected a table, got text", ""),
        ("[[images]]\neffort = 'fast'", 1, "images: expected a table, got a list", ""),
    ],
)
def test_a_fault_is_told_with_its_line_and_what_would_be_right(
    text: str, line: int, what: str, hint: str
) -> None:
    (problem,) = problems(text)
    assert problem.where == f"{SETTINGS}:{line}"
    assert what in problem.what
    assert hint in problem.hint


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[albums]\nreverse = true\n\n[images]\nmax_pixels = 0", 5),
        ("[gallery]\n# max_pixels = 1\n[images]\nmax_pixels = 0", 4),
        ("images.effort = 'fast'\nimages.max_pixels = 0", 2),
        ("[ images ]\n  'max_pixels' = 0", 2),
        ("images = { effort = 'fast', max_pixels = 0 }", 1),
        ('[site]\ntitle = """\nmax_pixels = 3\n"""\n[images]\nmax_pixels = 0', 6),
    ],
)
def test_the_line_of_a_fault_is_found_however_the_key_is_written(text: str, line: int) -> None:
    (problem,) = problems(text)
    assert problem.where == f"{SETTINGS}:{line}"
    assert problem.what == "images.max_pixels: expected a whole number >= 1"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("example.com", "https://example.com"),
        ("photos.example.com/iceland/", "https://photos.example.com/iceland/"),
        ("//example.com:8080", "https://example.com:8080"),
        ("localhost:8000", "https://localhost:8000"),
        *((other, "") for other in ("photos", "/photos/", "ftp://example.com", "a b.com", "x.y?z")),
    ],
)
def test_an_address_without_a_scheme_is_told_what_it_would_be_with_one(
    written: str, meant: str
) -> None:
    (problem,) = problems(f"[site]\nbase_url = {written!r}\n")
    said = f"https:// is missing: write {meant}"
    assert problem.hint == (said if meant else "such as https://example.org/photos/")
    if meant:
        assert parse_config(f"[site]\nbase_url = {meant!r}\n").site.base_url == meant


def test_all_faults_are_told_at_once() -> None:
    text = "[site]\ntitle = 1\n[images]\neffort = 'best'\nfoo = 1\n[build]\njobs = 0.5\n"
    assert [problem.where for problem in problems(text)] == [
        f"{SETTINGS}:{line}" for line in (2, 4, 5, 7)
    ]


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("[site\n", ":1", "Expected ']'"),
        ("[site]\ntitle = 'a'\n[site]\n", ":3", "Cannot declare ('site',) twice"),
        ("[gallery]\nmap = yes\n", ":2", "Invalid value"),
        ("x = " + "[" * 5000, "", "nested too deeply"),
        ("[site]\ntitle = 'a\0'", ":2", ""),
        ("x = " + "9" * 5000, "", ""),
    ],
    ids=["table", "twice", "no value", "nested", "zero", "endless number"],
)
def test_x5_what_is_not_toml_is_said_in_words(text: str, line: str, said: str) -> None:
    (problem,) = problems(text)
    assert problem.where == f"{SETTINGS}{line}"
    assert problem.what.startswith(f"not valid TOML: {said}")
    assert "true or false" in problem.hint


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_the_file_is_read_as_utf_8_with_or_without_a_mark(tmp_path: Path, encoding: str) -> None:
    (tmp_path / SETTINGS).write_text('[site]\r\ntitle = "Ísland"\r\n', encoding=encoding)
    assert load_config(tmp_path).site.title == "Ísland"


def test_x5_a_key_that_stands_twice_is_named() -> None:
    (problem,) = problems("[site]\ntitle = 'a'\ntitle = 'b'\n")
    assert (problem.where, problem.what) == (f"{SETTINGS}:3", "title stands twice")


def test_x5_another_encoding_of_settings_is_refused(tmp_path: Path) -> None:
    (tmp_path / SETTINGS).write_text('[site]\ntitle = "Ísland"', encoding="latin-1")
    with pytest.raises(ConfigError, match=r"site\.toml:2: not UTF-8 \(save it as UTF-8\)"):
        load_config(tmp_path)


def test_a_folder_in_the_place_of_the_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / SETTINGS).mkdir()
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config(tmp_path)


@given(st.text("[]{}=.,\"'#\\ \nab1-", max_size=60))
def test_any_text_is_settings_or_a_list_of_faults(text: str) -> None:
    try:
        assert isinstance(parse_config(text), Config)
    except ConfigError as error:
        assert error.problems


@pytest.mark.parametrize(
    ("tag", "known"),
    [
        *(("de-AT", True), ("zh-Hant-TW", True), ("es-419", True), ("sl-rozaj", True)),
        *(("en-USA", False), ("zh-Hans-CN-Hans", False), ("en_GB", False), ("EN", False)),
    ],
)
def test_a_language_is_written_as_browsers_insist_on(tag: str, known: bool) -> None:
    text = f'[site]\nlanguage = "{tag}"\n'
    if known:
        assert parse_config(text).site.language == tag
    else:
        with pytest.raises(ConfigError):
            parse_config(text)


ZONES = """
[gallery]
map = true
[[gallery.private_zones]]
latitude = 52.5
longitude = 13.4
radius_km = 5

[[gallery.private_zones]]
latitude = 95.0
longitude = 13.4
radius = 5

[[gallery.private_zones]]
latitude = 1
longitude = "x"
[build]
jobs = -1
"""


def test_every_fault_of_a_list_of_tables_is_told_with_its_line() -> None:
    assert [(each.where, each.what) for each in problems(ZONES)] == [
        ("site.toml:10", "gallery.private_zones: latitude: expected a number <= 90.0 (in place 2)"),
        ("site.toml:12", "gallery.private_zones: unknown setting 'radius' (in place 2)"),
        (
            "site.toml:16",
            "gallery.private_zones: longitude: expected a number, got text (in place 3)",
        ),
        ("site.toml:14", "gallery.private_zones: radius_km is missing (in place 3)"),
        ("site.toml:18", "build.jobs: expected a whole number >= 0"),
    ]


def test_every_fault_of_a_list_in_one_line_is_told_with_that() -> None:
    zones = "{ latitude = 1, longitude = 181, radius_km = 5 }, 3, { latitude = -91 }"
    found = problems(f"[gallery]\nprivate_zones = [{zones}]\n")

    assert [each.where for each in found] == ["site.toml:2"] * 5
    assert "(in place 1)" in found[0].what
    assert "expected a table" in found[1].what
    assert {each.hint for each in found} == {found[0].hint}
    assert "radius_km = 5" in found[0].hint
