@${task}
def f():
    pass

def test_it():
    pass
