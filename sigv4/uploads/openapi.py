"""GET /openapi.json: an OpenAPI 3.1 document of the routes that are there, made of their own tables.

- Every route is described in ROUTES, and every action of POST /presign in `ACTIONS` of schemas.py; making the document
  of one that is not there raises KeyError, and a test makes it of all.
- It says nothing that is secret, so whoever may see the page may see it: no bucket, no name, no limit.

Source: https://spec.openapis.org/oas/v3.1.1.html
"""

from __future__ import annotations

from .better_upload import MAX_FILES
from .messages import json_response
from .multipart import MAX_PARTS, MAX_SIGNED
from .policy import LARGEST, MAX_KEY_BYTES
from .schemas import (
    ACTIONS,
    COMPONENTS,
    EMPTY,
    FIELDS,
    HEADERS,
    NAMED,
    NUMBER,
    SECONDS,
    SIZE,
    component,
    content_type,
    key,
    members,
    moment,
    name,
    rows,
    sealed,
    text,
    url,
    whole,
)  # fmt: skip
from .sign_request import MAX_ID, OF_UPLOAD

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from .messages import Request, Response
    from .schemas import Schema

PATH = "/openapi.json"
OTHERS = True  # members that are ignored, since clients of others send them


class OpenAPI:
    """Answers with the document.

    guarded, unguarded   the methods of each path, of routes that ask who it is, and of those that anybody may ask
    actions              of POST /presign, with the right that each needs
    bearer               whether the guarded ones want a bearer token
    """

    def __init__(
        self,
        guarded: Mapping[str, Iterable[str]],
        unguarded: Mapping[str, Iterable[str]],
        actions: Mapping[str, str],
        bearer: bool,
    ) -> None:
        self._guarded = guarded
        self._unguarded = unguarded
        self._actions = actions
        self._bearer = bearer
        self._response: Response | None = None

    def __call__(self, _: Request) -> Response:
        if self._response is None:
            self._response = json_response(200, self.document())
        return self._response

    def document(self) -> dict[str, Any]:
        """Raises KeyError for a route or an action that is described nowhere."""
        schemas = dict(COMPONENTS)
        for action, right in self._actions.items():
            schemas[_asked(action)], schemas[_given(action)] = _of_action(action, right)
        responses = {
            "Refused": _json(component("Error"), "refused"),
            "TooLong": {"description": "said by the HTTP server that carries these routes: its limit, its words"},
        }
        components: dict[str, Any] = {"schemas": schemas, "responses": responses}
        if self._bearer:
            components["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer"}}
        return {
            "openapi": "3.1.1",
            "info": {"title": "Uploads", "summary": "Presigned uploads from browsers straight to S3", "version": "1"},
            "servers": [{"url": "."}],
            "paths": self._paths(),
            "components": components,
        }

    def _paths(self) -> dict[str, dict[str, Any]]:
        security: list[dict[str, list[str]]] = [{"bearer": []}] if self._bearer else []
        paths: dict[str, dict[str, Any]] = {}
        for routes, asks in ((self._unguarded, False), (self._guarded, True)):
            for path, methods in routes.items():
                for method in methods:
                    operation = dict(self._operation(path, method))
                    if asks and security:
                        operation["security"] = security
                    paths.setdefault(path, {})[method.lower()] = operation
        return paths

    def _operation(self, path: str, method: str) -> dict[str, Any]:
        return self._presign() if (path, method) == ("/presign", "POST") else ROUTES[path][method]

    def _presign(self) -> dict[str, Any]:
        asked = {action: component(_asked(action)) for action in self._actions}
        body = {
            "oneOf": [*asked.values()],
            "discriminator": {"propertyName": "action", "mapping": {name: ref["$ref"] for name, ref in asked.items()}},
        }
        given = {"anyOf": [component(_given(action)) for action in self._actions]}
        return _operation("presign", "One action", given, body=body)


def _asked(action: str) -> str:
    return f"{action}-request"


def _given(action: str) -> str:
    return f"{action}-response"


def _of_action(action: str, right: str) -> tuple[Schema, Schema]:
    summary, required, optional, given = ACTIONS[action]
    asked = members({"action": text(const=action), **required}, optional)
    return {**asked, "description": f"{summary}. It needs the right to {right}."}, given


# The parts of an operation


