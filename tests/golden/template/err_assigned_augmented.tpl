${task} += 1

def test_it():
    pass
