x = (1) ${batch_size}

def test_it():
    pass
