"""The dev server's side in a real browser: reloads, swapped stylesheets, the overlay, uploads."""

import base64
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from msgspec.structs import replace
from playwright.sync_api import Browser, Page, Route, expect

from generator.core.errors import Problem
from tests.support.browsing import launched, opened
from tests.support.desks import Watched, at_desk
from tests.support.pictures import chart, save
from tests.support.serving import Running, TableDesk, running
from tests.support.sites import Site

pytestmark = pytest.mark.browser

# What the dev server alone keeps in a tab; no page of the site does.
SEEN = "stored: fastphoto: the problems that were seen"

TROUBLE = Problem("templates/photo.html:12", "PhotoPage has no 'titel'", "did you mean 'title'?")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launched() as found:
        yield found


class Desk(TableDesk):
    """A desk that builds its whole site anew for every change."""

    def __init__(self, site: Site) -> None:
        self.site = site
        super().__init__(self._built())
        self.albums = {"walks/index.html": "walks"}

    def rebuild(self, **state: Any) -> None:
        self.change(self._built(), **state)

    def _built(self) -> dict[str, bytes | Path | Exception]:
        self.site.build()
        files = (each for each in self.site.output.rglob("*") if each.is_file())
        return {each.relative_to(self.site.output).as_posix(): each.read_bytes() for each in files}


@contextmanager
def desk_at(root: Path, photos: int = 3, *, upload: bool = False) -> Iterator[tuple[Desk, Running]]:
    site = Site(root / "site")
    for number in range(photos):
        site.photo(f"walks/p{number:02}.jpg", number)
    site.text("index.md", "Hello")
    desk = Desk(site)
    with running(desk, site.root, upload=upload) as server:
        yield desk, server


def mark(page: Page) -> None:
    """Leave something on a page that a reload would take away."""
    page.evaluate("window.marked = true")


def is_marked(page: Page) -> bool:
    return bool(page.evaluate("window.marked === true"))


def connected(page: Page) -> None:
    """Wait until the page hears from the server."""
    page.wait_for_function("() => window.LiveReload?.connector?.protocol === 7")


def test_an_edit_shows_by_itself(browser: Browser, tmp_path: Path) -> None:
    with desk_at(tmp_path) as (desk, server), opened(browser) as page:
        page.goto(server.address)
        connected(page)
        desk.site.text("index.md", "Goodbye")
        desk.rebuild()
        expect(page.locator("main")).to_contain_text("Goodbye")


def test_a_page_that_stays_the_same_is_not_reloaded(browser: Browser, tmp_path: Path) -> None:
    with desk_at(tmp_path) as (desk, server), opened(browser) as page:
        page.goto(f"{server.address}walks/")
        connected(page)
        mark(page)
        desk.site.text("index.md", "Goodbye")
        desk.rebuild(problems=(TROUBLE,))
        # What comes afterwards has come, so a reload would have.
        expect(page.get_by_role("link", name="1 problem")).to_be_visible()
        assert is_marked(page)


def test_a_stylesheet_is_swapped_without_a_reload(browser: Browser, tmp_path: Path) -> None:
    with desk_at(tmp_path) as (desk, server), opened(browser) as page:
        desk.site.write("templates/static/user.css", b"h1 { color: rgb(1, 2, 3) }")
        desk.rebuild()
        page.goto(server.address)
        connected(page)
        expect(page.locator("h1").first).to_have_css("color", "rgb(1, 2, 3)")
        for colour in ("rgb(3, 2, 1)", "rgb(7, 8, 9)"):
            mark(page)
            desk.site.write("templates/static/user.css", f"h1 {{ color: {colour} }}".encode())
            desk.rebuild()
            expect(page.locator("h1").first).to_have_css("color", colour)
            assert page.evaluate("document.querySelectorAll('link[rel=stylesheet]').length") == 2
            assert is_marked(page)


def test_a_page_stays_where_it_was_scrolled_to(browser: Browser, tmp_path: Path) -> None:
    with desk_at(tmp_path, 24) as (desk, server), opened(browser, 400, height=300) as page:
        page.goto(f"{server.address}walks/")
        connected(page)
        page.evaluate("scrollTo(0, 500)")
        page.wait_for_function("() => scrollY === 500")
        desk.site.text("walks/index.md", "# Walking\n")
        desk.rebuild()
        expect(page.locator("h1")).to_have_text("Walking")
        page.wait_for_function("() => scrollY === 500")


