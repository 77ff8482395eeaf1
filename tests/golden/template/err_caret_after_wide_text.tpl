größe = "日本語 ${modell_name}"

def test_it():
    pass
