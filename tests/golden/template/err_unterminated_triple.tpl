x = 1
y = """abc
${model_name}

def test_it():
    pass
