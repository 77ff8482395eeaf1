x = foo(1,
y = 2

def test_it():
    pass
