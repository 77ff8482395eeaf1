x = "${model_name and ${task}"

def test_it():
    pass
