"""The page that a run leaves for people: one HTML file that needs no network, no server and no account.

`model` is the data, `build` turns it into HTML, `media` and `records` help callers to fill the data. Nothing here talks
to AWS.
"""
