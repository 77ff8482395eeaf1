x = [1 for ${task} in y]

def test_it():
    pass
