#include "template/output/text_placement.h"

namespace testloom::templating {

void place_in_text(const CodeText& code, Verdicts& verdicts, Mistakes&) {
  for (size_t at = code.text().find(kHole); at != std::string_view::npos;
       at = code.text().find(kHole, at + 1)) {
    verdicts.accept(code.placeholder_at(at), {.rule = Rule::verbatim});
  }
}

}  // namespace testloom::templating