def test_an_open_photo_stays_open(browser: Browser, tmp_path: Path) -> None:
    with desk_at(tmp_path) as (desk, server), opened(browser) as page:
        page.goto(f"{server.address}walks/")
        connected(page)
        page.locator(".grid a").nth(1).click()
        expect(page.locator("dialog.viewer")).to_be_visible()
        page.wait_for_function("() => location.pathname === '/walks/p01/'")
        length = page.evaluate("history.length")
        mark(page)
        desk.site.text("walks/index.md", "# Walking\n")
        desk.rebuild()
        expect(page.locator("h1").first).to_have_text("Walking")
        expect(page.locator("dialog.viewer")).to_be_visible()
        page.wait_for_function("() => location.pathname === '/walks/p01/'")
        assert not is_marked(page)
        assert page.evaluate("history.length") == length
        page.keyboard.press("Escape")
        expect(page.locator("dialog.viewer")).to_be_hidden()
        page.wait_for_function("() => location.pathname === '/walks/'")


@pytest.mark.parametrize("in_viewer", [False, True])
def test_trouble_lies_over_the_page_until_it_is_mended(
    browser: Browser, tmp_path: Path, *, in_viewer: bool
) -> None:
    with desk_at(tmp_path) as (desk, server), opened(browser) as page:
        page.goto(f"{server.address}walks/")
        connected(page)
        if in_viewer:
            page.locator(".grid a").first.click()
            expect(page.locator("dialog.viewer")).to_be_visible()
        mark(page)
        desk.change({}, trouble=(TROUBLE,))
        alert = page.get_by_role("alert").filter(has_text="The site cannot be built")
        expect(alert).to_contain_text("templates/photo.html:12")
        expect(alert).to_contain_text("PhotoPage has no 'titel'")
        expect(alert).to_contain_text("did you mean 'title'?")
        assert is_marked(page)

        desk.change({}, trouble=())
        expect(alert).to_be_hidden()
        assert is_marked(page)

        desk.change({}, trouble=(TROUBLE,))
        expect(alert).to_be_visible()
        page.keyboard.press("Escape")
        expect(alert).to_be_hidden()
        assert page.locator("dialog.viewer").is_visible() == in_viewer


def test_what_somebody_else_wrote_is_text_and_nothing_more(
    browser: Browser, tmp_path: Path
) -> None:
    hostile = Problem("<img src=x onerror=alert(1)>", "<script>alert(2)</script>\u202e", "<b>x")
    with desk_at(tmp_path) as (desk, server), opened(browser, tolerated=SEEN) as page:
        desk.change({}, trouble=(hostile,), problems=(hostile,))
        page.goto(server.address)
        alert = page.get_by_role("alert").filter(has_text="cannot be built")
        expect(alert).to_contain_text("<img src=x onerror=alert(1)>")
        expect(alert).to_contain_text(r"<script>alert(2)</script>\u202e")
        page.goto(f"{server.address}.fastphoto/problems.html")
        page.keyboard.press("Escape")
        expect(page.locator("main")).to_contain_text("<img src=x onerror=alert(1)>")
        assert page.locator("main :is(img, script, b)").count() == 0


def test_problems_are_listed_on_a_page_that_keeps_up(browser: Browser, tmp_path: Path) -> None:
    refused = Problem("pictures/torn.jpg", "cut short", "copy it again")
    with desk_at(tmp_path) as (desk, server), opened(browser, tolerated=SEEN) as page:
        page.goto(server.address)
        connected(page)
        desk.change({}, problems=(refused, TROUBLE))
        page.get_by_role("link", name="2 problems").click()
        expect(page.get_by_role("listitem")).to_have_count(2)
        expect(page.locator("main")).to_contain_text("pictures/torn.jpg")
        connected(page)
        desk.change({}, problems=())
        expect(page.locator("main")).to_contain_text("There are none.")


def test_a_text_that_is_left_out_is_told_over_the_page_until_it_is_seen(
    browser: Browser, tmp_path: Path
) -> None:
    unread = Problem("content/walks/p00.md:2", "unknown key 'titel'", "did you mean 'title'?")
    undated = Problem("content/walks/p00.md:3", "'yesterday' is no date")
    with desk_at(tmp_path) as (desk, server), opened(browser, tolerated=SEEN) as page:
        page.goto(server.address)
        connected(page)
        desk.change({}, problems=(unread, undated))
        alert = page.get_by_role("alert").filter(has_text="A text is left out")
        expect(alert).to_contain_text("content/walks/p00.md:2")
        expect(alert).to_contain_text("is no date")
        page.keyboard.press("Escape")
        expect(alert).to_be_hidden()
        page.goto(f"{server.address}walks/")
        connected(page)
        expect(page.get_by_role("link", name="2 problems")).to_be_visible()
        expect(alert).to_be_hidden()

        desk.change({}, problems=(replace(unread, what="unknown key 'tytel'"),))
        expect(alert).to_contain_text("tytel")
        desk.change({}, problems=())
        expect(alert).to_be_hidden()


