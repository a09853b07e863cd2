"""The commands beside serving: `check` and `cors`. Each returns the program's exit code."""

from __future__ import annotations

import sys

from server.check import try_store
from server.config import DEFAULT_PORT, Config
from server.cors import CorsError, apply, as_json, for_minio, page_origins

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
        print(as_json(origins))
        print(f"\nMinIO has one list for all buckets, in its environment:\n{for_minio(origins)}", file=sys.stderr)
        return 0
    try:
        apply(store, origins)
    except CorsError as error:
        print(f"The rule is not in the bucket {store.bucket}: {error}.", file=sys.stderr)
        return 1
    print(f"Pages of {', '.join(origins)} may upload to the bucket {store.bucket}.")
    return 0


def _origins(config: Config, options: Namespace) -> tuple[str, ...]:
    return tuple(sorted(options.origin or ())) or page_origins(config, config.port or DEFAULT_PORT)
