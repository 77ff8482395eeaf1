#include "engine/triage.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <set>

#include <fmt/format.h>

#include "base/csv.h"
#include "base/text.h"
#include "testloom/error.h"

namespace testloom {

namespace {

constexpr size_t kLongestGlob = 150;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Whether the name stands there as a word of its own.
bool is_name_at(std::string_view line, size_t at, std::string_view name) {
  const auto is_word = [&](size_t place) {
    return place < line.size() &&
           (std::isalnum(static_cast<unsigned char>(line[place])) || line[place] == '_');
  };
  return !name.empty() && line.substr(at).starts_with(name) && (at == 0 || !is_word(at - 1)) &&
         !is_word(at + name.size());
}

// A condition that a row can have, of one test.
struct Condition {
  std::string model_name, hardware_type, template_name;
  auto operator<=>(const Condition&) const = default;
};

// From the widest on; what has to differ among the tests for it to say more than a narrower one.
struct Width {
  bool model, hardware, name;       // which parts the condition names
  std::string Outcome::*differing;  // in at least two values
};

const Width kWidths[] = {
    {false, true, true, &Outcome::model_name},
    {true, true, false, &Outcome::template_name},
    {true, true, true, &Outcome::case_name},
};

Condition condition_of(const Outcome& test, const Width& width) {
  return {width.model ? test.model_name : "", width.hardware ? test.hardware_type : "",
          width.name ? test.template_name : ""};
}

using Tests = std::vector<const Outcome*>;

// Which of the outcomes were run, by each kind of condition.
class Judged {
 public:
  explicit Judged(const std::vector<Outcome>& outcomes) {
    for (const Outcome& each : outcomes) {
      if (each.outcome != outcome::passed && !is_failure(each.outcome)) continue;
      for (const Width& width : kWidths) ++counts_[condition_of(each, width)];
    }
  }
  size_t count(const Condition& condition) const { return counts_.at(condition); }

 private:
  std::map<Condition, size_t> counts_;
};

ProposedRow row_for(const Tests& tests, const std::string& error) {
  const Outcome& first = *tests.front();
  ProposedRow row;
  row.outcome = first.outcome;
  row.error = error;
  const std::string message =
      first.error_type.empty() ? first.reason : fmt::format("{}: {}", first.error_type, first.error_message);
  row.reason = one_line(trimmed(message.empty() ? first.outcome : message), 120);
  std::set<std::string> cases;
  for (const Outcome* test : tests) cases.insert(test->case_name);
  row.cases.assign(cases.begin(), cases.end());
  return row;
}

// Takes out of `left` what conditions of this width name, and adds their rows.
void take_width(const Width& width, const Judged& judged, const std::string& error, Tests& left,
                std::vector<ProposedRow>& rows) {
  std::map<Condition, Tests> parts;
  for (const Outcome* test : left) parts[condition_of(*test, width)].push_back(test);
  left.clear();
  for (const auto& [condition, tests] : parts) {
    std::set<std::string> values;
    for (const Outcome* test : tests) values.insert(test->*width.differing);
    if (values.size() < 2 || judged.count(condition) != tests.size()) {
      left.insert(left.end(), tests.begin(), tests.end());
      continue;
    }
    ProposedRow& row = rows.emplace_back(row_for(tests, error));
    row.model_name = condition.model_name;
    row.hardware_type = condition.hardware_type;
    row.template_name = condition.template_name;
  }
}

std::string_view field_of(const ProposedRow& row, std::string_view column) {
  if (column == "case") return row.case_name;
  if (column == "model_name") return row.model_name;
  if (column == "hardware_type") return row.hardware_type;
  if (column == "template_name") return row.template_name;
  if (column == "outcome") return row.outcome;
  if (column == "error") return row.error;
  return column == "reason" ? std::string_view(row.reason) : std::string_view();
}

void check_columns(const std::vector<ProposedRow>& rows, const std::vector<std::string>& columns) {
  for (const std::string& wanted : proposed_columns()) {
    const bool is_there = std::find(columns.begin(), columns.end(), wanted) != columns.end();
    const bool is_needed = std::any_of(
        rows.begin(), rows.end(), [&](const ProposedRow& row) { return !field_of(row, wanted).empty(); });
    if (!is_there && is_needed)
      throw Error(ErrorKind::spec, fmt::format("the file has no column '{}', which the rows need", wanted),
                  fmt::format("add it to the first line, or take another file; all are: {}",
                              join(proposed_columns(), ",")));
  }
}

}  // namespace

std::string error_glob(const Outcome& outcome) {
  if (outcome.error_type.empty() && outcome.error_message.empty()) return "";
  const std::string text = fmt::format("{}: {}", outcome.error_type, outcome.error_message);
  const std::string_view line = std::string_view(text).substr(0, text.find('\n'));
  std::string glob;
  const auto add_star = [&] {
    if (!glob.ends_with('*')) glob += '*';
  };
  for (size_t at = 0; at < line.size() && count_code_points(glob) < kLongestGlob;) {
    if (is_name_at(line, at, outcome.model_name)) {
      add_star();
      at += outcome.model_name.size();
    } else if (is_digit(line[at])) {
      add_star();
      ++at;
    } else {
      const CodePoint point = decode_utf8(line, at);
      point.valid && !is_unprintable(point.value) ? void(glob += line.substr(at, point.length)) : add_star();
      at += point.length;
    }
  }
  add_star();
  return glob;
}

std::vector<ProposedRow> propose_rows(const std::vector<Outcome>& outcomes) {
  const Judged judged(outcomes);
  std::map<std::pair<std::string, std::string>, Tests> groups;
  for (const Outcome& each : outcomes) {
    if (is_failure(each.outcome) && each.observed != outcome::passed)
      groups[{each.outcome, error_glob(each)}].push_back(&each);
  }
  std::vector<ProposedRow> rows;
  for (auto& [cause, tests] : groups) {
    for (const Width& width : kWidths) take_width(width, judged, cause.second, tests, rows);
    std::map<std::string, Tests> cases;
    for (const Outcome* test : tests) cases[test->case_name].push_back(test);
    for (const auto& [name, repetitions] : cases)
      rows.emplace_back(row_for(repetitions, cause.second)).case_name = name;
  }
  std::stable_sort(rows.begin(), rows.end(), [](const ProposedRow& a, const ProposedRow& b) {
    return a.cases.size() > b.cases.size();
  });
  return rows;
}

std::vector<std::string> proposed_columns() {
  return {"case",  "model_name", "hardware_type", "template_name", "outcome",
          "error", "reason",     "ticket",        "expires"};
}

std::string csv_of(const std::vector<ProposedRow>& rows, const std::vector<std::string>& columns) {
  check_columns(rows, columns);
  std::string out;
  for (const ProposedRow& row : rows) {
    if (row.cases.size() > 1)
      out += fmt::format("# {} tests, such as {}\n", row.cases.size(), one_line(row.cases.front(), 300));
    for (size_t i = 0; i < columns.size(); ++i) out += (i ? "," : "") + csv_field(field_of(row, columns[i]));
    out += '\n';
  }
  return out;
}

}  // namespace testloom
