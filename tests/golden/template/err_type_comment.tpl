x = []  # type: ${model_name}

def test_it():
    pass
