"""Send signed requests with one HTTP client, as its users do: `send.py CLIENT` with a JSON list of them on stdin.

Each is [method, url, headers, body in hexadecimal]; what is printed is a JSON list of [status, response body].
"""

import asyncio
import http.client
import json
import sys
import urllib.error
import urllib.request
from urllib.parse import urlsplit


def with_requests(calls):
    import requests

    with requests.Session() as session:
        session.trust_env = False
        for method, url, headers, body in calls:
            response = session.request(method, url, headers=headers, data=body)
            yield response.status_code, response.text


def with_httpx(calls):
    import httpx

    with httpx.Client(trust_env=False) as client:
        for method, url, headers, body in calls:
            response = client.request(method, url, headers=headers, content=body)
            yield response.status_code, response.text


def with_urllib3(calls):
    import urllib3

    pool = urllib3.PoolManager()
    for method, url, headers, body in calls:
        response = pool.request(method, url, headers=headers, body=body, retries=False)
        yield response.status, response.data.decode()


def with_urllib(calls):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    for method, url, headers, body in calls:
        request = urllib.request.Request(url, data=body, headers=headers, method=method)
        try:
            with opener.open(request) as response:
                yield response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                yield error.status, error.read().decode()


def with_http_client(calls):
    for method, url, headers, body in calls:
        parts = urlsplit(url)
        connection = http.client.HTTPConnection(parts.netloc)
        connection.request(method, url.partition(parts.netloc)[2], body, headers)
        response = connection.getresponse()
        yield response.status, response.read().decode()
        connection.close()


def with_aiohttp(calls):
    import aiohttp
    import yarl

    async def send():
        async with aiohttp.ClientSession() as session:
            for method, url, headers, body in calls:
                # aiohttp writes a URL anew unless it is told that it is written already.
                target = yarl.URL(url, encoded=True)
                async with session.request(method, target, headers=headers, data=body) as response:
                    responses.append((response.status, await response.text()))

    responses = []
    asyncio.run(send())
    return responses


calls = [(method, url, headers, bytes.fromhex(body) or None) for method, url, headers, body in json.load(sys.stdin)]
print(json.dumps(list(globals()[f"with_{sys.argv[1]}"](calls))))
