x = f"{y:>${batch_size}}"

def test_it():
    pass
