x = "abc"${task}

def test_it():
    pass
