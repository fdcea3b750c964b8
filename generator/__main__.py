"""`python -m generator`."""

import os
import sys

if __name__ == "__main__":
    # Python looks in the current folder first. That may be a folder of pictures from anywhere, in
    # which a file named PIL.py must not become our code. Last, it still finds us in a checkout.
    if sys.path and os.path.realpath(sys.path[0]) == os.path.realpath(os.curdir):
        sys.path.append(sys.path.pop(0))

    try:
        from generator.cli import main

        main()
    except KeyboardInterrupt:
        raise SystemExit(130) from None
