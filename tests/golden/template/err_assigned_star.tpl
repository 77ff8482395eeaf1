*${task}, b = c

def test_it():
    pass
