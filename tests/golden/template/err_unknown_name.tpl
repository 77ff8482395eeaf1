x = "${modle_name}"

def test_it():
    pass
