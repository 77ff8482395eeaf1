# ${task}
x = "${task}" f'${task}' b"${task}"
y.${task}(${task}, ${batch_size}.real, k=${task}, v_${task}=1, ${task}_v=2)
z = f"{${task}.x}"
def ${task}(): pass
r"${task}" + 1${task}
