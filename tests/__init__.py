"""Tests, laid out like the product: tests/s3/test_presigner.py for sigv4/s3/presigner.py."""

from pathlib import Path

ROOT = Path(__file__).parents[1]
VECTORS = ROOT / "tests" / "vectors"
