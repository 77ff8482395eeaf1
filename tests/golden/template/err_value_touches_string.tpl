x = ${task}"abc"

def test_it():
    pass
