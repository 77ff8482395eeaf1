x = f"{d['${model_name}']}"

def test_it():
    pass
