"""Rows of pictures: where they break, how high they are, and that the stylesheet agrees."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import generator
from generator.views.rows import GAP, RANGES, Place, Range, plan_rows, rounded

STYLES = (Path(generator.__file__).parent.parent / "templates/static/site.css").read_text("utf-8")

ratios = st.lists(st.floats(0.3, 3.5), min_size=1, max_size=40)


def rows_of(places: tuple[Place, ...], letter: str) -> list[list[int]]:
    """Divide tiles into rows as a browser does that knows nothing but the classes of one range."""
    starts = {letter, letter.upper(), f"L{letter}"}
    rows: list[list[int]] = []
    for index, place in enumerate(places):
        if starts & set(place.classes.split()):
            rows.append([])
        rows[-1].append(index)
    return rows


def height(shapes: list[float], row: list[int], each: Range) -> float:
    """Return how high a row is that fills the width, relative to what it shall be."""
    total = sum(rounded(shapes[index]) / 100 for index in row)
    return (each.width - GAP * (len(row) - 1)) / total / each.height


def is_natural(places: tuple[Place, ...], row: list[int], letter: str) -> bool:
    return {f"l{letter}", f"L{letter}"} & set(places[row[0]].classes.split()) != set()


@given(ratios)
def test_every_tile_is_in_one_row_in_order(shapes: list[float]) -> None:
    places = plan_rows(shapes)
    for each in RANGES:
        rows = rows_of(places, each.letter)
        assert [index for row in rows for index in row] == list(range(len(shapes)))
        for row in rows:
            names = [set(places[index].classes.split()) for index in row]
            alone = {each.letter.upper(), f"L{each.letter}"} & names[0]
            assert bool(alone) == (len(row) == 1)


@given(ratios)
def test_only_a_last_row_may_end_early_and_it_fits(shapes: list[float]) -> None:
    places = plan_rows(shapes)
    for each in RANGES:
        *rows, last = rows_of(places, each.letter)
        assert not any(is_natural(places, row, each.letter) for row in rows)
        if is_natural(places, last, each.letter):
            total = sum(rounded(shapes[index]) / 100 for index in last)
            gaps = GAP * (len(last) - 1)
            assert total * each.share * each.least + gaps <= each.least
            assert height(shapes, last, each) > 1.25


@given(ratios)
def test_a_last_row_fills_the_width_or_ends_well_before_it(shapes: list[float]) -> None:
    """Where but little is empty, it looks as if something had gone wrong."""
    places = plan_rows(shapes)
    for each in RANGES:
        last = rows_of(places, each.letter)[-1]
        if is_natural(places, last, each.letter):
            total = sum(rounded(shapes[index]) / 100 for index in last)
            for width in (each.least, each.width):
                assert total * each.share * width + GAP * (len(last) - 1) < 0.9 * width
        else:
            assert height(shapes, last, each) <= 1.25


@given(st.lists(st.sampled_from([1.5, 0.67, 1.33, 0.75, 1.78]), min_size=20, max_size=60))
def test_rows_of_ordinary_photographs_are_nearly_of_one_height(shapes: list[float]) -> None:
    places = plan_rows(shapes)
    for each in RANGES:
        *rows, _ = rows_of(places, each.letter)
        for row in rows:
            assert 0.65 < height(shapes, row, each) < 1.5


def test_no_other_breaks_are_better() -> None:
    shapes = [1.5, 0.67, 1.5, 1.0, 1.78, 0.75, 1.5, 1.33, 2.5]

    def cost(row: list[int], each: Range) -> float:
        import math

        off = (math.log(height(shapes, row, each)) / math.log(1.25)) ** 2
        is_last = row[-1] == len(shapes) - 1
        return 0 if is_last and height(shapes, row, each) > 1.25 else off if off <= 1 else off**2

    for each in RANGES:
        found = sum(cost(row, each) for row in rows_of(plan_rows(shapes), each.letter))
        for breaks in range(2 ** (len(shapes) - 1)):
            rows = [[0]]
            for index in range(1, len(shapes)):
                if breaks >> (index - 1) & 1:
                    rows.append([])
                rows[-1].append(index)
            assert found <= sum(cost(row, each) for row in rows) + 1e-9


def test_sizes_are_the_shares_of_the_window() -> None:
    (alone,) = plan_rows([2.0])
    # A last row alone: its height is that of the range, 31 % of the width, below the edges' share.
    assert alone.sizes.startswith("(max-width:511.98px) 58vw, (max-width:765.98px) 49vw, ")
    assert alone.sizes.endswith(", 24vw")
    (wide,) = plan_rows([10.0])
    assert wide.sizes.startswith("(max-width:511.98px) 93vw, ")


@pytest.mark.parametrize(
    ("ratio", "hundredths"),
    [(1.5, 150), (2 / 3, 67), (0.01, 10), (50, 1000), (4, 400), (4.046, 405)],
)
def test_ratios_are_rounded(ratio: float, hundredths: int) -> None:
    assert rounded(ratio) == hundredths


def test_every_ratio_has_its_classes() -> None:
    wholes = re.findall(r"\.r(\d+)\{--i:(\d+)\}", STYLES)
    digits = [re.findall(rf"\.{each}(\d)\{{--{each}:(\d)\}}", STYLES) for each in "tu"]
    assert wholes == [(f"{each}", f"{each}") for each in range(11)]
    assert digits == [[(f"{each}", f"{each}") for each in range(10)]] * 2


def test_the_stylesheet_has_the_ranges_of_the_plan() -> None:
    for unit, kind in (("least", "container"), ("screen", "media")):
        edges = [getattr(each, unit) for each in RANGES[1:]]
        found = re.findall(rf"@{kind} \(([^)]*width[^)]*px[^)]*)\) {{\s+\.grid", STYLES)
        numbers = [float(each) for each in re.findall(r"(\d+)px", " ".join(found))]
        assert sorted(set(numbers)) == edges
    for each in RANGES:
        assert STYLES.count(f"calc(var(--r)*{100 * each.share:.2f}%)}}") == 2
