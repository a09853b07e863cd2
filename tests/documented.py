"""AWS's documented examples, as tests/vectors/s3_documented.json keeps them: what the first test of a step uses."""

from __future__ import annotations

import json

from tests import VECTORS

CASES = {case["name"]: case for case in json.loads((VECTORS / "s3_documented.json").read_text("utf-8"))["cases"]}

GET_OBJECT = CASES["get-object"]
PUT_OBJECT = CASES["put-object"]
LIST_OBJECTS = CASES["list-objects"]
PRESIGNED_GET_OBJECT = CASES["presigned-get-object"]
IAM_LIST_USERS = CASES["iam-list-users"]
