"""Uploads alone, under /alone; and under /uploads of a Flask and of a Django application, which serve the rest."""

from flask import Flask
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from sigv4.uploads.wsgi import WSGIUploads
from tests.integrations.programs import django_views  # noqa: F401 it configures Django
from tests.uploads.programs.made import uploads

flask = Flask(__name__)
flask.add_url_rule("/own", view_func=lambda: "flask's own")
flask.wsgi_app = WSGIUploads(uploads, prefix="/uploads", otherwise=flask.wsgi_app)


def django():
    from django.core.wsgi import get_wsgi_application

    return WSGIUploads(uploads, prefix="/uploads", otherwise=get_wsgi_application())


application = DispatcherMiddleware(WSGIUploads(uploads), {"/flask": flask, "/django": django()})
