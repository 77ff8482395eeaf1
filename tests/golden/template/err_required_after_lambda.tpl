def test_it(a=lambda x, y: x, b: int = 3, /, c: str):
    pass
