x = f"a } ${model_name}"

def test_it():
    pass
