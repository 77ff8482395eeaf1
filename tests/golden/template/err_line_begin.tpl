${model_name} x = 1

def test_it():
    pass
