import functools
@functools.lru_cache()
def test_${model_family}_${batch_size}(a=1, *args, b: int = {1: 2}[1], c=lambda x, y=2: x, **more) -> "${task}":
    def test_inner(needed): pass
