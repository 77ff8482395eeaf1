"""A plan that is killed in the middle of each of its writes to the file: the store is whole. scripts/campaign/plan-kills --every-write
does this at every call that changes a file, for every verb that writes."""

from every_write import EveryWrite, compile_killer, kills_of


def test_a_write_that_is_cut_leaves_the_plan_before(testloom, tmp_path_factory):
    killer = compile_killer(tmp_path_factory.mktemp("killer"))
    kills = EveryWrite(testloom, killer, "another plan", models=50)
    of_the_file = (kill for kill in kills_of(kills.calls) if kills.calls[kill[0] - 1].startswith("pwrite"))
    cut = {call: part for call, part in of_the_file if part > 0}
    for call in cut:
        kills.kill(call, cut[call], then=False)
    assert len(cut) > 5 and kills.counts.total() == len(cut) and kills.counts["old"] >= len(cut) - 1
