"""Fixtures for all tests."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.support.browsing import launched
from tests.support.sites import Site


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
