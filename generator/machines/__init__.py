"""What feeds, search engines, phones and hosts are told.

From the bottom up:

    feeds hosting icons linked_data redirects sitemap
"""
