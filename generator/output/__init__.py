"""What is published: all files, which are ours, and the switch. The step is `publish`.

From the bottom up:

    alone content inventory manifest
    publish verify
"""
