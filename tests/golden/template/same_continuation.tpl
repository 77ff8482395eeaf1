x = 1 + \
    ${batch_size} + \
    2

def test_it():
    pass
