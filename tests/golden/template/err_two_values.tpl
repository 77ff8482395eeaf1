x = ${task} ${device}

def test_it():
    pass
