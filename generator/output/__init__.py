"""What is published: all files, which are ours, and the switch. The step is `publish`.

From the bottom up:

    content inventory
    record
    manifest places
    losses publish verify
"""
