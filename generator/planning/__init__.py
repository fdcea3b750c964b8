"""Every address, size, key and file, decided before any work. Pure. The step is `plan`.

From the bottom up:

    order owners
    tags titles variants words
    listing locations placement
    plan
    files
    archives
"""
