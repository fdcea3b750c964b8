"""The desk of the dev server: what is shown, when, and what is left in output/."""

from pathlib import Path

from tests.support.desks import at_desk
from tests.support.sites import Site, clean_tree, scraps, tree


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
