"""Docstring of ${model_name}."""
a = "it's ${model_name} on '${device}'"
b = 'said "${model_name}"'
c = """${model_name}
${model_family}"""
d = f"{a} ${model_name} {{${task}}} {a:>{10}}"
e = u'${model_location}' "${task}"
f = b"${model_name}"
g = f"{${batch_size}} {${task}} {v_${task}!r:>4}" + rb"\d"
v_${task} = 1

def test_it():
    pass
