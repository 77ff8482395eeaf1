x = ${batch_size}.5

def test_it():
    pass
