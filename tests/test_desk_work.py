"""The desk at work: what is asked for goes first, what is old is given up, and nothing stays."""

import gc
import multiprocessing
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from generator.core import files
from generator.core.config import load_config
from generator.core.errors import DecodeError
from generator.core.model import Job
from generator.library.survey import survey
from generator.pixels import decode, encode
from generator.report import Listener, Options, Order
from generator.serve import asking
from generator.serve.asking import Asking, RefusedError
from generator.serve.desk import SiteDesk
from generator.state import store
from generator.state.workers import Workers
from generator.steps import Sketch, hired, kept_memo, read_sources, sketched
from tests.support.albums import QUICK
from tests.support.desks import Watched, at_desk
from tests.support.sites import SECONDS, Site, clean_tree, scraps, tree, wait_until


def sketch_of(site: Site) -> Sketch:
    config = load_config(site.root)
    order = Order(site.root, site.output, site.cache, config, Options(), Listener(), 1 << 30)
    with hired(order) as workers:
        found = survey(site.root, config)
        return sketched(order, read_sources(order, found, kept_memo(order), workers)[0])


def test_what_many_ask_for_at_once_is_made_once(
    small: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    small.photo("one.jpg")
    (job,) = sketch_of(small).plan.jobs
    key, _ = job.recipes[0]
    asked_for = threading.Semaphore(0)
    made: list[encode.Asked] = []

    def count(wanted: encode.Asked, pictures: Path) -> bytes:
        made.append(wanted)
        # Nobody gets an answer before all have asked.
        for _ in range(5):
            assert asked_for.acquire(timeout=SECONDS)
        return encode.render_asked(wanted, pictures)  # type: ignore[return-value]

    monkeypatch.setattr(asking, "render_asked", count)
    with Workers(0, decode.prepare, 10**9) as workers:
        one = Asking(small.cache, small.pictures, workers, 1 << 30)

        def ask(_: int) -> bytes:
            asked_for.release()
            return one.variant(job, key, 0)

        with ThreadPoolExecutor(5) as threads:
            bodies = set(threads.map(ask, range(5)))
        assert one.variant(job, key, 0) in bodies
    assert len(made) == len(bodies) == 1


def test_what_cannot_be_made_is_told_to_all_who_asked(small: Site) -> None:
    file = small.photo("one.jpg", width=300, height=200)
    file.write_bytes(file.read_bytes()[:-200])
    (job,) = sketch_of(small).plan.jobs
    with Workers(0, decode.prepare, 10**9) as workers:
        one = Asking(small.cache, small.pictures, workers, 1 << 30)
        for _ in range(2):
            with pytest.raises(RefusedError, match="truncated"):
                one.variant(job, job.recipes[0][0], 0)


@pytest.mark.parametrize("name", ["avif", "jpeg", "webp", "png"])
@pytest.mark.parametrize("size", [(300, 200), (2000, 1500)])
def test_a_variant_alone_has_the_bytes_of_the_whole_recipe(
    site: Site, name: str, size: tuple[int, int]
) -> None:
    site.settings(f"[images]\nmax_dimensions = [40, 60, 90, 400]\nformats = ['{name}']\n")
    site.photo("one.png", 3, *size)
    (job,) = sketch_of(site).plan.jobs
    whole = encode.encode_photo(job, site.pictures)
    for key, recipe in job.recipes:
        for index, step in enumerate(recipe.outputs):
            alone = encode.render_asked(encode.Asked(job.photo, recipe, step), site.pictures)
            assert alone == whole[key][index]


def test_a_newer_plan_is_shown_at_once_and_ends_the_build_of_the_old(
    small: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(6):
        small.photo(f"a/{number}.jpg", number)
    at_work, go_on = threading.Event(), threading.Event()
    render_job = encode.render_job
    rendered: list[str] = []

    def slowly(job: Job, **folders: Path) -> encode.Rendered:
        rendered.append(job.photo.path)
        at_work.set()
        assert go_on.wait(SECONDS)
        return render_job(job, **folders)

    # So that plans need no worker, for the only one is at work: all is known, and settled.
    monkeypatch.setattr(files, "CLOCK_TICK_NS", 20_000_000)
    small.build()
    store.collect(small.cache, ())
    small.settings(QUICK + "quality = { jpeg = 60 }\n")
    monkeypatch.setattr("generator.pixels.render.render_job", slowly)
    with at_desk(small) as watched:
        assert at_work.wait(SECONDS)
        small.text("a/index.md", "---\ntitle: Newer\n---\n")
        watched.desk.look()
        watched.until(lambda: b"Newer" in watched.body("a/index.html"))
        assert rendered == rendered[:1]
        go_on.set()
        watched.idle()
    # What was rendered meanwhile was kept, and the rest was rendered once.
    assert sorted(rendered) == [f"a/{number}.jpg" for number in range(6)]
    assert tree(small.output) == clean_tree(small, tmp_path / "twin")


def test_a_build_beside_is_waited_for(small: Site, tmp_path: Path) -> None:
    small.photo("a/one.jpg")
    waits = threading.Event()

    class Waiting(Listener):
        def waiting(self) -> None:
            waits.set()

    with store.exclusive(small.cache, lambda: None):
        one = SiteDesk(small.root, small.output, lambda config: 0, Waiting())
        watched = Watched(one)
        one.start(watches=False)
        assert waits.wait(SECONDS)
        # It is shown meanwhile.
        watched.until(lambda: one.answer("a/index.html"))
        assert not small.output.exists()
    watched.idle()
    # Another build, of what the desk has not seen yet.
    small.text("about.md", "# About")
    small.build()
    store.collect(small.cache, ())
    watched.looked()
    assert watched.body("about/index.html")
    one.close()
    assert tree(small.output) == clean_tree(small, tmp_path / "twin")


def test_closing_ends_all_that_is_at_work(site: Site, tmp_path: Path) -> None:
    site.settings("[images]\nmax_dimensions = [64, 900]\nformats = ['avif']\neffort = 'small'\n")
    for number in range(8):
        site.photo(f"a/{number}.png", number, 1600, 1200)
    with at_desk(site, jobs=2) as watched:
        watched.until(lambda: watched.desk.answer("index.html"))
        watched.until(multiprocessing.active_children)
        threads = [each for each in threading.enumerate() if "fastphoto" in each.name]
        assert threads
        started = time.monotonic()
        watched.desk.close()
        assert time.monotonic() - started < 2
        for thread in threads:
            thread.join(SECONDS)
    wait_until(lambda: not multiprocessing.active_children())
    assert not any(path.suffix == ".part" for path in site.output.rglob("*"))
    site.build()
    assert tree(site.output) == clean_tree(site, tmp_path / "twin")
    assert scraps(site) == []


def test_processes_make_what_is_asked_for(small: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    # So that the damaged one is not waited for, as one that is being copied.
    monkeypatch.setattr(files, "CLOCK_TICK_NS", 0)
    small.photo("a/one.jpg")
    damaged = small.photo("a/two.jpg", 1, 300, 200)
    damaged.write_bytes(damaged.read_bytes()[:-200])
    with at_desk(small, jobs=2) as watched:
        watched.until(lambda: watched.desk.answer("index.html"))
        showing = watched.desk._showing
        assert showing is not None
        one, two = (
            next(path for path in showing.files if path.startswith(f"image/a/{name}"))
            for name in ("one", "two")
        )
        with pytest.raises(DecodeError, match="truncated"):
            watched.desk.answer(two)
        early = watched.body(one)
        watched.idle()
        assert (small.output / one).read_bytes() == early
        assert not (small.output / two).exists()
    wait_until(lambda: not multiprocessing.active_children())


def test_many_saves_leave_nothing_behind(small: Site) -> None:
    small.photo("a/one.jpg")
    counts = []
    with at_desk(small) as watched:
        for number in range(16):
            small.text("a/one.md", f"---\ncaption: Take {number % 7}\n---\n")
            watched.looked()
            watched.changes.clear()
            assert f"Take {number % 7}".encode() in watched.body("a/one/index.html")
            if number in (7, 15):
                gc.collect()
                counts.append((len(gc.get_objects()), threading.active_count()))
    # Of the objects that a single plan consists of there are hundreds.
    assert counts[1][0] - counts[0][0] < 100
    assert counts[1][1] == counts[0][1]
    assert multiprocessing.active_children() == []


def test_saves_are_seen_without_being_told(small: Site) -> None:
    small.photo("a/one.jpg")
    with at_desk(small, watches=True) as watched:
        watched.until(lambda: watched.desk.answer("a/one/index.html"))
        small.text("a/one.md", "Words")
        watched.until(lambda: b"Words" in watched.body("a/one/index.html"))
        os.utime(small.photo("a/dated.jpg", 4), (1, 1))
        watched.until(lambda: watched.desk.answer("a/dated/index.html"))
        (small.pictures / "a/one.jpg").unlink()
        watched.until(lambda: watched.desk.answer("full/a/one.jpg") is None)
