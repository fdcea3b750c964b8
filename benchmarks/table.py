"""Tables of plain text: names to the left, numbers to the right, units in a column of their own."""

from collections.abc import Sequence
from statistics import median

Row = tuple[str, ...]


def show(title: str, columns: Row, rows: Sequence[Row]) -> None:
    """Print a table under its title."""
    widths = [max(map(len, column)) for column in zip(columns, *rows, strict=True)]
    print(f"\n{title}\n")
    for row in (columns, tuple("-" * width for width in widths), *rows):
        name, *cells = (
            cell.rjust(width) if at else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        print("  ".join((name, *cells)).rstrip())


def spread(values: Sequence[float], decimals: int = 2) -> Row:
    """Write the median of some values, and from where to where they go."""
    middle, low, high = (
        f"{value:,.{decimals}f}" for value in (median(values), min(values), max(values))
    )
    return middle, low if low == high else f"{low} - {high}"
