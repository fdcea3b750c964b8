"""fastphoto: photographs in, a finished static gallery out.

The modules, from the bottom up; each imports only from rows above its own:

    text told
    errors formats icc layout model                      the nouns, profiles made of numbers
    containers directives exif files geometry iptc language moments png privacy rights rows xmp
                                                         safe files, pure sizes, parts of pictures
    exif_writer jxl metadata raw                         words and single formats
    colour config document rebuild store workers         colours, settings, cache, processes
    decode deep_colour resample scrub                    opened, converted at depth, averaged
    coding svg                                           how pixels are coded; drawings
    deep hdr                                             the values of deep ones
    planes                                               real numbers, where eight bits do not do
    raster                                               pixels on their way to a variant
    codec placeholder                                    pixels to bytes; what stands for them
    animation                                            all frames of one picture
    encode photo routes survey variants                  one picture, addresses, all files by name
    hosting manifest tags theme words
    originals placement report                           an original scrubbed, addresses of pages
    scan plan render publish                             the steps; none knows another
    search views                                         what is searched, what a template is given
    addresses sections                                   as pages write them, lists in parts
    feeds gallery icons linked_data redirects sitemap stories
                                                         what lists show, what machines are told
    references                                           where texts lead, what they show
    collected                                            the pages of tags and years
    compose outputs pages                                every page, every file of the site
    audit steps                                          a look back; the steps in their order
    build                                                one at a time, and only if need be
    cli                                                  the only place that prints or exits
    __main__
"""

__version__ = "0.1.0"
