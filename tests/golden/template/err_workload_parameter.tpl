#% workload dtype="float32" seq_len=16
#% param dtype: str = "float32" in ["float32", "bfloat16"]
def test_it():
    #% if dtype == "float32"
    #% workload mode="forward"
    #% endif
    return {"dtype": "${dtype}"}
