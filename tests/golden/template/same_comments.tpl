#!/usr/bin/env python3
# ${model_name} on ${device}, location ${model_location} = ${task}: ${batch_size}
# ${model_location}: coding style
x = 1  # ${model_name}: type ${model_family}
#${task}

def test_it():
    pass
