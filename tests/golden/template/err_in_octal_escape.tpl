x = "\12${model_name} \123${model_name}"

def test_it():
    pass
