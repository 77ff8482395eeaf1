x = "\u12${model_name}"

def test_it():
    pass
