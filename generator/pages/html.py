"""Page values to HTML: the Jinja environment, its filters, and errors a theme's author can use."""

from functools import partial
from importlib.metadata import version

import msgspec
from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from generator.core.errors import Problem, TemplateError
from generator.core.geometry import fit
from generator.core.layout import SHIPPED, TEMPLATES
from generator.core.model import Theme
from generator.machines.linked_data import linked_data
from generator.pages.language import Language
from generator.pages.theme import demanding, environment, fault
from generator.planning.plan import Source
from generator.views.addresses import absolute, as_content, base_path, link_address
from generator.views.values import (
    Anchor,
    AnyPage,
    Body,
    BodyPart,
    Figure,
    MissingPage,
    Picture,
    Prose,
    Section,
    Site,
)

PICTURE_TEMPLATE = "_picture.html"
LISTS_TEMPLATE = "_lists.html"

# How large a picture is that stands within a line, in pixels.
_AMONG_WORDS = 200

_SCRIPTS = ("javascript", "vbscript")

_SOFTWARE = ("babel", "jinja2", "markupsafe", "msgspec")


def renderer_version() -> str:
    """Name the software that turns page values into bytes."""
    return " ".join(f"{name}={version(name)}" for name in _SOFTWARE)


class Renderer:
    """Renders pages with the templates of a theme, and none but those."""

    def __init__(self, theme: Theme, site: Site, language: Language) -> None:
        self._site = site
        self._theme = theme
        self._environment = environment(theme)
        # Added by the extension, so that no type knows of it.
        self._environment.install_gettext_translations(  # type: ignore[attr-defined]
            language.translations, newstyle=True
        )
        self._environment.filters |= {
            "url": demanding("url", "an address", _url),
            "absolute": demanding("absolute", "an address", partial(absolute, site=site)),
            "linked_data": partial(_linked_data, site=site),
            "srcset": demanding("srcset", "a Source", _srcset),
            "src": demanding("src", "a Source", _src),
            "prose": _prose,
            "content": as_content,
            "date": demanding("date", "a date", language.date),
            "month": demanding("month", "a date", language.month),
            "span": demanding("span", "two dates", language.span),
            "time": demanding("time", "a date with a time", language.time),
            "number": demanding("number", "a number", language.number),
            "shutter": demanding("shutter", "a number of seconds", language.shutter),
            "millimetres": demanding("millimetres", "a number", language.millimetres),
            "bytes": demanding("bytes", "a number of bytes", language.bytes),
        }
        self._environment.globals |= {"site": site, "picture": _picture}

    def render(self, page: AnyPage) -> bytes:
        """Render one page; TemplateError names the template and the line."""
        try:
            template = self._environment.get_template(page.template)
            return template.render(page=page, root=_root(page, self._site)).encode()
        except Exception as error:
            raise fault(error, self._theme, self._environment, page.template, page.url) from error


def _root(page: AnyPage, site: Site) -> str:
    """Return the way from a page to the site's root: relative, so that the site may lie anywhere.

    Hosts show the 404 page at any address, so from there the way is absolute.
    """
    if isinstance(page, MissingPage):
        return base_path(site)
    return "../" * page.url.count("/")


@pass_context
def _url(context: Context, address: str) -> str:
    """Make an address of the site relative to the page: the short way to what lies below it."""
    page, target = context["page"].url, link_address(address, context["site"])
    below = target.startswith(page) and page.endswith("/") and context["root"].startswith("..")
    way = target.removeprefix(page) if below else context["root"] + target
    # A name that begins like an address that runs is no harm, but looks it.
    return f"./{way}" if not way or way.startswith(_SCRIPTS) else way


def _linked_data(page: AnyPage, site: Site) -> Markup:
    """Return what search engines are told of a page, for a script of application/ld+json."""
    return Markup(linked_data(page, site))


@pass_context
def _srcset(context: Context, source: Source) -> str:
    """List the variants of a source with their true widths."""
    root = context["root"]
    return ", ".join(f"{root}{source.path(step)} {step.width}w" for step in source.steps)


@pass_context
def _src(context: Context, source: Source) -> str:
    """Return the one variant for browsers that know no srcset: the largest up to 720 px."""
    step = next((each for each in reversed(source.steps) if each.longest <= 720), source.steps[0])
    return f"{context['root']}{source.path(step)}"


@pass_context
def _picture(
    context: Context, picture: Picture, sizes: str, *, eager: bool = False, first: bool = False
) -> Markup:
    """Render a picture with the theme's own template for it.

    `sizes` says how wide it is shown; an eager one is loaded at once, others when they come near,
    and the first before all else.
    """
    template = context.environment.get_template(PICTURE_TEMPLATE)
    given = {"picture": picture, "sizes": sizes, "eager": eager, "first": first}
    return Markup(template.render(given, root=context["root"]).strip())


@pass_context
def _prose(context: Context, body: Body, sizes: str, *, first: int = 0) -> Markup:
    """Render a text, its links relative to the page and its pictures responsive.

    `first` is how many pictures of its first list are loaded at once.
    """
    at = next((at for at, part in enumerate(body) if not isinstance(part, Prose | Anchor)), -1)
    return Markup("").join(
        _part(context, part, sizes, first if index == at else 0) for index, part in enumerate(body)
    )


def _part(context: Context, part: BodyPart, sizes: str, first: int) -> Markup:
    match part:
        case Anchor():
            href = part.url if part.external else _url(context, part.url)
            title = Markup(' title="{}"').format(part.title) if part.title else ""
            return Markup('<a href="{}"{}>').format(href, title) if href else Markup("<a>")
        case Figure():
            shown = part.picture if part.block else _small(part.picture)
            wide = sizes if part.block else f"{shown.size.width}px"
            image = _picture(context, shown, wide, eager=first > 0, first=first > 0)
            if part.url:
                name = Markup(' id="{}"').format(part.anchor) if part.anchor else ""
                href = _url(context, part.url)
                image = Markup('<a{} href="{}">{}</a>').format(name, href, image)
            if not part.block:
                return image
            caption = Markup("<figcaption>{}</figcaption>").format(part.title) if part.title else ""
            return Markup("<figure>{}{}</figure>").format(image, caption)
        case Section():
            return _grid(context, part, first)
        case Prose():
            return Markup(part.html)


def _small(picture: Picture) -> Picture:
    """Make a picture that stands among words no larger than a thumbnail."""
    size = fit(picture.size, min(picture.size.longest, _AMONG_WORDS))
    return msgspec.structs.replace(picture, size=size)


def _grid(context: Context, section: Section, first: int) -> Markup:
    """Render photos within a text with the theme's own macro for them."""
    template = context.environment.get_template(LISTS_TEMPLATE)
    module = template.make_module({"page": context["page"], "root": context["root"]})
    macro = getattr(module, "grid", None)
    if macro is None:
        hint = f"copy it from {SHIPPED}/{LISTS_TEMPLATE}"
        what = "has no macro 'grid', which shows photos in texts"
        raise TemplateError(
            Problem(f"{TEMPLATES}/{LISTS_TEMPLATE}", what, hint, code="wrong-template")
        )
    return Markup(macro(section, first))
