async def test_it():
    pass
