#include "cli/report_html.h"

#include <fmt/format.h>

#include "base/files.h"
#include "base/text.h"
#include "report/html/html_report.h"

namespace testloom::cli {

namespace {

// A report takes the place of a file only; never that of a device, a folder or the store.
void check_place(const std::filesystem::path& store, const std::filesystem::path& file) {
  std::error_code error;
  if (!std::filesystem::exists(file, error)) return;
  const std::string shown = quote(file.native(), 400);
  if (!std::filesystem::is_regular_file(file, error)) {
    throw Error(ErrorKind::usage, fmt::format("cannot write {}: it is not a regular file", shown),
                "name a file");
  }
  if (std::filesystem::equivalent(store, file, error)) {
    throw Error(ErrorKind::usage, fmt::format("cannot write {}: it is the store", shown),
                "name another file");
  }
}

}  // namespace

HtmlWritten write_html_report(Store& store, const ReportRequest& request, const std::filesystem::path& file) {
  check_place(store.path(), file);
  const ReportData data = read_report(store.connection(), request);
  const std::string html = html_report(data, printable(store.path().filename().native()));
  write_file(file, html, ErrorKind::usage);
  return {static_cast<int64_t>(data.tests.size()), static_cast<int64_t>(data.runs.size()),
          static_cast<int64_t>(html.size())};
}

}  // namespace testloom::cli
