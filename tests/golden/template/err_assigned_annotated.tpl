${task}: int = 1

def test_it():
    pass
