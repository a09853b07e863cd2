"""sigv4 in other people's programs: one module for each HTTP client and each kind of server, which imports it.

clients     requests, httpx, httpx2, aiohttp, urllib      SigV4Auth(signer): what is sent is signed
servers     wsgi, asgi                                    SigV4Middleware(application, verifier)
"""
