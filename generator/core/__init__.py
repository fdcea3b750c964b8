"""What every room shares: the nouns, errors, settings, sizes, addresses, safe files. No pictures.

From the bottom up:

    digest formats layout model text
    errors geometry listing placeholders routes
    files
    config
"""
