"""The dev server: the site as it is planned, shown while one works on it.

From the bottom up:

    answers
    wire        a request's address, and a page with the scripts that only the server adds
    guard       who may ask
    rules       what a site has hosts do
    upload      pictures that come in through the browser
    own_pages   what is wrong, and where to add pictures
    replies     what is answered, as a static host would
    reload      open pages, and what they are told
    server
"""
