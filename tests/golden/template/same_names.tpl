import ${task}
from ${task} import ${device} as ${hardware_type}_x, ${device}Model
import a.${device} as ${task}
class Test${device}:
    ${hardware_type}_count: int = ${batch_size}
    def run_${task}(self): self.${device} = a.${device}.use_${hardware_type}()
    def ${task}(): global ${hardware_type}
run_${task}(key_${device}=${batch_size})

def test_it():
    pass
