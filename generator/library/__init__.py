"""A site's sources to values: files that did not change are not opened. The step is `scan`.

From the bottom up:

    directives photo slowness survey
    document
    scan
"""
