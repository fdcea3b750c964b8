"""What can go wrong, said so that a person can act on it.

    FastphotoError            carries one or more problems; nothing was published
    |-- ConfigError           settings, usage, folders that must not be touched
    |-- TemplateError         a template that does not load or render
    `-- MachineError          the disk is full, a file cannot be written
    DecodeError               one picture cannot be used; costs that picture only
    `-- NotAPicture           the file is something else

Everything else that escapes is a fault of ours.
"""

import errno
import os
import re
import traceback
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal, get_args, get_origin

import msgspec
from msgspec import Struct

from generator.core.text import visible

Severity = Literal["error", "warning"]

# Every kind of problem, by a name that lasts; docs/check.md says what each means.
Code = Literal[
    "address-taken",
    "changed-file",
    "cover-not-found",
    "damaged-animation",
    "damaged-picture",
    "damaged-profile",
    "damaged-sidecar",
    "decoder-died",
    "duplicate-picture",
    "fault",
    "few-alt-texts",
    "folder-in-use",
    "foreign-file",
    "future-date",
    "icon-not-found",
    "idle-key",
    "idle-template",
    "irregular-file",
    "leads-nowhere",
    "machine",
    "missing-file",
    "no-map",
    "no-pictures",
    "not-a-picture",
    "not-as-written",
    "not-built",
    "out-of-memory",
    "photos-gone",
    "picture-too-large",
    "port-taken",
    "private-original",
    "second-text",
    "seen-by-others",
    "source-changed",
    "symbolic-link",
    "text-beside-album",
    "text-without-picture",
    "told-by-site",
    "unfinished-build",
    "unknown-file",
    "unknown-setting",
    "unlisted-cover",
    "unreadable-file",
    "unreadable-settings",
    "unreadable-sigal",
    "unscrubbable-original",
    "unspoken-language",
    "unused-setting",
    "withheld-original",
    "withheld-page",
    "wrong-alias",
    "wrong-catalogue",
    "wrong-directive",
    "wrong-name",
    "wrong-output",
    "wrong-sections",
    "wrong-setting",
    "wrong-template",
    "wrong-text",
    "wrong-unlisted",
]


class Problem(Struct, frozen=True, tag=True):
    """One thing that is wrong: where, what, what to do about it, and a name for its kind.

    An error cost a file its place in the site, a warning did not. A passing one may be gone next
    time although the file is the same: no memory, no permission, a process that died.
    """

    where: str
    what: str
    hint: str = ""
    severity: Severity = "error"
    passing: bool = False
    code: Code | Literal[""] = ""

    def __str__(self) -> str:
        """One line, with every control character made visible."""
        hint = f" ({self.hint})" if self.hint else ""
        return visible(f"{self.where}: {self.what}{hint}" if self.where else f"{self.what}{hint}")


def in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Sort problems by their files, of a file errors first, for warnings may come of them.

    Of each, line 6 comes before line 12; every problem is told once.
    """

    def place(problem: Problem) -> tuple[list[str | int], Severity, list[str | int], str]:
        file = re.sub(r":[0-9]+$", "", problem.where)
        return _by_number(file), problem.severity, _by_number(problem.where), problem.what

    return tuple(sorted(set(problems), key=place))


def _by_number(name: str) -> list[str | int]:
    """Part a name so that what is numbered in it sorts by its number."""
    parts = re.split(r"([0-9]+)", name)
    return [int(part) if at % 2 else part for at, part in enumerate(parts)]


class Unread(Struct, frozen=True, tag=True):
    """A text that cannot be used, with all that is wrong with it."""

    problems: tuple[Problem, ...]

    @property
    def passing(self) -> bool:
        """Whether it may be read next time although it is the same."""
        return any(problem.passing for problem in self.problems)


class FastphotoError(Exception):
    """A reason to stop, as problems for the user; `exit_code` is what the command returns."""

    exit_code = 2

    def __init__(self, problems: Problem | Iterable[Problem]) -> None:
        self.problems = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__("; ".join(map(str, self.problems)))


class ConfigError(FastphotoError):
    """Settings or folders that cannot be built from; nothing was written."""


class TemplateError(FastphotoError):
    """A template that does not load or render; the published site is as it was."""


class MachineError(FastphotoError):
    """The operating system refused: no space, no permission, no such device."""

    exit_code = 1

    @classmethod
    def of(cls, error: OSError, doing: str) -> "MachineError":
        """Say what was being done, to which path, and the system's own words."""
        path = error.filename if error.filename is not None else ""
        where = os.fsdecode(path) if isinstance(path, str | bytes) else str(path)
        what = f"{doing}: {error.strerror or error}"
        return cls(Problem(where, what, _remedy(error.errno), code="machine"))


