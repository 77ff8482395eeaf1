x = "${modle_name}"
y = r"${model_name}"
z = "${}"
w = 1${batch_size}

def test_it():
    pass
