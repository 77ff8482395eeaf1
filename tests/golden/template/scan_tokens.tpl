#!x ${task}
def test_${model_family}(a, *, b=0x1F, c=1_0.5e-3j): # c
    x = rb'a\'b' u"${task}" f"t{a!r:>{w}}{b = }{{" \
        + """
 ${task}""" if a.b[-1:] else 1if x<=y!=z else...
    return {1: lambda: 2}

