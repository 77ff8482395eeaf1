${batch_size} + 1

def test_it():
    pass
