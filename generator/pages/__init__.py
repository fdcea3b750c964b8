"""Every page of the site: composed of the plan, then written by the templates. The step is `html`.

From the bottom up:

    language search stories theme
    html sections
    gallery lint
    collected maps references
    photos
    compose
"""
