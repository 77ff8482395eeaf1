// Which place of a template a traceback names.
#include "report/annotations.h"

#include <gtest/gtest.h>

#include <filesystem>

namespace testloom {
namespace {

std::string place(const std::string& traceback) {
  const auto found = template_place(traceback);
  return found ? found->file + ":" + std::to_string(found->line) : "none";
}

TEST(TemplatePlace, IsTheInnermostBelowTheCurrentFolder) {
  EXPECT_EQ(
      place("Traceback (most recent call last):\n  File \"templates/vision.py\", line 31, in test_vision\n"
            "    check(a)\n  File \"templates/_check.py\", line 3, in check\n    assert a\nAssertionError\n"),
      "templates/_check.py:3");
  EXPECT_EQ(place("  File \"t.py\", line 7\n    x = (\n        ^\nSyntaxError: '(' was never closed\n"),
            "t.py:7");
  EXPECT_EQ(place("templates/vision.py:31 in test_vision\n"), "templates/vision.py:31");
  const std::string here = std::filesystem::current_path().native();
  EXPECT_EQ(place("  File \"" + here + "/a b.py\", line 2, in f\n"), "a b.py:2");
}

TEST(TemplatePlace, IsNoneElsewhere) {
  for (const char* line :
       {"", "  File \"/usr/lib/x.py\", line 3, in f", "  File \"../x.py\", line 3, in f",
        "  File \"<string>\", line 3, in f", "  File \"x.py\", line 0, in f", "  File \"x.py\", line many",
        "ValueError: see x.py:3", "    print(\"x.py:3\")", "10:30 x.py", "File \"x.py"})
    EXPECT_EQ(place(line), "none") << line;
}

}  // namespace
}  // namespace testloom
