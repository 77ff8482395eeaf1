#% workload mode="generate", seq_len=16
#% workload audio_seconds=0.5 new_tokens=0x10
def test_it():
    pass
