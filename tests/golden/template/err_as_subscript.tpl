with a as ${task}[0]:
    pass

def test_it():
    pass
