"""The pages that gather photos of all albums: by their tags, and by year. Pure."""

from collections.abc import Iterator
from typing import cast

from generator.core import routes
from generator.pages import sections
from generator.pages.gallery import Gallery, counted, dates_of, paged
from generator.pages.language import Language
from generator.pages.sections import Stretch
from generator.planning.plan import Plan, Year
from generator.planning.tags import Tag
from generator.views.values import AnyPage, Link, TagLink, TagPage, TagsPage, YearPage, YearsPage


def tag_pages(plan: Plan, gallery: Gallery, language: Language) -> Iterator[AnyPage]:
    """Yield the list of tags and the pages of each; nothing if there are none."""
    if not plan.tags:
        return
    home, title = Link(plan.config.site.title, ""), language.gettext("Tags")
    tags = tuple(map(_tag_link, plan.tags))
    yield TagsPage(url=routes.TAGS, title=title, crumbs=(home,), tags=tags)
    layout, size = plan.config.albums.layout, plan.config.gallery.page_size

    def pages_of(tag: Tag, crumbs: tuple[Link, ...]) -> Iterator[AnyPage]:
        photos = tuple(plan.photos[number] for number in tag.photos)
        page = TagPage(
            url=tag.address,
            title=tag.name,
            description=counted(photos, language),
            crumbs=crumbs,
            cover=gallery.picture(photos[0]),
            layout=layout,
            sections=(gallery.section_of_all(Stretch(photos), layout),),
            count=len(photos),
            dates=dates_of(photos),
            tags=tuple(map(_tag_link, tag.tags)),
        )
        yield from cast(Iterator[AnyPage], paged(page, size, language))
        for each in tag.tags:
            yield from pages_of(each, (*crumbs, Link(tag.name, tag.address)))

    for tag in plan.tags:
        yield from pages_of(tag, (home, Link(title, routes.TAGS)))


def _tag_link(tag: Tag) -> TagLink:
    return TagLink(tag.name, tag.address, len(tag.photos), tuple(map(_tag_link, tag.tags)))


def year_pages(plan: Plan, gallery: Gallery, language: Language) -> Iterator[AnyPage]:
    """Yield the list of years and the pages of each; nothing if no photo has a date."""
    if not plan.years:
        return
    home, title = Link(plan.config.site.title, ""), language.gettext("Years")
    cards = tuple(
        gallery.card(Link(each.name, each.address), each.photos, each.photos[0])
        for each in plan.years
    )
    yield YearsPage(url=routes.YEARS, title=title, crumbs=(home,), years=cards)
    way = (home, Link(title, routes.YEARS))
    for year in plan.years:
        page = _year(year, way, plan, gallery, language)
        yield from cast(Iterator[AnyPage], paged(page, plan.config.gallery.page_size, language))


def _year(
    year: Year, crumbs: tuple[Link, ...], plan: Plan, gallery: Gallery, language: Language
) -> YearPage:
    layout = plan.config.albums.layout
    months = sections.by_date(year.photos, "month", language)
    return YearPage(
        url=year.address,
        title=year.name,
        description=counted(year.photos, language),
        crumbs=crumbs,
        cover=gallery.picture(year.photos[0]),
        layout=layout,
        sections=tuple(gallery.section_of_all(each, layout) for each in months),
        count=len(year.photos),
        dates=dates_of(year.photos),
    )
