from ${task} import x

def test_it():
    pass
