"""The dev server: the site as it is planned, shown while one works on it.

From the bottom up:

    answers
    archives            those that were asked for, in files until the desk closes
    rounds bulletin     a thread that works when it is called; how the site stands, and who is told
    steady asking       what is still being copied; what somebody waits for
    showing planning    a design as it is shown; sources to what is to be built
    building watching   behind what is shown; when to look again
    desk                plans, shows and builds, until it is closed
    wire                a request's address, and a page with the scripts that only the server adds
    guard rules         who may ask; what a site has hosts do
    upload              pictures that come in through the browser
    own_pages           what is wrong, and where to add pictures
    replies             what is answered, as a static host would
    reload              open pages, and what they are told
    handlers            what is done with a request
    server              where it listens, and what belongs together while it does
"""
