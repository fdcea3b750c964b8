"""Where places lie on a drawn map, and what coasts are around them. Pure.

The coasts are Natural Earth's (https://www.naturalearthdata.com), which is in the public domain
(https://www.naturalearthdata.com/about/terms-of-use/): its land of 1:50,000,000, version 4.1, as
the npm package world-atlas 2.0.2 has it and tools/coast.py makes it small.

From the bottom up:

    projection
    clusters coast
"""
