class TestIt:
    def test_it(self):
        pass
