"""Who lives: the lock on a process's file ends with the process."""

from __future__ import annotations

import os
from contextlib import closing

from sigv4.testing.local_s3.processes import Owners


def test_owner_lives_until_it_is_closed_and_leaves_no_file(tmp_path):
    with closing(Owners(str(tmp_path))) as one, closing(Owners(str(tmp_path))) as two:
        assert two.alive(one.own)
        assert two.alive(two.own)
        one.close()
        assert not two.alive(one.own)
        assert os.listdir(tmp_path) == [two.own]
    assert os.listdir(tmp_path) == []


def test_sweep_removes_the_files_of_the_dead_alone(tmp_path):
    (tmp_path / "dead").touch()
    with closing(Owners(str(tmp_path))) as one, closing(Owners(str(tmp_path))) as two:
        one.sweep()
        assert sorted(os.listdir(tmp_path)) == sorted([one.own, two.own])
