x = y ${task} 3

def test_it():
    pass
