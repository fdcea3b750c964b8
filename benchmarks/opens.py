"""Run the generator and tell how many files below a folder it opened: `opens.py FOLDER build ...`.

Python announces every file it opens, by whatever function, to its audit hooks (PEP 578). The count
is the last line printed. Other processes are not heard: build with `--jobs 1`.
"""

import os
import sys
from typing import Any


def main() -> None:
    """Listen, and let the command line do the rest."""
    below = sys.argv.pop(1) + os.sep
    opened: set[str] = set()

    def hear(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            name = arguments[0]
            # A number is a file that is open already.
            if not isinstance(name, int) and (path := os.fsdecode(name)).startswith(below):
                opened.add(path)

    sys.addaudithook(hear)
    # Late, so that nothing is opened unheard.
    from generator import cli  # noqa: PLC0415

    try:
        cli.main()
    finally:
        print(len(opened))


if __name__ == "__main__":
    main()
