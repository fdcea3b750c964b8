"""fastphoto: photographs in, a finished static gallery out.

The rooms, from the bottom up. Each imports only from rooms above it in this list, each module only
from rows above its own in the list of its room; a step never imports another.

    core            nouns, errors, settings, sizes, addresses, safe files
    state           the cache by content, and processes that may die
    containers      what picture files are made of, byte by byte
    metadata        what a picture says about itself
    privacy         an independent reader of what files tell; originals without it
    pixels          one picture to its variants
    library         pictures and texts to values
    cartography     where places lie on a drawn map, and what coasts are around them
    planning        every address, size, key and file, decided before any work
    views           what templates are given
    machines        what feeds, search engines, phones and hosts are told
    pages           page values, and their HTML
    output          the list of all files, and the switch from the old to the new
    report          what goes into a build and what comes out
    design          a plan with its pages: every file, and where its bytes come from
    fetching        those bytes while a build is at work
    rendering       which photos a build renders
    audit steps     a look back; the steps in their order
    build           one at a time, and only if need be
    check stats     what a build would say; how much there is
    serve           the dev server: the site as it is planned, while one works on it
    start           a new site, or one from another generator's
    telling         what commands say in the end
    terminal        what is shown while the work goes on: with cli, the only place that prints
    cli             arguments, and the only place that exits
    __main__
"""

__version__ = "0.1.0"
