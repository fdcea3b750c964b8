"""The dev server: the site as it is planned, shown while one works on it.

From the bottom up:

    answers
    steady asking       what is still being copied; what somebody waits for
    showing planning    a design as it is shown; sources to what is to be built
    building watching   behind what is shown; when to look again
    desk                plans, shows and builds, until it is closed
"""
