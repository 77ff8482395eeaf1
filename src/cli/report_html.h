// `testloom report --html`: writes the HTML report and says what it holds.
#pragma once

#include <filesystem>

#include "report/html/report_data.h"
#include "store/store.h"

namespace testloom::cli {

struct HtmlWritten {
  int64_t tests = 0;
  int64_t runs = 0;
  int64_t bytes = 0;
};

HtmlWritten write_html_report(Store& store, const ReportRequest& request, const std::filesystem::path& file);

}  // namespace testloom::cli
