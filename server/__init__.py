"""`python -m server`: presigned uploads and downloads for browsers, with a page to try them on.

The reading order is the import order:

    config      the environment -> Config, or every mistake in it at once
    policy      who may do what: key names, prefixes, content types, sizes
    tokens      the bearer token, compared in constant time
    embedded    the server's own S3, for when no other is configured
    routes      pure functions: a request in, a response out; no socket, no clock but the presigner's
    http        the same routes behind sigv4's own HTTP server
    __main__    the program: start, banner, signals, exit

The server never touches a file on its way to S3: it hands the browser a presigned URL, and the browser talks to S3
itself.
"""
