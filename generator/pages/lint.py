"""What in a site's own templates is no error, and has no effect either. Pure."""

from collections.abc import Container, Iterator
from difflib import get_close_matches
from typing import get_args

import jinja2
from jinja2 import meta, nodes

from generator.core.errors import Problem
from generator.core.layout import SHIPPED, TEMPLATES
from generator.core.model import Theme
from generator.core.routes import STATIC
from generator.pages.html import LISTS_TEMPLATE, PICTURE_TEMPLATE
from generator.pages.language import LANGUAGES
from generator.pages.theme import environment
from generator.views.values import AnyPage

# What renders without being named by another template.
_ROOTS = (*(kind.template for kind in get_args(AnyPage)), PICTURE_TEMPLATE, LISTS_TEMPLATE)

# What people put beside templates to read it.
_NOTES = (".md", ".txt")


def idle_parts(theme: Theme) -> Iterator[Problem]:
    """Yield a warning for each template of the site's that nothing uses, and each lost block."""
    if not theme.own:
        return
    parsed = dict(_parsed(theme))
    used = _used(theme, parsed)
    for name in theme.own:
        if name.startswith(f"{LANGUAGES}/") or name.lower().endswith(_NOTES):
            continue
        if used is not None and name not in used:
            yield _unused(name, parsed)
        elif name in parsed:
            yield from _lost_blocks(name, parsed)


def _parsed(theme: Theme) -> Iterator[tuple[str, nodes.Template]]:
    """Yield each template with its syntax tree; rendering tells what is wrong with the others."""
    engine = environment(theme)
    for name, body in theme.templates.items():
        # Whatever a template includes is one, however it is called.
        if name.endswith(".html") or name in theme.own:
            try:
                yield name, engine.parse(body.decode("utf-8-sig"))
            except (jinja2.TemplateSyntaxError, UnicodeDecodeError, RecursionError):
                continue


def _found(name: str, known: Container[str]) -> str:
    """Return which template a name means: that of the site, or ours."""
    return name if name in known else name.removeprefix(f"{SHIPPED}/")


def _used(theme: Theme, parsed: dict[str, nodes.Template]) -> set[str] | None:
    """Return the templates that take part in a page; None if names are made while rendering."""
    used: set[str] = set()
    waiting = list(_ROOTS)
    while waiting:
        name = _found(waiting.pop(), theme.templates)
        if name in used:
            continue
        used.add(name)
        for each in meta.find_referenced_templates(parsed[name]) if name in parsed else ():
            if each is None:
                return None
            waiting.append(each)
    return used


def _unused(name: str, parsed: dict[str, nodes.Template]) -> Problem:
    others = (each for each in parsed if each != name and each.endswith(".html"))
    known = [each for each in others if not each.startswith(f"{SHIPPED}/")]
    near = get_close_matches(name, known, n=1)
    if name.endswith(".html"):
        hint = f"did you mean {near[0]}?" if near else "extend or include it, or remove it"
    else:
        hint = f"styles, scripts and pictures lie in {TEMPLATES}/{STATIC}/"
    return Problem(
        f"{TEMPLATES}/{name}", "nothing uses this file", hint, "warning", code="idle-template"
    )


def _lost_blocks(name: str, parsed: dict[str, nodes.Template]) -> Iterator[Problem]:
    """Yield each block of a template that none has which it extends, so that it is never shown."""
    above = _blocks_above(name, parsed)
    if above is None:
        return
    for block in _outer_blocks(parsed[name]):
        if block.name not in above:
            what = f"no template that this one extends has a block {block.name!r}"
            near = get_close_matches(block.name, above, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(sorted(above))}"
            yield Problem(
                f"{TEMPLATES}/{name}:{block.lineno}", what, hint, "warning", code="idle-template"
            )


def _blocks_above(name: str, parsed: dict[str, nodes.Template]) -> set[str] | None:
    """Gather the blocks of all templates that one extends; None if it extends nothing known."""
    blocks: set[str] | None = None
    seen = {name}
    while parent := _parent(parsed[name]):
        name = _found(parent, parsed)
        if name in seen or name not in parsed:
            return None
        seen.add(name)
        blocks = (blocks or set()) | {each.name for each in parsed[name].find_all(nodes.Block)}
    return blocks


def _parent(template: nodes.Template) -> str:
    """Return what a template extends; empty if nothing, or if that is decided while rendering."""
    for extends in template.find_all(nodes.Extends):
        if isinstance(extends.template, nodes.Const):
            return str(extends.template.value)
    return ""


def _outer_blocks(node: nodes.Node) -> Iterator[nodes.Block]:
    """Yield the blocks that stand in no other block."""
    for child in node.iter_child_nodes():
        if isinstance(child, nodes.Block):
            yield child
        else:
            yield from _outer_blocks(child)
