"""Fixtures for all tests."""

from pathlib import Path

import pytest

from tests.support.sites import Site


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """An empty site; its pictures are to be put there."""
    return Site(tmp_path / "site")
