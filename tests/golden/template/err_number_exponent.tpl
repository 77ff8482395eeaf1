x = 1e${batch_size} + 2e-${batch_size}

def test_it():
    pass
