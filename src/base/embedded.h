// Files of the source tree that are compiled into the program (see cmake/Embed.cmake), so that it stands
// alone.
#pragma once

#include <string_view>
#include <vector>

namespace testloom::embedded {

struct File {
  std::string_view name;  // without its folder
  std::string_view text;
};

const std::vector<File>& families();         // src/model/family/*.tsv
const std::vector<File>& config_defaults();  // src/model/config/defaults.jsonl
const std::vector<File>& named_shapes();     // src/model/estimate/named_shapes.tsv
const std::vector<File>& templates();        // templates/*.py but those of the next
const std::vector<File>& parity_templates();
// runner.py, warm_parent.py, probe.py, measure.py, fetch.py and oracle.py, which run in other interpreters
const std::vector<File>& python();
const std::vector<File>& report_page();  // web/report, built into one file

}  // namespace testloom::embedded
