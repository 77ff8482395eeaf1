#include "template/output/shell_placement.h"

#include "template/output/shell_scanner.h"

namespace testloom::templating {

void place_in_shell(const CodeText& code, Verdicts& verdicts, Mistakes& mistakes) {
  ShellScanner(code, verdicts, mistakes).run();
}

}  // namespace testloom::templating
