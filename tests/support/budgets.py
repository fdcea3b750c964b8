"""What the delivered site may cost, and what it does cost: limits, and a table of both."""

import tomllib
from collections.abc import Callable, Iterable
from pathlib import Path

LIMITS: dict[str, dict[str, float]] = tomllib.loads(
    (Path(__file__).parents[1] / "budgets.toml").read_text("utf-8")
)

Within = Callable[[str, str, float], None]


def within(record: Callable[[str, object], None]) -> Within:
    """Return a function that records a cost, and fails the test if it is over its limit."""

    def hold(what: str, cost: str, measured: float) -> None:
        limit = LIMITS[what][cost]
        record("budget", [what, cost, measured])
        assert measured <= limit, f"{what}: {cost} is {measured:,.6g}, and may be {limit:,.6g}"

    return hold


def table(properties: Iterable[tuple[str, list[object]]]) -> list[str]:
    """Return the lines of a table of the highest recorded costs beside their limits."""
    highest: dict[tuple[str, str], float] = {}
    for name, value in properties:
        if name == "budget":
            what, cost, measured = value
            key = str(what), str(cost)
            highest[key] = max(highest.get(key, 0.0), float(str(measured)))
    lines = []
    for (what, cost), measured in sorted(highest.items()):
        lines.append(f"{measured:>12,.5g} of {LIMITS[what][cost]:>9,.6g}  {what}: {cost}")
    return lines
