"""What `opened` fails a test on: all browser tests rely on it."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.support.browsing import opened, served

pytestmark = pytest.mark.browser

FAULTS = {
    "<p style='color: red'>": "Content Security Policy",
    "<script>alert(1)</script>": "Content Security Policy",
    "<script src=said.js></script>": "something",
    "<script src=thrown.js></script>": "reason",
    "<script src=stored.js></script>": "stored: seen",
    "<img src=lost.png>": "404",
}


@pytest.mark.parametrize("page", FAULTS)
def test_a_page_that_does_what_it_should_not_is_found_out(
    browser: Browser, tmp_path: Path, page: str
) -> None:
    (tmp_path / "index.html").write_text(f"<!doctype html><link rel=icon href=said.js>{page}")
    (tmp_path / "said.js").write_text("console.warn('something')")
    (tmp_path / "thrown.js").write_text("throw Error('reason')")
    (tmp_path / "stored.js").write_text("localStorage.seen = 1")
    with (
        served(tmp_path) as host,
        pytest.raises(pytest.fail.Exception, match=FAULTS[page]),
        opened(browser) as window,
    ):
        window.goto(host.address)


def test_a_page_that_asks_another_host_is_found_out(browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<!doctype html><link rel=icon href=index.html>")
    with (
        served(tmp_path) as host,
        served(tmp_path) as other,
        pytest.raises(pytest.fail.Exception, match="another origin"),
        opened(browser) as window,
    ):
        window.goto(host.address)
        window.goto(other.address)
