if True:
    def test_it():
        pass
