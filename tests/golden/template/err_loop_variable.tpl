for i, ${task} in x:
    pass

def test_it():
    pass
