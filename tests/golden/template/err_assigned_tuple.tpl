a, ${task} = 1, 2

def test_it():
    pass
