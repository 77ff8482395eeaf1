x = """say "${task}"""
y = """a""${task}"b" "${task}" \"${task}"""

def test_it():
    pass
