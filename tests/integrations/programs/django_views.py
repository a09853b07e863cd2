"""One Django view, for both its handlers."""

import django
from django.conf import settings
from django.http import HttpResponse
from django.urls import re_path

from tests.integrations.programs.seen import seen


def view(request, path):
    pairs = [(name, value) for name, values in request.GET.lists() for value in values]
    prefix = request.META.get("SCRIPT_NAME") or ""
    said = seen("django", request.method, prefix, request.path_info, pairs, request.headers.items(), request.body)
    return HttpResponse(said, content_type="application/json")


urlpatterns = [re_path("^(.*)$", view)]

if not settings.configured:
    settings.configure(
        ROOT_URLCONF=__name__,
        ALLOWED_HOSTS=["*"],
        SECRET_KEY="for the tests alone",
        DATA_UPLOAD_MAX_MEMORY_SIZE=None,
        MIDDLEWARE=[],
        APPEND_SLASH=False,
    )
    django.setup()
