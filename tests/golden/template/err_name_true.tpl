x = Tr${task}

def test_it():
    pass
