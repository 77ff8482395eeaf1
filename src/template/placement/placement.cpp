#include "template/placement/placement.h"

#include <span>

#include <fmt/core.h>

#include "template/output/json_placement.h"
#include "template/output/shell_placement.h"
#include "template/output/text_placement.h"
#include "template/output/yaml_placement.h"
#include "template/placement/scanner.h"
#include "template/placement/statement.h"
#include "template/placement/test_function.h"

namespace testloom::templating {

namespace {

Placements finish(Verdicts& verdicts, Mistakes& mistakes) {
  Mistakes refused = verdicts.take_mistakes();
  mistakes.insert(mistakes.end(), std::make_move_iterator(refused.begin()),
                  std::make_move_iterator(refused.end()));
  return {verdicts.placements()};
}

}  // namespace

Placements place_in_python(const CodeText& code, std::vector<Site> sites, bool is_test, Mistakes& mistakes) {
  Verdicts verdicts(std::move(sites));
  const PythonScan scan = scan_python(code, verdicts, mistakes);
  const std::span<const PythonToken> tokens = scan.tokens;
  for (size_t first = 0, at = 0; at < tokens.size(); ++at) {
    if (tokens[at].kind != PythonToken::Kind::newline) continue;
    while (tokens[first].kind == PythonToken::Kind::joint) ++first;
    place_in_statement(code, tokens.subspan(first, at - first), verdicts);
    first = at + 1;
  }
  if (scan.complete && is_test) check_test_function(code, tokens, mistakes);
  return finish(verdicts, mistakes);
}

Placements place(OutputKind output, const CodeText& code, std::vector<Site> sites, bool is_test,
                 Mistakes& mistakes) {
  if (output == OutputKind::python) return place_in_python(code, std::move(sites), is_test, mistakes);
  Verdicts verdicts(std::move(sites));
  if (output == OutputKind::json) place_in_json(code, verdicts, mistakes);
  if (output == OutputKind::yaml) place_in_yaml(code, verdicts, mistakes);
  if (output == OutputKind::shell) place_in_shell(code, verdicts, mistakes);
  if (output == OutputKind::text) place_in_text(code, verdicts, mistakes);
  return finish(verdicts, mistakes);
}

std::string dump(const Sources& sources, const std::vector<Site>& sites, const Placements& placements) {
  std::string out;
  for (size_t i = 0; i < sites.size(); ++i) {
    const SourcePosition where = sources.position(sites[i].span);
    const std::optional<Placement>& placement = placements.of[i];
    out += fmt::format("{}:{} {}: {}\n", where.line, where.column, sites[i].name,
                       placement ? describe(*placement) : "refused");
  }
  return out;
}

}  // namespace testloom::templating
