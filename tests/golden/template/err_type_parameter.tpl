def f[${task}]():
    pass

def test_it():
    pass
