x = "${1x}"

def test_it():
    pass