def test_warnings_are_out_of_the_way_once_they_were_read(browser: Browser, tmp_path: Path) -> None:
    warning = Problem("output/full", "originals tell where they were taken", severity="warning")
    with desk_at(tmp_path) as (desk, server), opened(browser, tolerated=SEEN) as page:
        desk.change({}, problems=(warning,))
        page.goto(server.address)
        badge = page.get_by_role("link", name="1 problem")
        expect(badge).to_be_visible()
        # They were seen even if the page is left before it hears anything from the server.
        page.route("**/state.json", lambda route: None)
        badge.click()
        expect(page.locator("main")).to_contain_text("where they were taken")
        connected(page)
        page.unroute_all()
        page.goto(server.address)
        connected(page)
        desk.change({}, problems=(warning, warning))
        expect(page.get_by_role("link", name="2 problems")).to_be_visible()
        desk.change({}, problems=(warning,))
        expect(page.get_by_role("link", name="problem")).to_have_count(0)


def test_before_there_is_a_site_its_trouble_shows(browser: Browser, tmp_path: Path) -> None:
    desk = TableDesk({})
    with running(desk, tmp_path) as server, opened(browser, tolerated="503|404") as page:
        desk.change({}, trouble=(TROUBLE,))
        page.goto(server.address)
        alert = page.get_by_role("alert").filter(has_text="The site cannot be built")
        expect(alert).to_be_visible()
        desk.change({"index.html": b"<title>x</title><h1>It is there</h1>"}, trouble=())
        expect(page.get_by_text("It is there")).to_be_visible()


