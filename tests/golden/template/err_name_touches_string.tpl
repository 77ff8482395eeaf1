x = y_${task}"abc"

def test_it():
    pass
