x = []  # ${model_name} type: list

def test_it():
    pass
