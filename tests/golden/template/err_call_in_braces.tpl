x = "${model_name.replace("-", "_")}"

def test_it():
    pass
