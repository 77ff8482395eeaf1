x = rf"{1} ${model_name}"

def test_it():
    pass
