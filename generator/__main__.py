"""`python -m generator`, and the command: with cli, the only place where a program ends."""

import os
import sys


def main() -> None:
    """Run the command line; what goes wrong before there is one also ends in one line."""
    try:
        _fill_streams()
        from generator.cli import main as run  # noqa: PLC0415
    except (OSError, ImportError, MemoryError) as error:
        raise SystemExit(f"error: fastphoto cannot start: {error or 'no memory'}") from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    try:
        run()
    except KeyboardInterrupt:
        # The second Ctrl-C, in the midst of what the first is answered with.
        raise SystemExit(130) from None


def _fill_streams() -> None:
    """Give the streams that were closed to nobody: a file would be opened in their places."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(descriptor, True)
    os.close(descriptor)
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115 - until the end


if __name__ == "__main__":
    # Python looks in the current folder first. That may be a folder of pictures from anywhere, in
    # which a file named PIL.py must not become our code. Last, it still finds us in a checkout.
    if sys.path and os.path.realpath(sys.path[0]) == os.path.realpath(os.curdir):
        sys.path.append(sys.path.pop(0))
    main()
