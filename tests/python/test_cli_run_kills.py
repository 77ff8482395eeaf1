"""Runs that are killed and gone on with: every test has one result, that which was reported, and no process is left.
scripts/campaign/run-kills does this hundreds of times."""

import random

from run_kills import RunKills


def test_a_killed_run_goes_on_and_every_test_has_one_result(store, bare_python):
    kills = RunKills(store, random.Random(11), models=40, python=bare_python)
    counts = kills.campaign(20)
    assert counts.total() == 20 and counts["done"] < 5
    assert counts["the program"] > 2 and counts["the child"] > 2
