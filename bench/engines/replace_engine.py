"""Python's str.replace, once for each name that the template holds; the values stand ready as texts."""

from serve import serve


def make_render(text, sets):
    marks = [("${%s}" % name, name) for name in sets[0] if "${%s}" % name in text]
    for values in sets:
        values.update((name, str(value)) for name, value in values.items())

    def render(values):
        out = text
        for mark, name in marks:
            out = out.replace(mark, values[name])
        return out

    return render


serve(make_render)
