x = "${}"

def test_it():
    pass
