#include "template/placement/placement.h"

#include <span>

#include <fmt/core.h>

#include "template/placement/scanner.h"
#include "template/placement/statement.h"
#include "template/placement/test_function.h"

namespace testloom::templating {

Placements place_in_python(const Source& source, const Tree& tree, std::vector<Site> sites,
                           Mistakes& mistakes) {
  const CodeText code(tree);
  Verdicts verdicts(std::move(sites));
  const PythonScan scan = scan_python(source, code, verdicts, mistakes);
  const std::span<const PythonToken> tokens = scan.tokens;
  for (size_t first = 0, at = 0; at < tokens.size(); ++at) {
    if (tokens[at].kind != PythonToken::Kind::newline) continue;
    place_in_statement(code, tokens.subspan(first, at - first), verdicts);
    first = at + 1;
  }
  if (scan.complete) check_test_function(source, code, tokens, mistakes);
  Mistakes refused = verdicts.take_mistakes();
  mistakes.insert(mistakes.end(), std::make_move_iterator(refused.begin()),
                  std::make_move_iterator(refused.end()));
  return {verdicts.placements()};
}

std::string dump(const Source& source, const Tree& tree, const Placements& placements) {
  std::string out;
  size_t index = 0;
  for (const Node& node : tree.nodes) {
    const Placeholder* placeholder = std::get_if<Placeholder>(&node);
    if (!placeholder) continue;
    const SourcePosition where = source.position(placeholder->span);
    const std::optional<Placement>& placement = placements.of[index++];
    out += fmt::format("{}:{} {}: {}\n", where.line, where.column, placeholder->name,
                       placement ? describe(*placement) : "refused");
  }
  return out;
}

}  // namespace testloom::templating
