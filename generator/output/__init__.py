"""What is published: all files, which are ours, and the switch. The step is `publish`.

From the bottom up:

    alone inventory record
    blocks content places
    manifest
    losses publish verify
"""
