x = "$$ $${model_name} $$$$ ${ model_name } $$${task}"

def test_it():
    pass
