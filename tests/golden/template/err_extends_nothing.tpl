#% extends base
#% block body
x = 1
#% endblock
