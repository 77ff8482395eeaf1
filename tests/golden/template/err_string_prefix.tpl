x = t"${task}"
y = ur'${task}'
z = 1 if"a"in"abc"else"b"
def test_it(): pass
