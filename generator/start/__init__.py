"""The beginning of a site: a new one, or one that another generator built.

From the bottom up:

    settings
    site sigal
    migration
"""
