"""fastphoto: photographs in, a finished static gallery out.

The modules, from the bottom up; each imports only from rows above its own:

    text
    errors formats icc layout model                      the nouns, profiles made of numbers
    containers exif files geometry iptc moments png privacy rights xmp
                                                         safe files, pure sizes, parts of pictures
    jxl raw svg                                          single formats
    colour config document metadata store workers        colours, settings, words, cache, processes
    coding decode hdr                                    how pixels are coded
    deep                                                 the values of deep ones
    raster                                               pixels on their way to a variant
    encode photo report routes survey variants           one picture, addresses, all files by name
    exif manifest words
    rebuild
    scrub
    originals                                            an original without what it tells
    scan plan render publish                             the steps; none knows another
    views                                                what a template is given
    compose outputs pages                                every page, every file of the site
    audit steps                                          a look back; the steps in their order
    build                                                one at a time, and only if need be
    cli                                                  the only place that prints or exits
    __main__
"""

__version__ = "0.1.0"
