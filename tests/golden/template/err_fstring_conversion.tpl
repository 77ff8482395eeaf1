x = f"{y!${task}}"

def test_it():
    pass
