"""Where places lie on a drawn map, and what coasts are around them. Pure.

The coasts are Natural Earth's (https://www.naturalearthdata.com), which is in the public domain:
its land of 1:50,000,000, version 4.1, as tools/coast.py makes it small.

From the bottom up:

    projection
    clusters coast
"""
