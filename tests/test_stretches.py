"""Pages of photos are compared many at a time: none may be left as it was that is another now."""

from collections.abc import Callable
from pathlib import Path

import pytest

from generator.output.verify import verify
from generator.pages.photos import STRETCH
from tests.support.albums import QUICK, photo
from tests.support.pictures import chart, gps_exif, save
from tests.support.sites import Site, clean_tree, stamps, tree

COUNT = 2 * STRETCH + 6


def name(number: int) -> str:
    return f"coast/p{number:03}.jpg"


def say(site: Site, path: str, **matter: str) -> None:
    lines = "".join(f"{key}: {value}\n" for key, value in matter.items())
    site.text(f"{path}.md", f"---\n{lines}---\n")


@pytest.fixture(name="coast")
def fixture_coast(site: Site) -> Site:
    """Return a built site with an album of more than two stretches; its first photo is tagged."""
    site.settings(QUICK + "[gallery]\npage_size = 24\n")
    for number in range(COUNT):
        photo(site, name(number), *(["Sea"] if number == 0 else []))
    photo(site, "inland/a.jpg")
    site.build()
    return site


def title_at_the_seam(site: Site) -> None:
    say(site, name(STRETCH), title="Over the seam")


def title_before_the_seam(site: Site) -> None:
    say(site, name(STRETCH - 1), title="Before the seam")


def caption(site: Site) -> None:
    say(site, name(3), caption="What it shows")


def link_to_another(site: Site) -> None:
    site.text(f"{name(5)}.md", "[far](/coast/p068/) and ![near](p040.jpg)\n")


def another_picture_that_a_text_shows(site: Site) -> None:
    site.text(f"{name(5)}.md", "![near](p040.jpg)\n")
    site.build()
    save(chart(50, 40), site.pictures / name(40))


def keyword_that_others_have(site: Site) -> None:
    site.text("inland.md", "")
    say(site, name(50), keywords="[Sea, Foam]")


def last_photo_of_a_tag(site: Site) -> None:
    (site.pictures / name(0)).unlink()


def one_photo_less_at_the_end(site: Site) -> None:
    (site.pictures / name(COUNT - 1)).unlink()


def one_photo_less_at_the_beginning(site: Site) -> None:
    (site.pictures / name(1)).unlink()


def album_of_another_name(site: Site) -> None:
    site.text("coast/index.md", "---\ntitle: The coast\n---\n")


def album_out_of_lists(site: Site) -> None:
    site.text("coast/index.md", "---\nunlisted: true\n---\n")


def album_in_one_page(site: Site) -> None:
    site.text("coast/index.md", "---\nlayout: story\n---\n")


def another_date(site: Site) -> None:
    say(site, name(COUNT - 2), date="1999-01-01")


def another_order(site: Site) -> None:
    site.text("coast/index.md", "---\nsort: name\nreverse: true\n---\n")


def another_size_of_pages(site: Site) -> None:
    site.settings(QUICK + "[gallery]\npage_size = 30\n")


def no_originals(site: Site) -> None:
    site.settings(QUICK.replace("[images]\n", '[images]\noriginals = "none"\n'))


def other_pixels(site: Site) -> None:
    save(chart(41, 30), site.pictures / name(STRETCH))


def place_that_is_told(site: Site) -> None:
    save(chart(40, 30), site.pictures / name(7), exif=gps_exif())
    site.build()
    site.settings(QUICK + "[gallery]\nshow_location = true\n")


EDITS: tuple[Callable[[Site], None], ...] = (
    *(title_at_the_seam, title_before_the_seam, caption, link_to_another),
    *(another_picture_that_a_text_shows, keyword_that_others_have, last_photo_of_a_tag),
    *(one_photo_less_at_the_end, one_photo_less_at_the_beginning, album_of_another_name),
    *(album_out_of_lists, album_in_one_page, another_date, another_order, another_size_of_pages),
    *(no_originals, other_pixels, place_that_is_told),
)


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.__name__)
def test_an_edit_reaches_every_page_it_concerns(
    coast: Site, tmp_path: Path, edit: Callable[[Site], None]
) -> None:
    before = tree(coast.output)
    edit(coast)
    coast.build()

    assert tree(coast.output) == clean_tree(coast, tmp_path / "twin") != before


def test_of_a_stretch_only_the_pages_that_are_others_are_written(coast: Site) -> None:
    before = stamps(coast.output)
    title_at_the_seam(coast)
    coast.build()
    after = stamps(coast.output)

    written = {path for path in after if before.get(path) != after[path]}
    pages = {path for path in written if path.startswith("coast/p")}
    beside = (STRETCH - 1, STRETCH, STRETCH + 1)
    assert {f"coast/p{number:03}/index.html" for number in beside} == {
        path for path in pages if not path.startswith("coast/page-")
    }


def test_nothing_is_written_for_a_picture_that_was_only_touched(coast: Site) -> None:
    file = coast.pictures / name(STRETCH)
    file.touch()
    before = stamps(coast.output)

    assert coast.build().files_written == 0
    assert stamps(coast.output) == before


def test_photos_in_no_album_are_known_whatever_digits_their_names_begin_with(
    site: Site, tmp_path: Path
) -> None:
    site.settings(QUICK)
    for number in range(2 * STRETCH):
        photo(site, f"{number:02}.jpg")
    assert site.build().files == len(tree(site.output))
    assert site.build().files_written == 0

    (site.pictures / f"{STRETCH}.jpg").rename(site.pictures / "99.jpg")
    report = site.build()

    assert (report.problems, report.files_removed > 0) == ((), True)
    assert tree(site.output) == clean_tree(site, tmp_path / "twin")
    assert verify(site.output, site.root / ".cache", lambda done, total: None).problems == ()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("default_dimension = 32", "default_dimension = 16"),
        ("default_dimension = 16", "default_dimension = 32"),
        ('formats = ["avif", "jpeg"]', 'formats = ["avif"]'),
        ('formats = ["avif"]', 'formats = ["avif", "jpeg"]'),
        ('formats = ["avif", "jpeg"]', 'formats = ["webp", "avif", "jpeg"]'),
    ],
)
def test_what_the_same_variants_are_offered_as_reaches_their_files_and_pages(
    site: Site, tmp_path: Path, before: str, after: str
) -> None:
    common = '[site]\nbase_url = "https://example.org/"\n[feeds]\nitems = "photo"\n[images]\n'
    sizes = "max_dimensions = [16, 32]\n"
    for seed, side in enumerate((40, 32, 16, 12)):
        save(chart(side, side, seed), site.pictures / f"coast/{side}.jpg")
    save(chart(40, 30, 9), site.pictures / "coast/plain.png")
    site.settings(f"{common}{sizes}{before}\n")
    site.build()
    site.settings(f"{common}{sizes}{after}\n")
    report = site.build()

    assert report.published
    assert tree(site.output) == clean_tree(site, tmp_path / "twin")
