#!/usr/bin/env ${task}
def test_it(): pass
