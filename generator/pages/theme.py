"""The templates of a theme: how they are found, and what is wrong with them in words."""

import re
from collections.abc import Callable, Iterable, Iterator
from difflib import get_close_matches
from functools import partial, wraps
from typing import Any, TypeVar

import jinja2
from jinja2.runtime import Context
from jinja2.utils import missing

from generator.core.errors import Problem, TemplateError
from generator.core.layout import SHIPPED, TEMPLATES
from generator.core.model import Theme

# What every template knows by name, and what is of use in some places.
_NAMES = ("page", "site", "root", "picture", "_", "ngettext", "loop", "caller", "super")
_FEW = 24

# A value that is written longer goes by its kind in errors.
_LONG = 60

_Result = TypeVar("_Result")

_PLAIN = (dict, list, tuple, str, int, float, bool)


def environment(theme: Theme) -> jinja2.Environment:
    """Return Jinja for the templates of a theme, in which every unknown name is an error."""
    return jinja2.Environment(
        loader=jinja2.FunctionLoader(partial(_load, theme)),
        autoescape=True,
        undefined=_Unknown,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=["jinja2.ext.i18n"],
    )


def demanding(name: str, wanted: str, function: Callable[..., _Result]) -> Callable[..., _Result]:
    """Have a filter say what it wants and what it was given, if it can make nothing of that."""

    @wraps(function)
    def demand(*given: Any, **options: Any) -> _Result:
        try:
            return function(*given, **options)
        except (jinja2.TemplateError, TemplateError):
            raise
        except Exception as error:
            value = given[1] if isinstance(given[0], Context) else given[0]
            raise ValueError(f"{name} wants {wanted}, got {_said(value)}") from error

    return demand


def _said(value: object) -> str:
    if value is None or value in ("", ()):
        return "nothing: ask with {% if %} first"
    written = repr(value)
    return written if type(value) in _PLAIN and len(written) <= _LONG else type(value).__name__


def _load(theme: Theme, name: str) -> tuple[str, str, None] | None:
    """Return a template's text, and its name for errors to tell.

    With `theme/` in front, the template is ours, though the site may have one of its name.
    """
    shipped = name.removeprefix(f"{SHIPPED}/")
    found = name if name in theme.templates else shipped
    body = theme.templates.get(found)
    if body is None:
        return None
    place = f"{TEMPLATES}/{found}"
    try:
        return body.decode("utf-8-sig"), place, None
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        raise TemplateError(
            Problem(f"{place}:{line}", "not UTF-8", "save it as UTF-8", code="wrong-template")
        ) from None


class _Unknown(jinja2.StrictUndefined):
    """A name that nothing goes by: an error that tells which one was meant."""

    @property
    def _undefined_message(self) -> str:
        name, owner = self._undefined_name, self._undefined_obj
        if self._undefined_hint:
            return self._undefined_hint
        if owner is missing:
            return f"{name!r} is unknown{_meant(name, _NAMES)}"
        if owner is None:
            return f"there may be nothing that has {name!r}: ask with {{% if %}} first"
        if isinstance(name, int):
            return f"this list has no element {name}"
        kind = "this" if type(owner) in _PLAIN else type(owner).__name__
        return f"{kind} has no {name!r}{_meant(name, _known(owner))}"


def _known(owner: object) -> Iterator[str]:
    names: Iterable[object] = owner if isinstance(owner, dict) else dir(owner)
    return (name for name in names if isinstance(name, str) and not name.startswith("_"))


def _meant(name: object, known: Iterable[str]) -> str:
    """Say which known name is near, or all if they are few."""
    names = sorted(known)
    if near := get_close_matches(str(name), names, n=1):
        return f", did you mean {near[0]!r}?"
    return f", known are {', '.join(names)}" if 0 < len(names) <= _FEW else ""


def fault(
    error: Exception, theme: Theme, engine: jinja2.Environment, template: str, url: str
) -> TemplateError:
    """Say what is wrong with a template, with its line and the page that was to be rendered."""
    place = _place(error) or f"{TEMPLATES}/{template}"
    match error:
        case TemplateError():
            return error
        case jinja2.TemplateSyntaxError():
            place = f"{error.filename or place}:{error.lineno}"
            return TemplateError(
                Problem(place, _syntax(str(error.message), engine), code="wrong-template")
            )
        case jinja2.TemplateNotFound():
            what = f"there is no template {str(error.name)!r}"
            return TemplateError(
                Problem(place, what + _meant(error.name, theme.templates), code="wrong-template")
            )
        case RecursionError():
            hint = f"a template of yours extends ours of its name as {SHIPPED}/base.html"
            return TemplateError(
                Problem(place, "it extends or includes itself", hint, code="wrong-template")
            )
        case _:
            # A template may run into any error of Python's, and it is the template's.
            what = _syntax(str(error) or type(error).__name__, engine)
            return TemplateError(Problem(place, what, f"on /{url}", code="wrong-template"))


def _syntax(said: str, engine: jinja2.Environment) -> str:
    """Add to what Jinja says of an unknown filter or test which one was meant."""
    unknown = re.fullmatch(r"No (filter|test) named '(.+)'(?: found)?\.", said)
    if unknown is None:
        return said
    kind, name = unknown.groups()
    known = engine.filters if kind == "filter" else engine.tests
    return f"there is no {kind} {name!r}{_meant(name, known)}"


def _place(error: BaseException) -> str:
    """Find the innermost template line that an error passed through."""
    place, trace = "", error.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if file.startswith(f"{TEMPLATES}/"):
            place = f"{file}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place
