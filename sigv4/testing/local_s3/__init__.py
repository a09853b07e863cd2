"""An S3 for tests, in this process: every request is verified as strictly as AWS does, and refused in S3's own words."""
