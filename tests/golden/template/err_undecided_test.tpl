def ${model_family}():
    pass

def test_it():
    pass
