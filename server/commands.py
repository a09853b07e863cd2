"""The commands beside serving: `check`, `cors`, `abort-stale` and `token`. Each returns the program's exit code."""

from __future__ import annotations

import sys
import time

from server.access import new_token
from server.check import try_store
from server.config import DEFAULT_PORT, Config
from server.cors import CorsError, apply, as_json, for_minio, page_methods, page_origins
from sigv4.uploads import Bucket, Refused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from sigv4.uploads import Store


def check(config: Config, store: Store, options: Namespace) -> int:
    """Say of each thing whether it works, as it is tried; 1 where one does not."""
    failed = False
    for finding in try_store(config, store, _origins(config, options)):
        print(finding, flush=True)
        failed = failed or finding.passed is False
    return int(failed)


def cors(config: Config, store: Store, options: Namespace) -> int:
    """Print the rule, or put it into the bucket."""
    origins = _origins(config, options)
    if not options.apply:
        print(as_json(origins, page_methods(config)))
        print(f"\nMinIO has one list for all buckets, in its environment:\n{for_minio(origins)}", file=sys.stderr)
        return 0
    try:
        apply(store, origins, page_methods(config))
    except CorsError as error:
        print(f"The rule is not in the bucket {store.bucket}: {error}.", file=sys.stderr)
        return 1
    print(f"Pages of {', '.join(origins)} may upload to the bucket {store.bucket}.")
    return 0


def abort_stale(config: Config, store: Store, options: Namespace) -> int:
    """Abort uploads in parts that were begun long ago and never ended, under the prefixes of this configuration."""
    bucket = Bucket(store.direct, store.bucket)
    begun_before = time.time() - options.days * 86_400
    count = 0
    try:
        for prefix in {policy.key_prefix.partition("{principal}")[0] for policy in config.access.rules.policies}:
            for upload in bucket.unfinished(prefix):
                if upload.begun < begun_before:
                    bucket.abort(upload.key, upload.upload_id)
                    count += 1
    except Refused as refused:
        print(f"After {count} of them: {refused}.", file=sys.stderr)
        return 1
    print(f"{count} uploads in parts, begun more than {options.days:g} days ago, were aborted.")
    return 0


def token(name: str) -> int:
    """Print a new bearer token, and the lines of SERVER_POLICY's file that let it in."""
    made, lines = new_token(name)
    print(f"{lines}\n")
    print(f"The token, which is kept nowhere: {made}", file=sys.stderr)
    return 0


def _origins(config: Config, options: Namespace) -> tuple[str, ...]:
    return tuple(sorted(options.origin or ())) or page_origins(config, config.port or DEFAULT_PORT)
