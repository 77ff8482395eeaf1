def test_it():
    return 1 ? 2 : 3
