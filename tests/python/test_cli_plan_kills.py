"""Planning that is killed: the store is whole, with the plan before or the new one. scripts/campaign/plan-kills does
this hundreds of times, with larger plans."""

import random

from plan_kills import PlanKills


def test_a_kill_leaves_the_plan_before_or_the_new_one(store):
    kills = PlanKills(store, random.Random(7), models=3000)
    counts = kills.campaign(20)
    assert counts.total() == 20 and counts["done"] < 20
