# coding: utf-8${model_name}

def test_it():
    pass
