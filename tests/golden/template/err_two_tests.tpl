def test_${model_family}():
    pass


def test_${device}_more():
    pass
