x = ${batch_size} * 2
y = [${batch_size}, -${batch_size}, 2 ** ${batch_size}][0:${batch_size}]
def f(n=${batch_size}, *args, m: int = ${batch_size}, g=lambda a, b=${batch_size}: a): return ${batch_size}
for i in range(${batch_size}): print(i, ${batch_size} if i < ${batch_size} else 0, sep="")
z: int = ${batch_size}
a, b = ${batch_size}, ${batch_size}
x += ${batch_size}; y[${batch_size}] = 3
assert ${batch_size} == 4, "${batch_size}"
w = {${batch_size}: ${batch_size} for k in (${batch_size},)}
del y[${batch_size}]
case = ${batch_size}
case [${batch_size}]
v = (lambda: ${batch_size})() or not ${batch_size} and ${batch_size} in y

def test_it():
    pass
