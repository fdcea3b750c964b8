"""Commands that see the disk otherwise than everybody else: with mounts of their own."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.sites import SECONDS, surroundings

_NOT_MOUNTED = 77


def run_with_mounts(mounts: str, command: list[str], cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a command after a line of shell that mounts; skip the test where nobody may."""
    line = f'{{ {mounts}; }} >/dev/null 2>&1 || exit {_NOT_MOUNTED}; exec "$@"'
    if not shutil.which("unshare"):
        pytest.skip("there is no unshare")
    alone = ["unshare", "--mount"]
    if subprocess.run([*alone, "true"], capture_output=True, check=False).returncode:
        pytest.skip("mounting is not allowed here")
    done = subprocess.run(
        [*alone, "sh", "-c", line, "sh", *command],
        cwd=cwd,
        env=surroundings(),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    if done.returncode == _NOT_MOUNTED:
        pytest.skip("mounting is not allowed here")
    return done
