x = ${batch_size}[0]

def test_it():
    pass
