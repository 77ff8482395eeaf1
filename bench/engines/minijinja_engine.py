"""minijinja's Python package; it converts the values at each call, as it cannot be given converted ones."""

import minijinja
from serve import serve


def make_render(text, sets):
    environment = minijinja.Environment(templates={"test.py": text}, keep_trailing_newline=True, debug=False)
    return lambda values: environment.render_template("test.py", **values)


serve(make_render)
