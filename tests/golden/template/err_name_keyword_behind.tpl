x = 1 ${task}f y

def test_it():
    pass
