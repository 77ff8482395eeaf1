def f(a, ${task}, b=${batch_size}):
    pass

def test_it():
    pass
