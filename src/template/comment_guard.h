// Keeps values from turning a comment into one that Python or a type checker reads: `coding: NAME` or
// `coding=NAME` (PEP 263; only at the top of a file, `on_top`), and `# type:`. Both questions are asked of
// the rendered text so far, so that words put together from several values and fixed text are seen too.
#pragma once

#include <cstddef>
#include <string_view>

namespace testloom::templating {

// So many bytes of the rendered text in front of a value, all of its line where that is shorter, tell.
inline constexpr size_t kCommentContext = 64;

// Whether `next`, written behind `rendered`, would be the sign that makes the comment magic.
bool completes_magic_comment(std::string_view rendered, char next, bool on_top);

// Whether the fixed text that follows does it, together with the end of what is rendered.
bool becomes_magic_comment(std::string_view rendered, std::string_view following, bool on_top);

}  // namespace testloom::templating