def violations(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{each['id']}: {node['html']}" for each in found for node in each["nodes"]]


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_overlay_and_pages_are_for_everybody(
    browser: Browser, tmp_path: Path, colours: str
) -> None:
    with desk_at(tmp_path, upload=True) as (desk, server):
        desk.change({}, trouble=(TROUBLE,), problems=(TROUBLE,))
        with opened(browser, color_scheme=colours, bypass_csp=True, tolerated=SEEN) as page:
            for path in ("", ".fastphoto/problems.html", ".fastphoto/upload.html"):
                page.goto(server.address + path)
                alert = page.get_by_role("alert").filter(has_text="cannot be built")
                expect(alert).to_be_visible()
                assert violations(page) == []
                page.keyboard.press("Escape")
                expect(alert).to_be_hidden()
                assert violations(page) == []


DROP = """
([files, target]) => {
  const transfer = new DataTransfer();
  for (const [name, text] of files) {
    const bytes = Uint8Array.from(atob(text), each => each.charCodeAt(0));
    transfer.items.add(new File([bytes], name));
  }
  for (const type of ["dragenter", "dragover", "drop"])
    document.querySelector(target).dispatchEvent(
      new DragEvent(type, { dataTransfer: transfer, bubbles: true, cancelable: true }));
}
"""


def drop(page: Page, files: dict[str, bytes], target: str = "main") -> None:
    """Drop files on a page."""
    given = [[name, base64.b64encode(body).decode()] for name, body in files.items()]
    page.evaluate(DROP, [given, target])


def test_pictures_dropped_on_an_album_are_in_it(browser: Browser, tmp_path: Path) -> None:
    bodies = {
        f"new {number}.jpg": save(chart(90, 60, number), tmp_path / f"{number}.jpg").read_bytes()
        for number in range(20)
    }
    tolerated = "4(09|15)"
    with desk_at(tmp_path, upload=True) as (desk, server):
        with opened(browser, tolerated=tolerated) as page:
            page.goto(f"{server.address}walks/")
            connected(page)
            drop(page, {**bodies, "p01.jpg": bodies["new 1.jpg"], "page.jpg": b"<html>" * 20})
            status = page.get_by_role("status")
            expect(status).to_contain_text("20 of 22 added")
            expect(status).to_contain_text("there is a p01.jpg already: rename yours")
            expect(status).to_contain_text("page.jpg: this is a web page, not a picture")
            desk.rebuild()
            expect(page.locator(".grid a")).to_have_count(23)
            # What was not taken is still told, after the reload.
            expect(status).to_contain_text("there is a p01.jpg already: rename yours")
            page.get_by_role("button", name="Close").click()
            expect(status).to_be_hidden()
            assert page.locator("main").is_visible()
        folder = desk.site.pictures / "walks"
        assert {name: (folder / name).read_bytes() for name in bodies} == bodies


def test_a_page_does_not_reload_while_pictures_are_on_their_way(
    browser: Browser, tmp_path: Path
) -> None:
    body = save(chart(90, 60, 1), tmp_path / "a.jpg").read_bytes()
    with desk_at(tmp_path, upload=True) as (desk, server), opened(browser) as page:
        with page.expect_websocket() as socket:
            page.goto(f"{server.address}walks/")
        connected(page)
        held: list[Route] = []

        def hold(route: Route) -> None:
            held.append(route)
            if len(held) > 1:
                route.continue_()

        page.route("**/upload.html*", hold)
        drop(page, {"a.jpg": body, "b.jpg": body})
        page.wait_for_function("() => !!window.fastphotoUploads")
        mark(page)
        desk.site.text("walks/index.md", "# Walking\n")
        # Of both at once it would hear that it is to be loaded anew, and no more.
        with socket.value.expect_event("framereceived"):
            desk.rebuild()
        desk.change({}, problems=(TROUBLE,))
        expect(page.get_by_role("link", name="1 problem")).to_be_visible()
        assert is_marked(page)
        held[0].continue_()
        expect(page.locator("h1")).to_have_text("Walking")
        folder = desk.site.pictures / "walks"
        assert [(folder / name).read_bytes() for name in ("a.jpg", "b.jpg")] == [body, body]


def test_the_page_of_uploads_takes_pictures(browser: Browser, tmp_path: Path) -> None:
    body = save(chart(90, 60, 5), tmp_path / "a.jpg").read_bytes()
    with desk_at(tmp_path, upload=True) as (desk, server), opened(browser) as page:
        page.goto(f"{server.address}.fastphoto/upload.html")
        page.get_by_label("Album").select_option("walks")
        page.get_by_label(re.compile("choose some")).set_input_files(tmp_path / "a.jpg")
        expect(page.get_by_role("status")).to_contain_text("1 of 1 added")
        assert (desk.site.pictures / "walks/a.jpg").read_bytes() == body


# The whole of it: the desk of a site, which watches, behind the server.


@contextmanager
def live(root: Path, *, upload: bool = False) -> Iterator[tuple[Site, Watched, Running]]:
    site = Site(root / "site")
    for number in range(3):
        site.photo(f"walks/p{number:02}.jpg", number)
    site.text("walks/p00.md", "The first caption")
    with at_desk(site, watches=True) as watched:
        watched.idle()
        with running(watched.desk, site.root, upload=upload) as server:
            yield site, watched, server


def test_live_a_caption_is_edited(browser: Browser, tmp_path: Path) -> None:
    with live(tmp_path) as (site, _, server), opened(browser) as page:
        page.goto(f"{server.address}walks/p00/")
        expect(page.locator("main")).to_contain_text("The first caption")
        connected(page)
        site.text("walks/p00.md", "The second caption")
        expect(page.locator("main")).to_contain_text("The second caption", timeout=60_000)


def test_live_a_template_is_broken_and_mended(browser: Browser, tmp_path: Path) -> None:
    with live(tmp_path) as (site, _, server), opened(browser) as page:
        page.goto(f"{server.address}walks/p00/")
        connected(page)
        site.write(
            "templates/photo.html",
            b'{% extends "theme/photo.html" %}\n{% block main %}{{ page.titel }}{% endblock %}',
        )
        alert = page.get_by_role("alert").filter(has_text="The site cannot be built")
        expect(alert).to_contain_text("templates/photo.html:2", timeout=60_000)
        expect(alert).to_contain_text("did you mean 'title'?", ignore_case=True)
        site.write(
            "templates/photo.html",
            b'{% extends "theme/photo.html" %}\n{% block main %}It is mine{% endblock %}',
        )
        expect(page.locator("main")).to_contain_text("It is mine", timeout=60_000)
        expect(alert).to_be_hidden()


def test_live_a_stylesheet_is_edited(browser: Browser, tmp_path: Path) -> None:
    with live(tmp_path) as (site, watched, server), opened(browser) as page:
        site.write("templates/static/user.css", b"h1 { color: rgb(1, 2, 3) }")
        watched.until(lambda: b"user." in watched.body("index.html"))
        page.goto(f"{server.address}walks/")
        connected(page)
        mark(page)
        site.write("templates/static/user.css", b"h1 { color: rgb(3, 2, 1) }")
        expect(page.locator("h1").first).to_have_css("color", "rgb(3, 2, 1)", timeout=60_000)
        assert is_marked(page)


def test_live_twenty_pictures_are_dropped(browser: Browser, tmp_path: Path) -> None:
    bodies = {
        f"n{number:02}.jpg": save(chart(90, 60, 50 + number), tmp_path / "n.jpg").read_bytes()
        for number in range(20)
    }
    with live(tmp_path, upload=True) as (_, watched, server), opened(browser) as page:
        page.goto(f"{server.address}walks/")
        connected(page)
        before = len(watched.changes)
        drop(page, bodies)
        expect(page.locator(".grid a")).to_have_count(23, timeout=60_000)
        watched.idle()
        told = [change for change in watched.changes[before:] if "walks/index.html" in change.paths]
        # A slow disk may take longer between two than the desk waits for more.
        assert 1 <= len(told) <= 5
