x = foo(1,
  2]

def test_it():
    pass
