with a as (${task}, b):
    pass

def test_it():
    pass
