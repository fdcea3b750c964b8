"""What a picture says about itself, whichever way it was written.

From the bottom up:

    exif iptc moments xmp
    reading
"""
