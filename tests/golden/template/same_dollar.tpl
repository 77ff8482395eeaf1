x = "$ 5 $x ${task}"
# $

def test_it():
    pass