def _json(schema: Schema, description: str) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _operation(
    operation_id: str,
    summary: str,
    given: Schema | None,
    *parameters: dict[str, Any],
    body: Schema | None = None,
    refusal: dict[str, Any] | None = None,
    links: dict[str, Any] | None = None,
    types: tuple[str, ...] = ("application/json",),
) -> dict[str, Any]:
    """`given`: the JSON of the answer 200, None for those that answer with something else."""
    refused = refusal or {"$ref": "#/components/responses/Refused"}
    operation: dict[str, Any] = {
        "operationId": operation_id,
        "summary": summary,
        "responses": {
            **({} if given is None else {"200": {**_json(given, "done"), **({"links": links} if links else {})}}),
            "414": {"$ref": "#/components/responses/TooLong"},
            "4XX": refused,
            "5XX": refused,
        },
    }
    if parameters:
        operation["parameters"] = list(parameters)
    if body is not None:
        operation["requestBody"] = {"required": True, "content": {each: {"schema": body} for each in types}}
    return operation


def _query(parameter: str, schema: Schema, *, required: bool = True, **more: Any) -> dict[str, Any]:
    return {"name": parameter, "in": "query", "required": required, "schema": schema, **more}


def _place(parameter: str, schema: Schema) -> dict[str, Any]:
    return {"name": parameter, "in": "path", "required": True, "schema": schema}


def _redirect(operation_id: str) -> dict[str, Any]:
    operation = _operation(operation_id, "Go to what a link leads to", None, _place("token", text(minLength=1)))
    there = {"description": "a presigned URL", "headers": {"Location": {"required": True, "schema": url()}}}
    return {**operation, "responses": {"302": there, **operation["responses"]}}


def _state(operation_id: str, summary: str) -> dict[str, Any]:
    return _operation(operation_id, summary, members({"status": text(const="ok")}))


def _text(operation_id: str, summary: str) -> dict[str, Any]:
    operation = _operation(operation_id, summary, None)
    done = {"description": "done", "content": {"text/plain": {"schema": text()}}}
    return {**operation, "responses": {"200": done, **operation["responses"]}}


def _of_begun(operation_id: str) -> dict[str, Any]:
    """The link from a begun upload of Companion's to what is done with it."""
    return {
        "operationId": operation_id,
        "parameters": {"path.upload": "$response.body#/uploadId", "query.key": "$response.body#/key"},
    }


# What is behind each path

_OF_BEGUN = ("companionParts", "companionPart", "companionBatch", "companionComplete", "companionAbort")

_ANY_TYPE = ("application/json", "text/plain")  # what `fetch` makes of a text
_OF_UPLOAD = (_place("upload", {**sealed(), "minLength": 1}), _query("key", key()))
_FILE = members(
    {"name": name(), "size": SIZE, "type": content_type(),
     "objectInfo": members({"key": key(), "metadata": {"type": "object"}})}
)  # fmt: skip
_WHOLE = members({"signedUrl": url(), "file": _FILE, "headers": HEADERS})
_IN_PARTS = members({
    "file": _FILE, "parts": rows(members({"signedUrl": url(), "partNumber": NUMBER, "size": whole()})),
    "uploadId": text(), "completeSignedUrl": url(), "abortSignedUrl": url(),
})  # fmt: skip
_BETTER_ERROR = members({"error": members({"type": text(), "message": text()})})

