#include "report/annotations.h"

#include <fmt/format.h>

#include <charconv>
#include <filesystem>

#include "base/outcome_words.h"
#include "base/text.h"
#include "report/run_outcomes.h"

namespace testloom {

namespace fs = std::filesystem;

namespace {

constexpr size_t kMostOfAKind = 50;

// As the runner of workflows reads them; a property ends at a comma or a colon.
std::string escaped(std::string_view text, bool property) {
  std::string out;
  for (const char c : printable(text)) {
    if (c == '%')
      out += "%25";
    else if (c == '\r')
      out += "%0D";
    else if (c == '\n')
      out += "%0A";
    else if (c == ':' && property)
      out += "%3A";
    else if (c == ',' && property)
      out += "%2C";
    else
      out += c;
  }
  return out;
}

std::optional<TemplatePlace> place_of(std::string_view file, std::string_view line) {
  int number = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), number);
  if (error != std::errc() || number < 1 || file.empty() || file.starts_with('<')) return std::nullopt;
  fs::path path(file);
  if (path.is_absolute()) {
    std::error_code failed;
    path = path.lexically_relative(fs::current_path(failed));
  }
  path = path.lexically_normal();
  if (path.empty() || *path.begin() == ".." || path == ".") return std::nullopt;
  return TemplatePlace{path.native(), number};
}

// `  File "PATH", line N, in NAME`
std::optional<TemplatePlace> place_of_frame(std::string_view line) {
  constexpr std::string_view file = "File \"", then = "\", line ";
  const std::string_view frame = trimmed(line);
  const size_t end = frame.find(then);
  if (!frame.starts_with(file) || end == frame.npos) return std::nullopt;
  return place_of(frame.substr(file.size(), end - file.size()), frame.substr(end + then.size()));
}

// `PATH:N`, first on its line.
std::optional<TemplatePlace> place_of_words(std::string_view line) {
  const std::string_view word = trimmed(line).substr(0, trimmed(line).find(' '));
  const size_t colon = word.find(':');
  const bool is_file = colon != word.npos && word.substr(0, colon).find('.') != word.npos &&
                       word.find_first_of("\"'()<>") == word.npos;
  return is_file ? place_of(word.substr(0, colon), word.substr(colon + 1)) : std::nullopt;
}

std::string annotation(std::string_view kind, const ReportedOutcome& each, const std::string& message) {
  std::string out = fmt::format("::{} ", kind);
  if (const auto place = template_place(each.traceback))
    out += fmt::format("file={},line={},", escaped(place->file, true), place->line);
  return out +
         fmt::format("title={}::{}\n", escaped(one_line(each.case_name, 200), true), escaped(message, false));
}

std::string message_of(const ReportedOutcome& each) {
  const std::string cause = shown_cause(each);
  return cause.empty() ? each.outcome : each.outcome + ": " + cause;
}

}  // namespace

std::optional<TemplatePlace> template_place(std::string_view traceback) {
  std::optional<TemplatePlace> innermost;
  for (const std::string& line : split(traceback, '\n')) {
    std::optional<TemplatePlace> place = place_of_frame(line);
    if (!place) place = place_of_words(line);
    if (place) innermost = std::move(place);
  }
  return innermost;
}

void write_annotations(Connection& connection, const StoredRun& run, StreamedFile& out) {
  size_t failures = 0, flaky = 0;
  for_each_attempts(connection, run.run_id, [&](const Attempts& attempts) {
    const ReportedOutcome& last = attempts.back();
    if (is_failure(last.outcome) && ++failures <= kMostOfAKind)
      out.write(annotation("error", last, message_of(last)));
    const bool passed_late = last.outcome == outcome::passed && attempts.size() > 1;
    if (passed_late && ++flaky <= kMostOfAKind)
      out.write(annotation("warning", attempts.front(),
                           fmt::format("flaky: passed at attempt {}; before: {}", last.attempt,
                                       message_of(attempts.front()))));
  });
  for (const auto& [count, noun] : {std::pair{failures, "failure"}, {flaky, "flaky test"}}) {
    if (count > kMostOfAKind)
      out.write(fmt::format("::notice title=testloom::{} more, not shown here\n",
                            counted(count - kMostOfAKind, noun)));
  }
}

}  // namespace testloom
