"""`python -m server`: presigned uploads and downloads for browsers, with a page to try them on.

The reading order is the import order:

    access      the file of SERVER_POLICY: who asks, and what they may
    config      the environment -> Config, or every mistake in it at once
    embedded    the server's own S3, for when no other is configured
    pages       the page's files, as responses
    log         lines that never change or delay a response
    operations  /readyz and /metrics
    webhook     who is told of each upload that has arrived
    http        the routes of sigv4.uploads behind sigv4's own HTTP server
    cors        the bucket's rule for the page
    findings    what a store's answers mean, in words, with the fix
    check       the store, tried for real
    commands    what a person runs beside it: check, cors, abort-stale, token
    __main__    the program: start, banner, signals, exit

The server never touches a file on its way to S3: it hands the browser a presigned URL, and the browser talks to S3
itself.
"""
