del x, ${task}

def test_it():
    pass
