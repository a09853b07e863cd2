"""minio-py asks STS for a role: python minio_sts.py. The environment says where and who."""

import os

from minio.credentials import AssumeRoleProvider

provider = AssumeRoleProvider(
    sts_endpoint=os.environ["AWS_ENDPOINT_URL"],
    access_key=os.environ["AWS_ACCESS_KEY_ID"],
    secret_key=os.environ["AWS_SECRET_ACCESS_KEY"],
    region=os.environ["AWS_REGION"],
)
assert provider.retrieve().access_key == "ASIAROLE"
