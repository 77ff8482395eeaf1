#include "cli/report_html.h"

#include "base/files.h"
#include "base/text.h"
#include "report/html/html_report.h"

namespace testloom::cli {

HtmlWritten write_html_report(Store& store, const ReportRequest& request, const std::filesystem::path& file) {
  const ReportData data = read_report(store.connection(), request);
  const std::string html = html_report(data, printable(store.path().filename().native()));
  write_file(file, html, ErrorKind::usage);
  return {static_cast<int64_t>(data.tests.size()), static_cast<int64_t>(data.runs.size()),
          static_cast<int64_t>(html.size())};
}

}  // namespace testloom::cli
