#include "template/output/yaml_placement.h"

#include "template/output/yaml_scanner.h"

namespace testloom::templating {

void place_in_yaml(const CodeText& code, Verdicts& verdicts, Mistakes& mistakes) {
  YamlScanner(code, verdicts, mistakes).run();
}

}  // namespace testloom::templating
