def test_it():
    name = $model_name
