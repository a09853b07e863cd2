"""Uploads alone at the root; mounted in FastAPI and in Starlette; and before Django, which serves the rest."""

from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route

from sigv4.uploads.asgi import ASGIUploads
from tests.integrations.programs import django_views  # noqa: F401 it configures Django
from tests.uploads.programs.made import uploads

fastapi = FastAPI()
fastapi.mount("/uploads", ASGIUploads(uploads))


@fastapi.get("/own")
def own():
    return "fastapi's own"


def starlettes_own(request):
    return PlainTextResponse("starlette's own")


starlette = Starlette(routes=[Mount("/uploads", ASGIUploads(uploads)), Route("/own", starlettes_own)])


def django():
    from django.core.asgi import get_asgi_application

    return ASGIUploads(uploads, prefix="/uploads", otherwise=get_asgi_application())


mounted = Starlette(routes=[Mount("/fastapi", fastapi), Mount("/starlette", starlette), Mount("/django", django())])


class Application:
    """Uploads at the root, and what is mounted beside them."""

    def __init__(self):
        self.alone = ASGIUploads(uploads)

    async def __call__(self, scope, receive, send):
        beside = scope["type"] == "http" and scope["path"].split("/")[1] in ("fastapi", "starlette", "django")
        await (mounted if beside else self.alone)(scope, receive, send)


application = Application()
