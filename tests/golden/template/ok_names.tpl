def run_${test_id}(): pass
class ${model_name}: pass
run_${test_id}()

def test_it():
    pass
