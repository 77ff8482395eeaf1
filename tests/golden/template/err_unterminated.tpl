x = "abc
y = 1

def test_it():
    pass
