#include "report/html/html_report.h"

#include <stdexcept>

#include "base/embedded.h"
#include "report/html/payload.h"

namespace testloom {

std::string html_report(const ReportData& data, std::string_view store_name) {
  constexpr std::string_view kMark = "<!--testloom-data-->";
  const std::string_view page = embedded::report_page().front().text;
  const size_t mark = page.find(kMark);
  if (mark == std::string_view::npos) throw std::logic_error("the report's page has no place for its data");
  std::string html(page.substr(0, mark));
  html += "<script id=\"data\" type=\"application/json\">";
  html += report_payload(data, store_name);
  html += "</script>";
  html += page.substr(mark + kMark.size());
  return html;
}

}  // namespace testloom
