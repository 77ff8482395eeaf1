x = (${batch_size} y)

def test_it():
    pass
