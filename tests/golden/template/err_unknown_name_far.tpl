x = "${zebra}"

def test_it():
    pass
