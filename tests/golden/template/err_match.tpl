match ${task}:
    case 1:
        pass

def test_it():
    pass
