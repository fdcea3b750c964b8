"""The pages of photos, a stretch of an album at a time: each is made when it is asked for. Pure.

They are nearly all pages of a site. Whether one is another than before is known without making it:
of most that is on it, its photo has a digest.
"""

from collections.abc import Callable, Iterator, Sequence

from msgspec import Struct

from generator.planning.plan import Album, PlannedPhoto
from generator.views.values import AnyPage, Link, PhotoPage


class PhotoPages(Struct, frozen=True):
    """The pages of the photos from `start` to before `stop` in an album, in its order.

    `crumbs` is the way to them. Two with the same `identity` are the same pages, but for what all
    pages of a site have in common.
    """

    album: Album
    crumbs: tuple[Link, ...]
    start: int
    stop: int
    identity: str
    make: Callable[[Album, int, tuple[Link, ...]], PhotoPage]

    @property
    def photos(self) -> Sequence[PlannedPhoto]:
        """The photos whose pages they are."""
        return self.album.photos[self.start : self.stop]

    def page(self, number: int) -> PhotoPage:
        """Return one of them, counted from 0."""
        return self.make(self.album, self.start + number, self.crumbs)

    def pages(self) -> Iterator[PhotoPage]:
        """Yield all of them."""
        return map(self.page, range(self.stop - self.start))


# A page, or those of photos, which are made when they are asked for.
Pages = AnyPage | PhotoPages
