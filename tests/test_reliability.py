"""docs/reliability.md promises, line by line; each line has tests that bear its name."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).parent.parent
PROMISES = (ROOT / "docs/reliability.md").read_text(encoding="utf-8")
WITHOUT_TESTS = "Does not apply: "

# How many lines there are of each kind: pictures, words, paths, privacy, ends, server, supply.
LINES = {"I": 13, "X": 8, "P": 7, "G": 4, "S": 16, "D": 9, "C": 5}
IDS = [f"{kind}{number}" for kind, count in LINES.items() for number in range(1, count + 1)]


def promised() -> list[list[str]]:
    """Return the cells of every line of the tables, without their headings."""
    lines = [line for line in PROMISES.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in lines]
    return [each for each in cells if each[0].strip("-")]


def names_of_tests() -> Iterator[str]:
    for path in (ROOT / "tests").rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node.name


def bearers() -> Mapping[str, set[str]]:
    """Return the tests of each line: `test_d3_d4_…` is one of two."""
    found = defaultdict[str, set[str]](set)
    for name in names_of_tests():
        borne = re.match(r"test_((?:[a-z]\d{1,2}_)+)", name)
        for each in borne[1].rstrip("_").upper().split("_") if borne else ():
            found[each].add(name)
    return found


def test_every_threat_has_one_line_in_its_order() -> None:
    assert [cells[0] for cells in promised()] == IDS


def test_every_line_says_what_happens_and_what_is_done() -> None:
    assert [cells[0] for cells in promised() if len(cells) != 3 or not all(cells)] == []


def test_every_line_has_tests_that_bear_its_name() -> None:
    applying = {cells[0] for cells in promised() if not cells[-1].startswith(WITHOUT_TESTS)}

    assert sorted(applying - bearers().keys()) == []


def test_every_test_with_the_name_of_a_line_has_that_line() -> None:
    assert sorted(bearers().keys() - set(IDS)) == []
