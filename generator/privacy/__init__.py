"""What a file tells besides its picture: an independent reader, and originals without it.

From the bottom up:

    reader rights
    exif_writer
    rebuild
    scrub
    originals
"""
