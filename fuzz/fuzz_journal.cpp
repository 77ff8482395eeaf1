// Bytes as lines of a journal. Whatever they are, each line is an outcome, a run, an end or none; an outcome
// has all that the store's columns ask for, and says what Boost.JSON reads in it.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "base/text.h"
#include "engine/journal_lines.h"
#include "engine/line_reference.h"

namespace testloom {
namespace {

void report(const std::string& what) {
  std::fprintf(stderr, "%s\n", what.c_str());
  std::abort();
}

void check_outcome(const LineReader& reader, std::string_view line) {
  for (const char* name : {"test_id", "case", "outcome"}) {
    const auto at = std::find_if(kLineKeys.begin(), kLineKeys.end(),
                                 [&](const LineKey& key) { return key.name == name; });
    if (!std::holds_alternative<std::string_view>(reader.value(static_cast<size_t>(at - kLineKeys.begin()))))
      report(std::string("an outcome without ") + name);
  }
  if (!reader.integer(line_key("attempt")) || !reader.integer(line_key("repetition")))
    report("an outcome without a number");
  for (size_t key = kFirstOutcomeKey; key < kLineKeys.size(); ++key) {
    if (!is_utf8(reader.text(key))) report("a text that is not UTF-8");
  }
  const std::string problem = difference(reader, line);
  if (!problem.empty()) report(problem);
}

}  // namespace
}  // namespace testloom

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace testloom;
  // Exactly as many bytes behind as are promised, so that one too many is noticed.
  std::string bytes(reinterpret_cast<const char*>(data), size);
  bytes.append(LineReader::padding, '\n');
  bytes.shrink_to_fit();
  static LineReader reader;
  for (std::string_view left = std::string_view(bytes).substr(0, size); !left.empty();) {
    const size_t end = std::min(left.find('\n'), left.size());
    const std::string_view line = left.substr(0, end);
    left.remove_prefix(std::min(end + 1, left.size()));
    if (reader.read(line) == LineType::outcome) check_outcome(reader, line);
  }
  return 0;
}
