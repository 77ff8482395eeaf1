x = f"{${task}}"

def test_it():
    pass
