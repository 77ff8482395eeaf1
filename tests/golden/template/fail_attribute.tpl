import torch
x = torch.${device}

def test_it():
    pass
