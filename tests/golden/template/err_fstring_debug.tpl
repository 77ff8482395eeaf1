x = f"{${batch_size}=}"

def test_it():
    pass
