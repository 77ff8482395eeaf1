__${task}__ = 1

def test_it():
    pass
