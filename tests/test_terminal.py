"""What a terminal shows while a site is served, and what commands say in the end."""

import pytest

from generator.audit import Audit
from generator.core.errors import Problem
from generator.serve.answers import Change, State
from generator.telling import audited
from generator.terminal import Changes


def told(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().err.splitlines()


def counting(number: int) -> Problem:
    what = f"originals that carry a location: {number} of 9"
    return Problem("output/full", what, severity="warning", code="private-original")


def damaged(path: str) -> Problem:
    return Problem(path, "the file is truncated", code="damaged-picture")


def test_a_problem_is_told_once_while_it_lasts_whatever_it_counts(
    capsys: pytest.CaptureFixture[str],
) -> None:
    tell = Changes(quiet=False)

    tell(Change(("index.html",), State(problems=(counting(3),))))
    assert told(capsys) == ["warning: output/full: originals that carry a location: 3 of 9"]
    tell(Change((), State(problems=(counting(2), damaged("1.jpg"), damaged("2.jpg")))))
    assert told(capsys) == [
        "error: 1.jpg: the file is truncated",
        "error: 2.jpg: the file is truncated",
    ]
    tell(Change((), State()))
    tell(Change((), State(problems=(counting(2),))))
    assert told(capsys) == ["warning: output/full: originals that carry a location: 2 of 9"]


def test_what_changed_is_counted_and_what_was_mended_is_said(
    capsys: pytest.CaptureFixture[str],
) -> None:
    tell = Changes(quiet=False)

    tell(Change(("a", "b", "c"), State(serial=1)))
    tell(Change(("a", "b"), State(serial=2)))
    tell(Change((), State(serial=2, trouble=(damaged("site.toml"),))))
    tell(Change((), State(serial=2)))
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(" ", 1)[1] for line in lines] == ["2 files changed", "mended"]


@pytest.mark.parametrize(
    ("verbatim", "said"),
    [
        (6, "6 originals published as they are, and not read: they may tell locations and more"),
        (1, "1 original published as it is, and not read: it may tell locations and more"),
    ],
)
def test_what_the_reader_of_published_files_does_not_read_is_said(verbatim: int, said: str) -> None:
    lines = list(audited(Audit(100, verbatim, ())))

    assert lines[1:] == [said]
