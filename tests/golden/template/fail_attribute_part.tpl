x = y.use_${device}

def test_it():
    pass
