x = y if ${batch_size}else 2
z = [${task}for a in b]
w = 1 if${task} else 2
v = 1 if x else${task}
def test_it(): pass
