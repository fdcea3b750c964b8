"""Sizes: what holds for every source, every ladder, every cascade."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.core.config import ImageSettings
from generator.core.geometry import CASCADE_RATIO, NEAR, cascade, fit, ladder, turned
from generator.core.model import Size

SIDES = st.integers(1, 60_000)
SIZES = st.builds(Size, SIDES, SIDES)
STEPS = st.integers(16, 16_383)
LADDERS = st.lists(STEPS, min_size=1, max_size=12)


def transposed(size: Size) -> Size:
    return Size(size.height, size.width)


@given(SIZES, STEPS)
def test_a_fitted_size_is_as_long_as_asked_and_nowhere_empty(size: Size, step: int) -> None:
    fitted = fit(size, step)
    assert fitted.longest == step
    assert min(fitted.width, fitted.height) >= 1


@given(SIZES, STEPS)
def test_a_fitted_size_is_the_exact_one_rounded(size: Size, step: int) -> None:
    fitted = fit(size, step)
    shorter = min(fitted.width, fitted.height)
    exact = min(size.width, size.height) * step / size.longest
    assert shorter == 1 or abs(shorter - exact) <= 0.5


@given(SIZES, STEPS)
def test_transposing_the_source_transposes_the_fitted_size(size: Size, step: int) -> None:
    assert fit(transposed(size), step) == transposed(fit(size, step))


@given(SIZES)
def test_fitting_to_its_own_longest_side_changes_nothing(size: Size) -> None:
    assert fit(size, size.longest) == size


@pytest.mark.parametrize(
    ("size", "longest", "fitted"),
    [
        (Size(6000, 4000), 1080, Size(1080, 720)),
        (Size(4000, 6000), 1080, Size(720, 1080)),
        (Size(3, 2), 2, Size(2, 1)),
        (Size(8, 5), 4, Size(4, 3)),
        (Size(10_000, 1), 320, Size(320, 1)),
        (Size(500, 500), 320, Size(320, 320)),
    ],
)
def test_sizes_fit_by_rounding_halves_up(size: Size, longest: int, fitted: Size) -> None:
    assert fit(size, longest) == fitted


@given(SIDES, LADDERS)
def test_a_ladder_ascends_to_the_largest_step_the_source_allows(
    longest: int, configured: list[int]
) -> None:
    steps = ladder(longest, configured)
    assert list(steps) == sorted(set(steps))
    assert steps[-1] == min(max(configured), longest)


@given(SIDES, LADDERS)
def test_a_ladder_has_every_configured_step_that_is_not_near_its_top(
    longest: int, configured: list[int]
) -> None:
    *lower, top = ladder(longest, configured)
    assert set(lower) == {step for step in configured if step * NEAR < top}


@pytest.mark.parametrize(
    ("longest", "steps"),
    [
        (6000, (320, 480, 720, 1080, 1620, 2430)),
        (1080, (320, 480, 720, 1080)),
        (1100, (320, 480, 720, 1100)),
        (1188, (320, 480, 720, 1188)),
        (1189, (320, 480, 720, 1080, 1189)),
        (320, (320,)),
        (100, (100,)),
        (1, (1,)),
    ],
)
def test_the_default_ladder_follows_the_source(longest: int, steps: tuple[int, ...]) -> None:
    assert ladder(longest, ImageSettings().max_dimensions) == steps


@given(st.lists(SIDES, min_size=1, max_size=12))
def test_a_cascade_makes_every_step_once_largest_first(chain: list[int]) -> None:
    assert [step for step, _ in cascade(chain)] == sorted(set(chain), reverse=True)


@given(st.lists(SIDES, min_size=1, max_size=12))
def test_a_step_comes_from_the_smallest_one_made_that_is_larger_by_the_ratio(
    chain: list[int],
) -> None:
    made: list[int] = []
    for step, parent in cascade(chain):
        assert parent == min((each for each in made if each >= CASCADE_RATIO * step), default=None)
        made.append(step)


def test_the_default_ladder_reads_the_source_once() -> None:
    steps = ImageSettings().max_dimensions
    assert cascade(steps) == tuple(zip(steps[::-1], (None, *steps[:0:-1]), strict=True))


@given(SIZES, st.integers(-1, 99))
def test_only_the_lying_orientations_turn_a_size(size: Size, orientation: int) -> None:
    lying = orientation in {5, 6, 7, 8}
    assert turned(size, orientation) == (transposed(size) if lying else size)
