"""The operating system as it is on a bad day: one call in a row that it refuses."""

import builtins
import fcntl
import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

# Calls that take a path, by the module that builds call them in.
OF_PATHS = {
    "open": (io, builtins),
    "os.open": (os,),
    **{f"os.{name}": (os,) for name in ("stat", "lstat", "scandir", "mkdir", "rmdir")},
    **{f"os.{name}": (os,) for name in ("replace", "unlink")},
}
# Calls that take what is open.
OF_FILES = {"os.fsync": (os,), "os.copy_file_range": (os,), "fcntl.flock": (fcntl,)}
OF_OPENED = ("read", "write", "close")


class Fault:
    """Refuses one call, the n-th of a kind that has to do with a folder, and counts them all."""

    def __init__(self, kind: str, number: int, code: int, root: Path) -> None:
        self.count = 0
        self._kind, self._number, self._code, self._root = kind, number, code, str(root)

    @property
    def has_struck(self) -> bool:
        return self.count >= self._number

    def install(self, patch: pytest.MonkeyPatch) -> None:
        name = self._kind.rpartition(".")[2]
        for module in OF_PATHS.get(self._kind, ()):
            patch.setattr(module, name, self._of_path(getattr(module, name)))
        for module in OF_FILES.get(self._kind, ()):
            patch.setattr(module, name, self._of_file(getattr(module, name)))
        if self._kind in OF_OPENED:
            for module in (io, builtins):
                patch.setattr(module, "open", self._opening(module.open))

    def strike(self, *names: str) -> None:
        """Count one call, and refuse it if it is the one."""
        self.count += 1
        if self.count == self._number:
            raise OSError(self._code, os.strerror(self._code), *names)

    def concerns(self, path: object) -> bool:
        return isinstance(path, str | os.PathLike) and os.fspath(path).startswith(self._root)

    def _of_path(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def called(path: Any = ".", *rest: Any, **options: Any) -> Any:
            if self.concerns(path):
                self.strike(os.fspath(path))
            return call(path, *rest, **options)

        return called

    def _of_file(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def called(*given: Any) -> Any:
            self.strike()
            return call(*given)

        return called

    def _opening(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def opened(path: Any, mode: str = "r", *rest: Any, **options: Any) -> Any:
            file = call(path, mode, *rest, **options)
            # What was only read is closed without fail.
            is_meant = self._kind == "read" or not set(mode).isdisjoint("wxa")
            return _Refusing(file, self) if is_meant and self.concerns(path) else file

        return opened

    def refuses(self, kind: str) -> bool:
        return self._kind == kind


class _Refusing(io.BufferedIOBase):
    """An open file, some of whose calls are refused, without a name, as the system does it."""

    def __init__(self, file: Any, fault: Fault) -> None:
        self._file, self._fault = file, fault

    def _do(self, kind: str, *given: Any) -> Any:
        if self._fault.refuses(kind):
            self._fault.strike()
        return getattr(self._file, kind)(*given)

    def read(self, *given: Any) -> Any:
        return self._do("read", *given)

    def write(self, *given: Any) -> Any:
        return self._do("write", *given)

    def close(self) -> None:
        if not self._file.closed:
            self._file.close()
            if self._fault.refuses("close"):
                self._fault.strike()

    def __enter__(self) -> "_Refusing":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __getattribute__(self, name: str) -> Any:
        if name in ("read", "write", "close", "_do", "_file", "_fault", "__class__"):
            return super().__getattribute__(name)
        return getattr(self._file, name)

    def __iter__(self) -> Any:
        return iter(self._file)
