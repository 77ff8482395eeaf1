// The report's data as JSON for its page: dictionaries of texts, and one array of numbers for each column of
// tests. web/report/src/data.js reads it; both say the same of its form.
#pragma once

#include <string>
#include <string_view>

#include "report/html/report_data.h"

namespace testloom {

// Made for standing in a <script> element: ASCII, without '<', '>' and '&', so that no text in it ends the
// element or begins a comment.
std::string report_payload(const ReportData& data, std::string_view store_name);

}  // namespace testloom
