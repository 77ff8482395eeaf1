x = "${model.name}"

def test_it():
    pass
