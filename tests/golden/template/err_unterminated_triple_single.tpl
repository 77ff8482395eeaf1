y = b'''abc

def test_it():
    pass
