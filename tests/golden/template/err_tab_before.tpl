if True:
	x = "${device_}"

def test_it():
    pass
