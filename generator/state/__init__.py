"""What a build remembers and works with: the cache by content, and processes that may die.

From the bottom up:

    store workers
"""
