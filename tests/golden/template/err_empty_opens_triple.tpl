x = '${task}${device}''b'
y = '\'${task}''b'

def test_it():
    pass
