#% workload seq_len=16 seqlen=16, mode="generat"
#% workload load="lazily", dtype="fp8", attention='flash', task=""
#% workload seq_len=0 decoder_seq_len=1000000001 image_size=2.0 new_tokens=True
#% workload seq_len=32 audio_seconds=1e9 image_size=[224, 224] dtype=float32
#% workload batch_size=4 new_tokens=-1 audio_seconds="2"
#% workload 16
#% workload mode
#% workload mode=
#% workload mode="forward" seq_len 8
#% workload
def test_it():
    pass
