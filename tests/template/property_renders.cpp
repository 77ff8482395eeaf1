// The property run: writes random templates' renders for oracle.py to standard output, a line a place, until
// so many renders are written; what it tried goes to standard error.
//
//   template_property RENDERS [SEED] | python3 oracle.py -
#include <cstdio>
#include <cstdlib>

#include <fmt/core.h>

#include "oracle_lines.h"
#include "random_template.h"

int main(int count, char** arguments) {
  using namespace testloom;
  if (count < 2) {
    std::fputs("usage: template_property RENDERS [SEED]\n", stderr);
    return 2;
  }
  const size_t wanted = std::strtoull(arguments[1], nullptr, 10);
  const unsigned seed = count > 2 ? static_cast<unsigned>(std::strtoul(arguments[2], nullptr, 10)) : 1;
  constexpr size_t kValuesEach = 8;
  RandomTemplate templates(seed);
  HostileValues values(seed);
  OracleTally tally;
  bool open = true;
  while (open && tally.renders < wanted) {
    render_hostile(templates.next() + std::string(kTail), kValuesEach, values, tally,
                   [&](const std::string& line) {
                     open = open && std::fwrite(line.data(), 1, line.size(), stdout) == line.size();
                   });
  }
  fmt::print(stderr, "{} templates tried, {} pass the check, {} renders, {} refused for the value\n",
             tally.templates, tally.accepted, tally.renders, tally.refused);
  return open && std::fflush(stdout) == 0 ? 0 : 1;
}
