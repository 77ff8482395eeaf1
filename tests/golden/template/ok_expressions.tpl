name = ${model_name}
parts = ${model_name}.split("-") + [${task}, ${device}[0]]
size = ${batch_size}.bit_length()
print(${model_name}, name=${task}, **{${device}: ${batch_size}}) if ${task} else None
value: ${task} = ${device}
x = """
${task}""" % ${task}

def test_it():
    pass
