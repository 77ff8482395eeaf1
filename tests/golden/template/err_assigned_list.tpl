[a, (b, ${task})] = c

def test_it():
    pass
