"""The ASGI applications, each behind the middleware: mounted under a prefix, and Starlette's at the root as well.

/plain /starlette /fastapi /django /flask     for the service my-api; Flask through asgiref's WsgiToAsgi
/s3/plain and so on                           for S3
everything else                               Starlette, at the root, for my-api
"""

from urllib.parse import parse_qsl

from asgiref.wsgi import WsgiToAsgi
from django.core.handlers.asgi import ASGIHandler
from fastapi import Body, FastAPI, Request
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Mount, Route

from sigv4.integrations.asgi import SigV4Middleware
from tests.integrations.programs import django_views  # noqa: F401 it configures Django
from tests.integrations.programs.seen import API, S3, seen
from tests.integrations.programs.wsgi_program import flask

METHODS = ["GET", "POST", "PUT", "DELETE"]
JSON = [(b"content-type", b"application/json")]


async def plain(scope, receive, send):
    if scope["type"] == "websocket":
        await receive()
        seen("websocket", "GET", scope["root_path"], routed(scope), [], latin(scope["headers"]), b"")
        await send({"type": "websocket.accept"})
        return
    query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    if ("begin", "1") in query:
        await hasty(receive, send)
        return
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            return
        body, more = body + message["body"], message["more_body"]
    answer = seen("plain", scope["method"], scope["root_path"], routed(scope), query, latin(scope["headers"]), body)
    await send({"type": "http.response.start", "status": 200, "headers": JSON})
    await send({"type": "http.response.body", "body": answer})


async def hasty(receive, send):
    """It begins its response before it reads the body."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"9")]})
    await send({"type": "http.response.body", "body": b"begun", "more_body": True})
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.body", "body": b"done"})


def latin(headers):
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]


def routed(scope):
    path, root_path = scope["path"], scope.get("root_path", "")
    return path.removeprefix(root_path) if path.startswith(root_path) else path


async def view(request: Request) -> Response:
    return answer("starlette", request, await request.body())


def answer(framework, request, body):
    said = seen(framework, request.method, request.scope.get("root_path", ""), routed(request.scope),
                request.query_params.multi_items(), request.headers.items(), body)  # fmt: skip
    return Response(said, media_type="application/json")


starlette = Starlette(routes=[Route("/{path:path}", view, methods=METHODS)])
fastapi = FastAPI()


@fastapi.api_route("/{path:path}", methods=METHODS)
async def typed_view(request: Request, body: bytes = Body(b"", media_type="application/octet-stream")):
    return answer("fastapi", request, await request.body())


APPLICATIONS = {
    "plain": plain,
    "starlette": starlette,
    "fastapi": fastapi,
    "django": ASGIHandler(),
    "flask": WsgiToAsgi(flask),
}
application = Starlette(
    routes=[
        *(Mount(f"/s3/{name}", SigV4Middleware(app, S3)) for name, app in APPLICATIONS.items()),
        *(Mount(f"/{name}", SigV4Middleware(app, API)) for name, app in APPLICATIONS.items()),
        Mount("/", SigV4Middleware(starlette, API)),
    ]
)
