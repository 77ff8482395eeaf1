x = f"{y"

def test_it():
    pass
