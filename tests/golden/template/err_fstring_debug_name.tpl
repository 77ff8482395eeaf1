x = f"{v_${task} + 1 = !r}"

def test_it():
    pass
