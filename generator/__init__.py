"""fastphoto: photographs in, a finished static gallery out.

The modules, from the bottom up; each may import only from rows above its own:

    errors model formats geometry files    nouns and pure rules
    config store workers decode metadata document
    photo encode                           one picture: its facts, its variants
    scan plan render pages publish         the steps; none knows another
    build                                  the order of the steps
    cli                                    the only place that prints or exits

`plan` is spread over `routes` (addresses) and `views` (what a template is given).
"""

__version__ = "0.1.0"
