// The report as one HTML file: the page that web/report is built into, with the data of a store put in.
#pragma once

#include <string>

#include "report/html/report_data.h"

namespace testloom {

std::string html_report(const ReportData& data, std::string_view store_name);

}  // namespace testloom
