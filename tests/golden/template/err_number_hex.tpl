x = 0x${batch_size}

def test_it():
    pass
