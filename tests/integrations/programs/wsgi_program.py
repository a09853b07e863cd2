"""The WSGI applications, each behind the middleware: mounted under a prefix, and Flask's at the root as well.

/plain /flask /django          for the service my-api
/s3/plain /s3/flask /s3/django for S3
everything else                Flask, at the root, for my-api
"""

from urllib.parse import parse_qsl

from django.core.handlers.wsgi import WSGIHandler
from flask import Flask, Response, request
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from sigv4.integrations.wsgi import SigV4Middleware
from tests.integrations.programs import django_views  # noqa: F401 it configures Django
from tests.integrations.programs.seen import API, S3, seen


def plain(environ, start_response):
    query = parse_qsl(environ["QUERY_STRING"], keep_blank_values=True)
    if ("begin", "1") in query:
        return hasty(environ, start_response)
    headers = [(name.removeprefix("HTTP_"), value) for name, value in environ.items() if isinstance(value, str)]
    body = environ["wsgi.input"].read(100) + environ["wsgi.input"].read()
    routed = environ["PATH_INFO"].encode("latin-1").decode()
    answer = seen("plain", environ["REQUEST_METHOD"], environ["SCRIPT_NAME"], routed, query, headers, body)
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(answer)))])
    return [answer]


def hasty(environ, start_response):
    """It begins its response before it reads the body."""
    start_response("200 OK", [("Content-Length", "9")])
    yield b"begun"
    environ["wsgi.input"].read()
    yield b"done"


flask = Flask(__name__)


@flask.route("/", defaults={"path": ""}, methods=["GET", "POST", "PUT", "DELETE"])
@flask.route("/<path:path>", methods=["GET", "POST", "PUT", "DELETE"])
def view(path):
    body = request.get_data()
    pairs = [(name, value) for name, values in request.args.lists() for value in values]
    said = seen("flask", request.method, request.root_path, request.path, pairs, request.headers.items(), body)
    return Response(said, content_type="application/json")


flask.url_map.merge_slashes = False
django = WSGIHandler()
application = DispatcherMiddleware(
    SigV4Middleware(flask, API),
    {
        "/plain": SigV4Middleware(plain, API),
        "/flask": SigV4Middleware(flask, API),
        "/django": SigV4Middleware(django, API),
        "/s3/plain": SigV4Middleware(plain, S3),
        "/s3/flask": SigV4Middleware(flask, S3),
        "/s3/django": SigV4Middleware(django, S3),
    },
)
