"""The dev server: the site as it is planned, shown while one works on it.

From the bottom up:

    answers
"""
