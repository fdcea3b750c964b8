"""The desk of the dev server: what is shown, when, and what is left in output/."""

import errno
import os
import shutil
import threading
import tracemalloc
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest
from PIL import Image

from generator.core import files
from generator.core.errors import DecodeError, Problem
from generator.core.model import Photo
from generator.privacy.originals import not_scrubbed
from generator.report import Listener
from generator.serve import building
from generator.serve.answers import Change, Source
from generator.serve.desk import SiteDesk
from generator.state.workers import AbandonedError
from tests.support.albums import QUICK
from tests.support.desks import Watched, at_desk
from tests.support.pictures import chart, save
from tests.support.sites import Site, clean_tree, scraps, tree


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Hold every build back until this is set."""
    event = threading.Event()
    build_behind = building.build_behind

    def wait(*arguments: object) -> object:
        event.wait()
        return build_behind(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(building, "build_behind", wait)
    return event


def shows(watched: Watched, path: str) -> Callable[[], bool]:
    return lambda: watched.desk.state().serial > 0 and watched.desk.answer(path) is not None


def test_all_that_is_built_is_shown_with_the_same_bytes(small: Site, tmp_path: Path) -> None:
    small.photo("a/one.jpg")
    small.photo("a/two.png", 1)
    small.text("a/index.md", "---\ndownload: true\n---\n")
    small.text("about.md", "# About\n")
    with at_desk(small) as watched:
        watched.idle()
        shown = {path: watched.body(path) for path in tree(small.output)}

    assert tree(small.output) == clean_tree(small, tmp_path / "twin")
    assert shown == {path: (small.output / path).read_bytes() for path in tree(small.output)}
    assert scraps(small) == []


def test_pages_and_variants_are_shown_before_anything_is_built(
    site: Site, held: threading.Event
) -> None:
    site.photo("a/one.jpg", width=400, height=300)
    site.settings(
        '[images]\nmax_dimensions = [32, 64, 200]\nformats = ["avif", "webp", "jpeg", "png"]\n'
    )
    with at_desk(site) as watched:
        watched.until(shows(watched, "index.html"))
        assert b'href="a/"' in watched.body("index.html")
        early = {
            path: watched.body(path)
            for path in watched.desk._showing.files  # type: ignore[union-attr]
            if path.startswith(("image/", "full/", "static/"))
        }
        assert not site.output.exists()
        held.set()
        watched.idle()

    assert len(early) > 12
    assert early == {path: (site.output / path).read_bytes() for path in early}


def test_an_edit_is_told_by_the_paths_that_differ(small: Site) -> None:
    small.photo("a/one.jpg")
    small.photo("b/two.jpg", 1)
    small.text("about.md", "# About\n")
    with at_desk(small) as watched:
        watched.idle()
        first = watched.changes[0]
        assert {"index.html", "a/index.html", "about/index.html"} <= set(first.paths)
        serial = watched.desk.state().serial

        assert watched.looked() == []
        small.text("about.md", "# About\n\nMore.\n")
        (change,) = watched.looked()
        assert change.paths == ("about/index.html",)
        assert change.state.serial == serial + 1
        assert b"More." in watched.body("about/index.html")


def test_placeholders_that_become_known_reload_nothing(small: Site, held: threading.Event) -> None:
    small.photo("a/one.jpg")
    small.text("about.md", "# About\n")
    with at_desk(small) as watched:
        watched.until(shows(watched, "a/index.html"))
        early = watched.body("a/index.html")
        tag = watched.desk.answer("a/index.html")
        held.set()
        watched.idle()
        late = watched.desk.answer("a/index.html")
        assert early != watched.body("a/index.html")
        assert tag is not None
        assert late is not None
        assert tag.tag != late.tag
        assert [change.paths for change in watched.changes if change.paths][1:] == []

        # Nor when it is planned anew.
        small.text("about.md", "# About\n\nMore.\n")
        assert [change.paths for change in watched.looked()] == [("about/index.html",)]


def test_a_change_of_styles_alone_is_told_as_that(small: Site) -> None:
    small.photo("a/one.jpg")
    small.write("templates/static/site.css", b"body { color: red }\n")
    with at_desk(small) as watched:
        watched.idle()
        (old,) = (path for path in tree(small.output) if path.startswith("static/site."))
        small.write("templates/static/site.css", b"body { color: blue }\n")
        (change,) = watched.looked()
        (new,) = change.paths
        assert new != old
        assert new.endswith(".css")
        # An open page asks for what it knows.
        assert watched.body(old) == watched.body(new) == b"body { color: blue }\n"
        assert new in watched.body("index.html").decode()

        small.write("templates/static/site.css", b"body { color: green }\n")
        small.text("about.md", "# About\n")
        (change,) = watched.looked()
        assert "index.html" in change.paths


@pytest.mark.parametrize(
    ("path", "good", "bad", "place"),
    [
        ("site.toml", "[site]\ntitle = 'One'\n", "[site]\ntitel = 'One'\n", "site.toml:2"),
        (
            "templates/album.html",
            '{% extends "theme/album.html" %}\n',
            '{% extends "theme/album.html" %}\n{{ page.nothing }\n',
            "templates/album.html:2",
        ),
        (
            "templates/album.html",
            '{% extends "theme/album.html" %}\n',
            '{% extends "theme/album.html" %}\n{% block main %}\n{{ page.nothing }}{% endblock %}',
            "templates/album.html:3",
        ),
    ],
)
def test_s16_a_fault_leaves_what_is_shown_until_it_is_mended(
    small: Site, path: str, good: str, bad: str, place: str
) -> None:
    small.photo("a/one.jpg")
    small.write(path, good.encode())
    with at_desk(small) as watched:
        watched.idle()
        before = watched.body("a/index.html")
        built = tree(small.output)
        small.write(path, bad.encode())
        (change,) = watched.looked()
        assert [problem.where for problem in change.state.trouble] == [place]
        assert change.paths == ()
        assert watched.body("a/index.html") == before
        assert tree(small.output) == built

        small.write(path, good.encode())
        assert watched.looked()[-1].state.trouble == ()
        assert watched.body("a/index.html") == before


def test_a_fault_at_the_start_is_told_and_mended(small: Site) -> None:
    small.photo("a/one.jpg")
    settings = (small.root / "site.toml").read_text()
    small.settings("[sites]\n")
    with at_desk(small) as watched:
        watched.idle()
        assert watched.desk.answer("index.html") is None
        assert watched.desk.state().trouble
        small.settings(settings)
        assert watched.looked()[-1].state.trouble == ()
        assert watched.body("index.html")


def test_a_site_without_pictures_waits_for_the_first(small: Site) -> None:
    with at_desk(small) as watched:
        watched.idle()
        (problem,) = watched.desk.state().trouble
        assert "no pictures" in problem.what
        small.photo("a/one.jpg")
        watched.looked()
        assert watched.desk.state().trouble == ()
        assert watched.body("a/index.html")


def cut(site: Site, path: str, *, old: bool = True) -> Path:
    """Draw a photo whose header is whole and whose pixels are not."""
    file = site.photo(path, 7, 300, 200)
    file.write_bytes(file.read_bytes()[:-200])
    if old:
        os.utime(file, (1, 1))
    return file


def test_a_damaged_picture_is_asked_for_and_leaves_the_site(
    small: Site, held: threading.Event
) -> None:
    small.photo("a/one.jpg")
    cut(small, "a/two.jpg")
    with at_desk(small) as watched:
        watched.until(shows(watched, "a/two/index.html"))
        showing = watched.desk._showing
        assert showing is not None
        (variant, *_) = [path for path in showing.files if path.startswith("image/a/two")]
        with pytest.raises(DecodeError, match="truncated"):
            watched.desk.answer(variant)
        watched.until(lambda: watched.desk.answer("a/two/index.html") is None)
        assert watched.body("a/one/index.html")
        held.set()
        watched.until(lambda: watched.desk.state().problems)
        watched.idle()
        assert [each.where for each in watched.desk.state().problems] == ["pictures/a/two.jpg"]
    assert not (small.output / "a/two").exists()


def test_a_damaged_picture_that_the_build_finds_leaves_the_site(
    small: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    # So that it is not waited for, as one that is being copied.
    monkeypatch.setattr(files, "CLOCK_TICK_NS", 0)
    small.photo("a/one.jpg")
    cut(small, "a/two.jpg")
    with at_desk(small) as watched:
        watched.idle()
        assert [each.where for each in watched.desk.state().problems] == ["pictures/a/two.jpg"]
        assert watched.desk.answer("a/two/index.html") is None
        (gone,) = [change.paths for change in watched.changes[1:] if change.paths]
        assert {"a/two/index.html", "a/one/index.html", "full/a/two.jpg"} <= set(gone)
        assert watched.looked() == []

        save(chart(300, 200, 7), small.pictures / "a/two.jpg")
        watched.looked()
        assert watched.desk.state().problems == ()
        assert watched.body("a/two/index.html")


def test_a_picture_that_is_still_being_copied_is_shown_once_when_it_is_whole(small: Site) -> None:
    small.photo("a/one.jpg")
    whole = save(chart(300, 200, 7), small.root / "two.jpg").read_bytes()
    png = save(chart(300, 200, 7), small.root / "two.png").read_bytes()
    with at_desk(small) as watched:
        watched.idle()
        for part in range(1, 6):
            small.write("pictures/a/two.jpg", whole[: len(whole) * part // 6])
            small.write("pictures/a/three.png", png[: len(png) * part // 6])
            small.write("pictures/a/four.jpg", b"")
            small.photo(f"b/{part}.jpg", part)
            watched.desk.look()
            watched.until(partial(shown, watched, f"b/{part}/index.html"))
            assert not shown(watched, "a/two/index.html")
        small.write("pictures/a/two.jpg", whole)
        small.write("pictures/a/three.png", png)
        small.write("pictures/a/four.jpg", whole)
        # Nobody says that they grew on: the desk looks again by itself.
        watched.idle()
        for name in ("two", "three", "four"):
            assert watched.body(f"a/{name}/index.html")
    assert not any(change.state.problems for change in watched.changes)
    assert len([each for each in watched.changes if "a/two/index.html" in each.paths]) == 1


def test_a_picture_that_is_copied_over_another_stands_until_it_is_whole(small: Site) -> None:
    one = small.photo("a/one.jpg")
    small.photo("a/two.jpg", 2)
    whole = save(chart(300, 200, 7), small.root / "new.jpg").read_bytes()
    with at_desk(small) as watched:
        watched.idle()
        before = watched.body("a/index.html")
        told = len(watched.changes)
        for part in range(6):
            one.write_bytes(whole[: len(whole) * part // 6])
            small.photo(f"b/{part}.jpg", part)
            watched.desk.look()
            watched.until(partial(shown, watched, f"b/{part}/index.html"))
            assert watched.body("a/index.html") == before
        one.write_bytes(whole)
        watched.idle()
        assert watched.body("a/index.html") != before
        assert watched.desk.state().problems == ()
        changes = watched.changes[told:]
    assert not any(change.state.problems for change in changes)
    assert len([each for each in changes if "full/a/one.jpg" in each.paths]) == 1


def shown(watched: Watched, path: str) -> bool:
    return watched.desk.answer(path) is not None


def test_what_stays_half_is_told_in_the_end(small: Site) -> None:
    small.photo("a/one.jpg")
    with at_desk(small) as watched:
        watched.idle()
        cut(small, "a/two.jpg", old=False)
        small.write("pictures/a/three.jpg", b"")
        watched.looked()
        places = [each.where for each in watched.desk.state().problems]
        assert places == ["pictures/a/three.jpg", "pictures/a/two.jpg"]


EDITS: tuple[Callable[[Site], object], ...] = (
    lambda site: site.photo("b/new.jpg", 3),
    lambda site: (site.pictures / "a/one.jpg").rename(site.pictures / "a/other.jpg"),
    lambda site: site.photo("a/two.png", 9),
    lambda site: (site.pictures / "b/new.jpg").unlink(),
    lambda site: site.text("a/index.md", "---\ntitle: Named\n---\nWords\n"),
    lambda site: site.write("templates/_foot.html", b""),
    lambda site: site.write("templates/static/site.css", b"body { color: red }"),
    lambda site: site.settings(Site.SETTINGS + 'formats = ["webp"]\noriginals = "scrub"\n'),
    lambda site: (site.root / "content/a/index.md").unlink(),
    lambda site: os.utime(save(chart(99, 70), site.pictures / "old.jpg"), (9, 9)),
)


def test_after_any_edits_the_output_is_that_of_a_build(small: Site, tmp_path: Path) -> None:
    small.photo("a/one.jpg")
    small.photo("a/two.png", 1)
    with at_desk(small) as watched:
        watched.idle()
        for number, edit in enumerate(EDITS):
            edit(small)
            watched.looked()
            assert watched.desk.state().trouble == ()
            assert tree(small.output) == clean_tree(small, tmp_path / str(number)), number
    # And nothing is left to be done.
    assert small.build().variants_made == 0
    assert scraps(small) == []


def test_an_original_that_cannot_be_scrubbed_is_found_once(
    small: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(photo: Photo, pictures: Path) -> Problem | None:
        return not_scrubbed(photo, "cannot be", "") if photo.path == "a/two.jpg" else None

    monkeypatch.setattr("generator.pixels.render.why_not", refuse)
    small.settings(QUICK + 'originals = "scrub"\n')
    small.photo("a/one.jpg")
    small.photo("a/two.jpg", 1)
    small.text("about.md", "# About\n")
    with at_desk(small) as watched:
        watched.idle()
        (problem,) = watched.desk.state().problems
        assert problem.where == "pictures/a/two.jpg"
        assert watched.desk.answer("full/a/two.jpg") is None
        assert watched.body("full/a/one.jpg")
        small.text("about.md", "# About\n\nMore.\n")
        assert [change.paths for change in watched.looked()] == [("about/index.html",)]
        assert watched.desk.state().problems == (problem,)
    assert tree(small.output) == clean_tree(small, tmp_path / "twin")


def test_an_archive_is_shown_from_a_file_that_goes_when_it_is_another_or_the_desk_closes(
    small: Site,
) -> None:
    small.text("a/index.md", "---\ndownload: true\n---\n")
    # Noise, which is as large as its pixels are many.
    picture = Image.effect_noise((1400, 1400), 90)
    for name in ("one", "two", "three"):
        save(picture, small.pictures / f"a/{name}.png")
    shown = small.cache / "shown"
    left = small.write(".cache/shown/left-by-one-that-was-killed", b"x")

    def archive(watched: Watched) -> Path:
        files = watched.desk._showing.files  # type: ignore[union-attr]
        (path,) = [path for path in files if path.endswith(".zip")]
        answer = watched.desk.answer(path)
        assert answer is not None
        assert isinstance(answer.body, Source)
        return answer.body.path

    with at_desk(small) as watched:
        watched.idle()
        assert not left.exists()
        tracemalloc.start()
        with ThreadPoolExecutor(4) as pool:
            found = set(pool.map(lambda _: archive(watched), range(4)))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        (first,) = found
        made = first.stat()
        assert archive(watched) == first
        assert (first.stat().st_ino, first.stat().st_mtime_ns) == (made.st_ino, made.st_mtime_ns)
        (built,) = (small.output / "zip").iterdir()
        assert first.read_bytes() == built.read_bytes()
        assert peak < made.st_size / 2
        (small.pictures / "a/three.png").unlink()
        watched.looked()
        second = archive(watched)
        assert list(shown.iterdir()) == [second] != [first]
    assert not shown.exists()


def test_a_build_that_ends_leaves_a_fault_of_the_sources_told(
    small: Site, held: threading.Event
) -> None:
    small.photo("a/one.jpg")
    with at_desk(small) as watched:
        watched.until(shows(watched, "index.html"))
        small.settings("[site")
        watched.desk.look()
        watched.until(lambda: watched.desk.state().trouble)
        held.set()
        watched.idle()
        # The build was of what was right.
        assert (small.output / "a/one/index.html").exists()
        assert [problem.where for problem in watched.desk.state().trouble] == ["site.toml"]
        small.settings(Site.SETTINGS)
        watched.looked()
        assert watched.desk.state().trouble == ()


def test_a_plan_leaves_a_fault_of_the_build_told_until_a_build_mends_it(
    small: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    small.photo("a/one.jpg")
    held = threading.Event()
    has_room: list[bool] = [False]
    build_behind = building.build_behind

    def build(*arguments: object) -> object:
        if not has_room[0]:
            raise OSError(errno.ENOSPC, "no room", "output")
        held.wait()
        return build_behind(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(building, "build_behind", build)
    with at_desk(small) as watched:
        watched.idle()
        (problem,) = watched.desk.state().trouble
        assert problem.where == "output"
        has_room[0] = True
        small.text("about.md", "# About\n")
        watched.desk.look()
        watched.until(shows(watched, "about/index.html"))
        assert watched.desk.state().trouble == (problem,)
        held.set()
        watched.idle()
        assert watched.desk.state().trouble == ()


def test_listeners_that_fail_stop_no_work(small: Site) -> None:
    small.photo("a/one.jpg")

    class Closed(Listener):
        def progress(self, step: str, done: int, total: int) -> None:
            raise BrokenPipeError

    def refuse(change: Change) -> None:
        raise RuntimeError("the loop is closed")

    one = SiteDesk(small.root, small.output, lambda config: 0, Closed())
    one.listen(refuse)
    watched = Watched(one)
    one.start(watches=False)
    try:
        watched.idle()
        assert (small.output / "a/one/index.html").exists()
        for text, fault in (("[site", True), (Site.SETTINGS, False)):
            small.settings(text)
            (change, *_) = watched.looked()
            assert bool(change.state.trouble) is fault
    finally:
        one.close()


def test_what_is_shown_keeps_its_processes_until_a_newer_plan_is_shown(
    site: Site, held: threading.Event
) -> None:
    site.settings(Site.SETTINGS + "max_pixels = 1000000\n")
    site.photo("a/one.jpg", width=300, height=200)
    with at_desk(site, jobs=1) as watched:
        watched.until(shows(watched, "index.html"))
        showing = watched.desk._showing
        assert showing is not None
        first, second, *_ = [path for path in showing.files if path.startswith("image/")]
        site.write("templates/album.html", b"{{ page.nothing }")
        site.settings(Site.SETTINGS + "max_pixels = 2000000\n")
        watched.desk.look()
        watched.until(lambda: watched.desk.state().trouble)
        assert watched.body(first)
        (site.root / "templates/album.html").unlink()
        watched.desk.look()
        watched.until(lambda: not watched.desk.state().trouble)
        assert watched.body(second)
        # What asks of before is answered by what is shown now.
        with pytest.raises(AbandonedError):
            showing.asking.workers.ask(str, 1)
        held.set()


def test_what_was_asked_for_is_kept_by_later_plans(small: Site, held: threading.Event) -> None:
    small.photo("a/one.jpg")
    with at_desk(small) as watched:
        watched.until(shows(watched, "index.html"))
        before = watched.desk._showing
        small.text("about.md", "# About\n")
        watched.desk.look()
        watched.until(shows(watched, "about/index.html"))
        after = watched.desk._showing
        assert before is not after
        assert before is not None
        assert after is not None
        assert before.asking is after.asking
        held.set()


def test_what_is_given_up_may_be_had_again(small: Site, held: threading.Event) -> None:
    small.photo("a/one.jpg")
    with at_desk(small, jobs=1) as watched:
        watched.until(shows(watched, "index.html"))
        showing = watched.desk._showing
        assert showing is not None
        showing.asking.workers.abandon()
        with pytest.raises(DecodeError) as caught:
            watched.desk.answer(next(path for path in showing.files if path.startswith("image/")))
        assert caught.value.passing
        held.set()


def test_s16_a_build_that_failed_is_tried_again(
    small: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    small.photo("a/one.jpg")
    monkeypatch.setattr(building, "UNTIL_RETRIED", 0.01)
    full = [True]
    build_behind = building.build_behind

    def build(*arguments: object) -> object:
        if full[0]:
            raise OSError(errno.ENOSPC, "no room", "output")
        return build_behind(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(building, "build_behind", build)
    with at_desk(small) as watched:
        watched.until(lambda: watched.desk.state().trouble)
        full[0] = False
        watched.until(lambda: not watched.desk.state().trouble)
        assert (small.output / "a/one/index.html").exists()
        # So is one of which nothing is left.
        shutil.rmtree(small.output)
        watched.until((small.output / "a/one/index.html").exists)


def test_faults_of_pictures_that_are_gone_are_forgotten(small: Site) -> None:
    small.photo("a/one.jpg")
    damaged = cut(small, "a/two.jpg")
    with at_desk(small) as watched:
        watched.idle()
        assert len(watched.desk._faulty.failed) == 1
        damaged.unlink()
        watched.looked()
        assert watched.desk._faulty.failed == {}
