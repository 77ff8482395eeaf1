// Lines of a rendered text told as lines of the templates that they come from.
#include <gtest/gtest.h>

#include <map>

#include "testloom/template.h"

namespace testloom {
namespace {

class PartFinder final : public TemplateFinder {
 public:
  std::optional<FoundTemplate> find(std::string_view name, const std::string&) override {
    if (name == "_part") return FoundTemplate{"_part.py", "# part\nP = 1\n"};
    return std::nullopt;
  }
};

// "text < path:line" for each line.
std::vector<std::string> origins(std::string_view text,
                                 const std::vector<std::pair<std::string, Value>>& values) {
  PartFinder finder;
  const Template compiled = Template::compile("t.txt", text, {.output = OutputKind::text, .finder = &finder});
  const std::string rendered = compiled.render(values);
  std::vector<std::string> lines;
  size_t at = 0;
  for (const LineOrigin& origin : compiled.line_origins(values)) {
    const size_t end = rendered.find('\n', at);
    lines.push_back(rendered.substr(at, end - at) + " < " + origin.path + ":" + std::to_string(origin.line));
    at = end == std::string::npos ? rendered.size() : end + 1;
  }
  EXPECT_GE(at, rendered.size());
  return lines;
}

TEST(LineOrigins, StatementsLoopsChoicesAndPartsAreSeenThrough) {
  EXPECT_EQ(origins("#% param n: int = 3\n"
                    "first $$\n"
                    "#% include _part\n"
                    "#% for i in range(2)\n"
                    "loop ${i}\n"
                    "#% endfor\n"
                    "#% for i in range(n)\n"
                    "${batch_size} and ${i}\n"
                    "#% endfor\n"
                    "#% if batch_size > 1\n"
                    "large\n"
                    "#% else\n"
                    "small\n"
                    "#% endif\n"
                    "${model_name}\n"
                    "last",
                    {{"batch_size", Value(1)}, {"model_name", Value("m")}, {"n", Value(1)}}),
            (std::vector<std::string>{"first $ < t.txt:2", "# part < _part.py:1", "P = 1 < _part.py:2",
                                      "loop 0 < t.txt:5", "loop 1 < t.txt:5", "1 and 0 < t.txt:8",
                                      "small < t.txt:13", "m < t.txt:15", "last < t.txt:16"}));
}

TEST(LineOrigins, LinesThatAValueBringsCountAsTheLineBefore) {
  EXPECT_EQ(origins("a ${model_name} b\nc\n", {{"model_name", Value("x\ny")}}),
            (std::vector<std::string>{"a x < t.txt:1", "y b < t.txt:1", "c < t.txt:2"}));
}

}  // namespace
}  // namespace testloom
