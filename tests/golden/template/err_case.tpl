match x:
    case [${batch_size}, _] if y:
        pass

def test_it():
    pass
