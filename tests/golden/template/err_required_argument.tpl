def test_it(model, batch=4, *args, size, flag=True, **more):
    pass
