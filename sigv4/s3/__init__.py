"""Presigned URLs for Amazon S3 and everything that speaks its protocol.

from sigv4 import Credentials
from sigv4.s3 import S3Presigner

s3 = S3Presigner(Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"), region="eu-central-1")
upload = s3.put_object("my-bucket", "reports/may.pdf", expires_in=600, ContentType="application/pdf")
print(upload.url, upload.headers, upload.expires_at)
download = s3.get_object("my-bucket", "reports/may.pdf", VersionId="3HL4kqtJlcpXroDTDmJ")
urls = s3.presign_many("get_object", "my-bucket", ["a.jpg", "b.jpg"], expires_in=3600)
"""

from .presigner import S3Presigner

__all__ = ["S3Presigner"]
