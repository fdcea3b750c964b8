"""One site at a time writes to an output folder, also of sites that know nothing of each other."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from generator.core.errors import ConfigError, Problem

if sys.platform != "win32":
    import fcntl


@contextmanager
def alone(output: Path) -> Iterator[None]:
    """Hold an output folder, made if need be; ConfigError if the build of another site holds it.

    The system drops the hold with its holder, however that ends. Where folders cannot be held, as
    on Windows and on some network disks, nothing is.
    """
    output.mkdir(parents=True, exist_ok=True)
    if sys.platform == "win32":
        yield
        return
    folder = os.open(output, os.O_RDONLY)
    try:
        with suppress(OSError):
            try:
                fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise _in_use(output) from error
        yield
    finally:
        os.close(folder)


def _in_use(output: Path) -> ConfigError:
    what = "the build of another site is writing here"
    hint = "give each site a folder of its own, with --output"
    return ConfigError(Problem(str(output), what, hint, code="wrong-output"))
