x = "\x4${model_name}"

def test_it():
    pass
