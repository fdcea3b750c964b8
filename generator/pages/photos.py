"""The pages of photos: what they are made of, and the value of each when it is asked for. Pure."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from urllib.parse import quote

import msgspec
from msgspec.structs import replace

from generator.core.digest import digest_of
from generator.core.model import Layout
from generator.core.routes import page_address
from generator.pages.gallery import Gallery
from generator.pages.references import References, describe
from generator.planning.locations import is_told
from generator.planning.plan import Album, Plan, PlannedPhoto
from generator.planning.tags import TagPath, key_of_path
from generator.views.stretches import PhotoPages
from generator.views.values import Body, Link, PhotoPage

# So many are compared as one, and rendered if one of them is another.
_STRETCH = 32


class PhotoComposer:
    """Makes the values of the pages of photos.

    `tags` are the links to the pages of tags, by what tells these apart. `page_size` says how many
    photos are on a page of an album.
    """

    def __init__(
        self,
        plan: Plan,
        gallery: Gallery,
        references: References,
        tags: Mapping[TagPath, Link],
        page_size: Callable[[Layout], int],
    ) -> None:
        self._config = plan.config
        self._gallery = gallery
        self._references = references
        self._tags = tags
        self._page_size = page_size
        self._bodies: dict[str, Body] = {}
        self._encode = msgspec.msgpack.Encoder().encode
        self._settings = self._encode((plan.config.gallery, plan.config.images))

    def stretches(self, album: Album, crumbs: tuple[Link, ...]) -> Iterator[PhotoPages]:
        """Yield the pages of all photos of an album."""
        count = len(album.photos)
        said = (album.title, album.address, album.layout, album.listed, count, crumbs)
        of_all = (self._settings, self._encode(said))
        for start in range(0, count, _STRETCH):
            stop = min(start + _STRETCH, count)
            photos = album.photos[start:stop]
            beside = [*album.photos[max(0, start - 1) : start], *album.photos[stop : stop + 1]]
            own = (start, [*map(self._gallery.link, beside)], [*self._own(photos)])
            faces = map(self._gallery.face, photos)
            identity = digest_of(*of_all, self._encode(own), *faces)
            yield PhotoPages(album, crumbs, start, stop, identity, self._page)

    def _own(self, photos: Sequence[PlannedPhoto]) -> Iterator[tuple[Body, tuple[Link, ...]]]:
        """Yield what photos have on their pages that other parts of the site decide."""
        for photo in photos:
            if photo.words.document or photo.words.tags:
                yield self._body(photo), self._keywords(photo)

    def _body(self, photo: PlannedPhoto) -> Body:
        if photo.words.document is None:
            return ()
        path = photo.photo.path
        if path not in self._bodies:
            self._bodies[path] = self._references.body(photo.words.document)
        return self._bodies[path]

    def _keywords(self, photo: PlannedPhoto) -> tuple[Link, ...]:
        return tuple(dict.fromkeys(map(self._keyword, photo.words.tags)))

    def _keyword(self, path: TagPath) -> Link:
        """Return the link to a tag; what only unlisted photos have has no page."""
        return self._tags.get(key_of_path(path)) or Link(path[-1], "")

    def _page(self, album: Album, index: int, crumbs: tuple[Link, ...]) -> PhotoPage:
        photo = album.photos[index]
        words = photo.words
        body = self._body(photo)
        heading, picture = self._gallery.heading(photo), self._gallery.picture(photo)
        said = photo.photo.metadata
        if not is_told(photo.photo, self._config) and (said.location or said.place):
            # Not even a theme that does not ask may show it.
            said = replace(said, location=None, place=())
        link, last = self._gallery.link, len(album.photos) - 1
        on_page = page_address(album.address, index // self._page_size(album.layout) + 1)
        return PhotoPage(
            url=photo.address,
            title=heading,
            description=words.description
            or words.caption
            or describe(words.document, body)
            or picture.alt,
            crumbs=crumbs,
            body=body,
            indexed=album.listed,
            heading=heading,
            caption=words.caption,
            picture=picture,
            taken=words.taken,
            offset=words.offset,
            metadata=said,
            keywords=self._keywords(photo),
            place=said.place,
            show_location=said.location is not None,
            previous=link(album.photos[index - 1]) if index else None,
            next=link(album.photos[index + 1]) if index < last else None,
            album=Link(album.title, f"{on_page}#{photo.anchor}"),
            position=index + 1,
            count=len(album.photos),
            animation=quote(photo.animation.path) if photo.animation else "",
            original=quote(photo.original),
            # How large a scrubbed one is, nobody knows before it is made.
            original_size=0 if photo.scrubbed else photo.photo.stamp.size,
        )
