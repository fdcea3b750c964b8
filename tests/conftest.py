"""Fixtures for all tests."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from playwright.sync_api import Browser

from tests.support import budgets
from tests.support.albums import QUICK
from tests.support.browsing import Host, launched, served
from tests.support.showcase import built_once
from tests.support.sites import Site

# How long an example takes is the machine's affair.
settings.register_profile("fastphoto", deadline=None)
settings.load_profile("fastphoto")


@pytest.fixture(autouse=True)
def surroundings() -> Iterator[None]:
    """Leave the environment as it was: a build in this process hands it on to its own."""
    before = dict(os.environ)
    yield
    for name in os.environ.keys() - before.keys():
        del os.environ[name]
    os.environ.update(before)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """An empty site; its pictures are to be put there."""
    return Site(tmp_path / "site")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The installed Chromium, for one module: what other modules test shall not run beside it."""
    with launched() as browser:
        yield browser


@pytest.fixture
def within(record_property: Callable[[str, object], None]) -> budgets.Within:
    """Holds what was measured to its limit in tests/budgets.toml."""
    return budgets.within(record_property)


@pytest.fixture(scope="session")
def showcase(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A site of everything, in the folders `en`, `ar` and `file`; only ever read."""
    return built_once("showcase", tmp_path_factory, worker_id)


@pytest.fixture(scope="session")
def thousand(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """Albums of sixty and of a thousand photos, in the folder `output`; only ever read."""
    return built_once("thousand", tmp_path_factory, worker_id)


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[Host]:
    """The album of the tests of the viewer, served."""
    with served(built_once("viewer", tmp_path_factory, worker_id) / "en/www") as host:
        yield host


@pytest.fixture(scope="module")
def arabic(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[Host]:
    """The same in Arabic."""
    with served(built_once("viewer", tmp_path_factory, worker_id) / "ar/www") as host:
        yield host


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what the delivered site costs, as far as these tests measured it."""
    reports = [each for kind in ("passed", "failed") for each in terminalreporter.getreports(kind)]
    lines = budgets.table(found for each in reports for found in each.user_properties)
    if lines:
        terminalreporter.section("budgets")
        terminalreporter.write_line("\n".join(lines))


@pytest.fixture
def small(site: Site) -> Site:
    """An empty site whose pictures come in one size, which takes little time."""
    site.settings(QUICK)
    return site
