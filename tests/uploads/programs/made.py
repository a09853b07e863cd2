"""The uploads that the programs mount, over the S3 that the environment names."""

import json
import os

from sigv4 import Credentials
from sigv4.s3 import S3Presigner
from sigv4.uploads import Policy, Seal, Store, Uploads

with open(os.environ["STORE"]) as file:
    store = json.load(file)
presigner = S3Presigner(Credentials(*store["keys"]), region=store["region"], endpoint_url=store["endpoint"])
uploads = Uploads(
    Store(presigner, store["bucket"], store["endpoint"]),
    Policy("up/", "{uuid}/{name}", ("*/*",), 5 * 1024**4, rights=("upload", "download", "list", "delete")),
    seal=Seal([b"s" * 32]),
)
