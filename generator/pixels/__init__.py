"""One picture to its variants: opened safely, made smaller, coded. The step is `render`.

From the bottom up:

    colour jxl raw resample svg
    decode deep_colour
    coding hdr
    deep placeholder
    planes
    raster
    codec
    animation
    encode
    render
"""
