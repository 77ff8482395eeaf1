# ${a}
x = "${a}" f'${a}' b"${a}"
y.${a}(${a}, ${batch_size}.real, k=${a}, v_${a}=1, ${a}_v=2)
z = f"{${a}.x}"
def ${a}(): pass
r"${a}" + 1${a}
