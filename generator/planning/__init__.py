"""Every address, size, key and file, decided before any work. Pure. The step is `plan`.

From the bottom up:

    tags variants words
    listing placement
    plan
    archives
"""
