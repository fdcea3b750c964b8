"""What is published: all files, which are ours, and the switch. The step is `publish`.

From the bottom up:

    inventory record
    content manifest places
    losses publish verify
"""
