"""What no route catches is a fault of ours: a bare 500, and a log that names its type and place, never its text."""

from __future__ import annotations

from .messages import FAULT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .messages import Request, Response
    from .routes import Uploads


def guarded(uploads: Uploads, request: Request) -> Response:
    """The response to a request, whatever happens."""
    try:
        return uploads(request)
    except Exception as error:
        import logging

        logging.getLogger("sigv4.uploads").error("fault: %s", place(error))
        return uploads.readable(request, FAULT)


def place(error: BaseException) -> str:
    """Where an exception was raised: its type, file and line."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    if trace is None:
        return type(error).__name__
    return f"{type(error).__name__} at {trace.tb_frame.f_code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}"
