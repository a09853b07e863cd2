"""The fuzzing targets take their corpus, and every cut and flip of it, without an error that they do not declare."""

import random
from pathlib import Path

import pytest

from tests.fuzz.targets import TARGETS

CORPUS = Path(__file__).with_name("corpus")


@pytest.mark.parametrize("target", TARGETS)
def test_the_corpus_raises_nothing_that_is_not_declared(target):
    rng, inputs = random.Random(target), sorted((CORPUS / target).iterdir())
    assert inputs
    for path in inputs:
        data = path.read_bytes()
        TARGETS[target](data)
        for _ in range(100):
            changed = bytearray(data)
            for _ in range(rng.randint(1, 4)):
                at = rng.randrange(len(changed) + 1)
                changed[at : at + rng.randint(0, 3)] = rng.randbytes(rng.randint(0, 3))
            TARGETS[target](bytes(changed))
            TARGETS[target](data[: rng.randrange(len(data) + 1)])
