def test_it():
    x = "${