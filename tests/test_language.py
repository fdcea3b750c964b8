"""Words, plurals, dates and numbers of the interface, in the languages there are."""

import io
import re

import pytest
from babel import Locale
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from generator.core.errors import TemplateError
from generator.pages.language import Language, is_spoken
from tests.support.sites import CHECKOUT, Site

CATALOGUES = CHECKOUT / "templates/languages"
README = (CHECKOUT / "README.md").read_text("utf-8")
LANGUAGES = sorted(file.stem for file in CATALOGUES.glob("*.po"))

# Arabic has six forms of a plural; the words here are their names.
ARABIC = """
msgid ""
msgstr ""
"Language: ar\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : "
"n%100>=11 ? 4 : 5);\\n"

msgid "%(num)s thing"
msgid_plural "%(num)s things"
msgstr[0] "zero %(num)s"
msgstr[1] "one %(num)s"
msgstr[2] "two %(num)s"
msgstr[3] "few %(num)s"
msgstr[4] "many %(num)s"
msgstr[5] "other %(num)s"

msgid "Albums"
msgstr "ألبومات"
""".encode()
GERMAN = b"""
msgid ""
msgstr "Content-Type: text/plain; charset=utf-8\\n"

msgid "Albums"
msgstr "Alben"
"""
KNOWN = {"languages/ar.po": ARABIC, "languages/de.po": GERMAN}


@pytest.mark.parametrize(
    ("count", "form"),
    [(0, "zero"), (1, "one"), (2, "two"), (5, "few"), (11, "many"), (100, "other")],
)
def test_plurals_follow_the_rules_of_their_language(count: int, form: str) -> None:
    said = Language("ar", KNOWN).ngettext("%(num)s thing", "%(num)s things", count)

    assert said == f"{form} {count}"


def test_what_a_catalogue_does_not_hold_stays_in_english() -> None:
    german = Language("de", KNOWN)

    assert german.gettext("Albums") == "Alben"
    assert german.gettext("Photo %(position)s", position=3) == "Photo 3"
    assert german.ngettext("%(num)s thing", "%(num)s things", 1200) == "1.200 things"


@pytest.mark.parametrize(
    ("tag", "spoken"),
    [("de-AT", True), ("DE", True), ("en-GB", True), ("xx", False), ("fr", False)],
)
def test_a_region_speaks_its_language(tag: str, spoken: bool) -> None:
    assert is_spoken(tag, KNOWN) == spoken
    assert Language(tag, KNOWN).gettext("Albums") == (
        "Alben" if tag[:2].lower() == "de" else "Albums"
    )


def test_dates_and_numbers_are_those_of_the_language() -> None:
    english, german, british = Language("en", {}), Language("de", {}), Language("en-GB", {})

    assert english.date("2025-05-03") == "May 3, 2025"
    assert british.date("2025-05-03T10:00:00") == "3 May 2025"
    assert german.date("2025-05-03") == "3. Mai 2025"
    assert Language("ja", {}).month("2025-05-03") == "2025年5月"
    assert german.span(("2025-05-03", "2025-05-07")) == "3.\u20137. Mai 2025"
    assert german.span(("2025-05-03", "2025-05-03T12:00:00")) == "3. Mai 2025"
    assert german.time("2025-05-03T18:05:59.123") == "18:05"
    assert german.number(4.25) == "4,25"
    assert german.shutter(1 / 250) == "1/250\xa0s"
    assert german.shutter(2.5) == "2,5\xa0s"
    assert Language("fr", {}).bytes(4_200_000) == "4,2\u202fMo"
    assert english.bytes(10) == "1\xa0kB"
    assert english.millimetres(35) == "35\xa0mm"


def test_writing_goes_the_way_of_the_language() -> None:
    assert Language("ar", {}).direction == "rtl"
    assert Language("he-IL", {}).direction == "rtl"
    assert Language("de", {}).direction == "ltr"
    assert Language("xx", {}).direction == "ltr"


@pytest.mark.parametrize(
    ("body", "line"),
    [
        (b'msgid "Albums"\nhello\nmsgstr ""\n', 2),
        (b'msgid "a"\nmsgid "b"\nmsgstr ""\n', 1),
        (b'\nmsgid "Photo %(position)s"\nmsgstr "Foto %(postion)s"\n', 2),
        (b'\nmsgid "Photo %(position)s"\nmsgstr "100 % Foto"\n', 2),
        (b"\xff", 0),
        (b'msgid "Albums"\nmsgstr "Alben\n', 2),
        (b'\nmsgid "Photo %(position)s"\nmsgstr "Foto"\n', 2),
        (b'\nmsgid "Albums"\nmsgstr "100 % sure"\n', 2),
        (b'msgid ""\nmsgstr "Plural-Forms: nplurals=2; plural=n/0;\\n"\n', 0),
    ],
)
def test_a_damaged_catalogue_is_named(body: bytes, line: int) -> None:
    with pytest.raises(TemplateError) as caught:
        Language("de", {"languages/de.po": body})

    (problem,) = caught.value.problems
    assert problem.where.startswith("templates/languages/de.po")
    if line:
        assert problem.where == f"templates/languages/de.po:{line}"


def test_a_site_brings_a_language_in_one_file(site: Site) -> None:
    site.photo("a/one.jpg")
    site.settings(Site.SETTINGS + '[site]\nlanguage = "eo"\n')
    (warning,) = site.build().problems
    assert (warning.where, warning.severity) == ("site.toml", "warning")
    assert "templates/languages/eo.po" in warning.hint
    assert 'aria-label="Albums"' in site.html("index.html")

    site.write("templates/languages/eo.po", GERMAN.replace(b"Alben", b"Albumoj"))

    assert site.build().problems == ()
    assert 'aria-label="Albumoj"' in site.html("index.html")
    assert '<html lang="eo" dir="ltr">' in site.html("index.html")


def messages() -> set[str | tuple[str, ...]]:
    """Return every word of the interface that templates and code ask for."""
    found: set[str | tuple[str, ...]] = set()
    for folder, files, method in (
        ("templates", "**.html", "jinja2"),
        ("generator", "**.py", "python"),
    ):
        strict = {files: {"silent": "false"}}
        extracted = extract_from_dir(CHECKOUT / folder, [(files, method)], strict)
        found.update(said for _, _, said, _, _ in extracted)
    return found


@pytest.mark.parametrize("tag", LANGUAGES)
def test_a_language_of_the_theme_says_everything_and_nothing_else(tag: str) -> None:
    body = (CATALOGUES / f"{tag}.po").read_bytes()
    catalogue = [each for each in read_po(io.BytesIO(body)) if each.id]
    forms = len({Locale(tag).plural_form(count) for count in range(200)})

    assert {each.id for each in catalogue} == messages()
    for each in catalogue:
        texts = each.string if isinstance(each.string, tuple) else (each.string,)
        assert all(texts), each.id
        assert len(texts) == (forms if isinstance(each.id, tuple) else 1), each.id
    assert Language(tag, {f"languages/{tag}.po": body}).gettext("Search") != "Search"


def test_the_languages_of_the_theme_are_those_of_the_readme() -> None:
    (line,) = re.findall(r"^\| `site.language` .*$", README, re.MULTILINE)

    assert f"the theme speaks en, {', '.join(LANGUAGES)}," in line
