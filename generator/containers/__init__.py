"""What picture files are made of, byte by byte.

From the bottom up:

    icc parts png
"""