# Of these, no file is to blame that is being read: the next would not fare better.
_OF_THE_MACHINE = frozenset((errno.EMFILE, errno.ENFILE, errno.ENOSPC, errno.EDQUOT, errno.EROFS))


def is_of_the_system(error: BaseException) -> bool:
    """Tell whether the operating system refused something; decoders raise OSError of damage too."""
    return isinstance(error, OSError) and error.errno is not None


def is_of_the_machine(error: BaseException) -> bool:
    """Tell whether an error that came up while a file was read has nothing to do with that file."""
    return isinstance(error, OSError) and error.errno in _OF_THE_MACHINE


_REMEDIES = {
    "make room on that disk, then build again": ("ENOSPC", "EDQUOT", "EFBIG"),
    "close other programs or raise the limit (ulimit -n), then build again": ("EMFILE", "ENFILE"),
    "check its permissions, or choose another place": ("EACCES", "EPERM"),
    "make that disk writable, or choose another place": ("EROFS",),
    "look after that disk, or the connection to it, then build again": (
        *("EIO", "ENXIO", "ENODEV", "ESTALE", "ETIMEDOUT", "EHOSTDOWN", "ENOTCONN"),
    ),
    "choose a place with a shorter path": ("ENAMETOOLONG",),
    "remove the links that lead in a circle": ("ELOOP",),
    "close other programs, then build again": ("ENOMEM", "EAGAIN"),
}


def _remedy(number: int | None) -> str:
    """Return what to do about an error of the operating system."""
    name = errno.errorcode.get(number or 0)
    return next((what for what, names in _REMEDIES.items() if name in names), "build again")


def unforeseen(error: Exception) -> Problem:
    """Tell of an error that nobody foresaw, in one line."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{Path(last.filename).name}:{last.lineno}"
    what = f"{type(error).__name__} in {place}: {error}"
    return Problem(
        "",
        what,
        "this is a fault of fastphoto's own; please report it with this line",
        code="fault",
    )


class DecodeError(Exception):
    """One picture cannot be used."""

    def __init__(
        self,
        what: str,
        hint: str = "",
        *,
        passing: bool = False,
        code: Code = "damaged-picture",
    ) -> None:
        self.what = what
        self.hint = hint
        self.passing = passing
        self.code: Code = code
        super().__init__(what)


class NotAPicture(DecodeError):
    """The file is no picture in a format of ours, whatever its name says."""


class LeftOut(DecodeError):
    """A picture that is built only with an extra package or a setting; `kind` names its like."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        super().__init__(f"this is a {kind}")


_KINDS = {
    "str": "text",
    "bool": "true or false",
    "int": "a whole number",
    "float": "a number",
    "array": "a list",
    "object": "a table",
}


def in_words(error: msgspec.ValidationError, kind: object) -> str:
    """Say what is wrong with a value in the words of somebody who writes settings."""
    said, _, place = str(error).replace("`", "").partition(" - at $")
    at = f" (in place {int(place[1:-1]) + 1})" if re.fullmatch(r"\[\d+\]", place) else ""
    if "enum value" in said:
        choices = ", ".join(str(each) for each in literals(kind) if each)
        return f"{said.removeprefix('Invalid enum value ')} is none of {choices}{at}"
    if "matching regex" in said:
        return f"not written as it should be{at}"
    for name, words in _KINDS.items():
        said = re.sub(rf"\b{name}\b", words, said)
    said = said.replace(" | null", "")
    return f"{said[0].lower()}{said[1:]}{at}"


def literals(kind: object) -> Iterator[object]:
    """Yield the values of every Literal in a type."""
    if get_origin(kind) is Literal:
        yield from get_args(kind)
    else:
        for part in get_args(kind):
            yield from literals(part)