ROUTES: dict[str, dict[str, dict[str, Any]]] = {
    PATH: {"GET": _operation("openapi", "This document", {"type": "object"})},
    "/healthz": {"GET": _state("health", "Whether this process answers")},
    "/readyz": {"GET": _state("ready", "Whether the store takes what this server signs")},
    "/metrics": {"GET": _text("metrics", "Counts for Prometheus")},
    "/presign": {"GET": _operation("settings", "What may be uploaded here", component("Settings"))},
    "/links": {
        "POST": _operation(
            "makeLink", "Make a link that lasts, and ends",
            members({"path": text(), "id": text(), "ends_at": moment()}),
            body=members({"key": key(), "ends_at": moment("within a year")}, {"file_name": name()}),
        ),
    },
    "/d/{token}": {"GET": _redirect("follow"), "HEAD": _redirect("tryLink")},
    "/api/generatePresignedUrl": {
        "POST": _operation(
            "generatePresignedUrl", "The tutorial's endpoint", component("Signed"),
            body=members(
                {"fileName": name(MAX_KEY_BYTES)},
                {"fileType": content_type(), "fileSize": {**SIZE, "type": ["integer", "null"]}},
                OTHERS,
            ),
        ),
    },
    "/s3/params": {
        "GET": _operation(
            "companionForm", "Companion: sign a form",
            members({"method": text(const="POST"), "url": url(), "fields": FIELDS, "expires": SECONDS}),
            _query("filename", name()), _query("type", content_type(), required=False),
        ),
    },
    "/s3/multipart": {
        "POST": _operation(
            "companionCreate", "Companion: begin an upload in parts",
            members({"key": key(), "uploadId": sealed(), "bucket": text()}),
            body=members({"filename": name()}, {"type": content_type()}, OTHERS),
            links={each: _of_begun(each) for each in _OF_BEGUN},
        ),
    },
    "/s3/multipart/{upload}": {
        "GET": _operation(
            "companionParts", "Companion: which parts have arrived",
            rows(members({"PartNumber": NUMBER, "Size": whole(), "ETag": text()})), *_OF_UPLOAD,
        ),
        "DELETE": _operation("companionAbort", "Companion: end an upload and drop its parts", EMPTY, *_OF_UPLOAD),
    },
    "/s3/multipart/{upload}/batch": {
        "GET": _operation(
            "companionBatch", "Companion: sign PUTs of parts",
            members({"presignedUrls": {"type": "object", "additionalProperties": url()}}), *_OF_UPLOAD,
            _query("partNumbers", rows(NUMBER, minItems=1, maxItems=MAX_SIGNED), style="form", explode=False),
        ),
    },
    "/s3/multipart/{upload}/complete": {
        "POST": _operation(
            "companionComplete", "Companion: make the object of its parts",
            members({"location": url(), "key": key(), "bucket": text()}), *_OF_UPLOAD,
            body=members({"parts": rows(members({"PartNumber": NUMBER}, {"ETag": text()}, OTHERS))}, {}, OTHERS),
        ),
    },
    "/s3/multipart/{upload}/{number}": {
        "GET": _operation(
            "companionPart", "Companion: sign the PUT of a part", members({"url": url(), "expires": SECONDS}),
            *_OF_UPLOAD, _place("number", NUMBER),
        ),
    },
    "/s3/sign": {
        "POST": _operation(
            "signRequest", "signRequest of @uppy/aws-s3: sign a request to S3",
            members({"key": key(), "url": url()}, {"fields": FIELDS, "headers": HEADERS}),
            body={"oneOf": [
                members({"method": text(enum=["PUT", "POST"]), "key": text(pattern=NAMED)},
                        {"contentType": content_type(), "uploadId": {"type": "null"}}, OTHERS),
                members({"method": text(enum=[*(m for m in OF_UPLOAD if m != "PUT")]), "key": key(),
                         "uploadId": text(minLength=1, maxLength=MAX_ID)}, {}, OTHERS),
                members({"method": text(const="PUT"), "key": key(), "uploadId": text(minLength=1, maxLength=MAX_ID),
                         "partNumber": whole(1, MAX_PARTS)}, {}, OTHERS),
            ]},
            types=_ANY_TYPE,
        ),
    },
    "/api/s3-upload": {
        "POST": _operation(
            "nextS3Upload", "next-s3-upload: sign a PUT",
            members({"key": key(), "bucket": text(), "region": text(), "endpoint": {"type": ["string", "null"]},
                     "url": url()}),
            body=members({"filename": name(), "_nextS3": members({"strategy": text(const="presigned")}, {}, OTHERS)},
                         {"filetype": content_type()}, OTHERS),
        ),
    },
    "/api/upload": {
        "POST": _operation(
            "betterUpload", "Better Upload: sign all of some files",
            {"oneOf": [
                members({"files": rows(_WHOLE), "metadata": EMPTY}),
                members({"multipart": members({"files": rows(_IN_PARTS), "partSize": whole(1)}), "metadata": EMPTY}),
            ]},
            body=members({
                "route": text(),
                "files": rows(members({"name": name(), "size": whole(0, LARGEST)}, {"type": content_type()}),
                              minItems=1, maxItems=MAX_FILES),
            }, {}, OTHERS),
            refusal=_json({"anyOf": [_BETTER_ERROR, component("Error")]}, "refused"),
            types=_ANY_TYPE,
        ),
    },
}  # fmt: skip
