#include "cli/test_listing.h"

#include <fmt/format.h>

#include "base/csv.h"
#include "base/text.h"
#include "catalog/json_values.h"
#include "cli/screen.h"
#include "plan/test_reader.h"
#include "store/row_source.h"
#include "store/sql_text.h"

namespace testloom::cli {

namespace {

// Collects text and prints it in large pieces.
class Output {
 public:
  ~Output() { print(text_); }
  void add(std::string_view text) {
    text_ += text;
    if (text_.size() < size_t{1} << 16) return;
    print(text_);
    text_.clear();
  }

 private:
  std::string text_;
};

std::string axes_json(const PlannedTest& test) {
  JsonWriter json;
  json.begin_object();
  for (const auto& [name, value] : test.axes) json.key(name).raw(testloom::json_of(value));
  return json.end_object().take();
}

// The name of a node; ids are hexadecimal digits and hyphens.
std::string mermaid_node(const std::string& test_id) {
  std::string node = "t" + test_id;
  std::erase(node, '-');
  return node;
}

std::string mermaid_text(std::string_view text) {
  std::string out;
  for (const char c : printable(text)) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                       c == ' ' || c == '/' || c == '-' || c == '_' || c == '.' || c == '=' || c == ',' ||
                       static_cast<unsigned char>(c) >= 0x80;
    out += plain ? std::string(1, c) : fmt::format("#{};", static_cast<int>(c));
  }
  return out;
}

std::string dot_text(std::string_view text) {
  std::string out;
  for (const char c : printable(text)) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string shown_or_empty(const std::optional<double>& number) {
  return number ? fmt::format("{}", *number) : "";
}

void add_or_null(SourceRows& rows, const std::optional<double>& number) {
  number ? rows.add(*number) : rows.add_null();
}

void add_row(SourceRows& rows, const PlannedTest& test) {
  rows.add(test.test_id).add(test.case_name).add(test.model_name).add(test.model_family).add(test.task);
  rows.add(test.model_location).add(test.hardware_type).add(test.batch_size).add(axes_json(test));
  rows.add(test.template_name).add(test.template_version).add(test.priority);
  rows.add(test.estimated_memory_gb).add(test.estimate_origin);
  add_or_null(rows, test.estimated_host_memory_gb);
  add_or_null(rows, test.estimated_time_s);
  rows.add(join(test.dependencies, " ")).add_boolean(test.is_reference);
  test.last_outcome ? rows.add(*test.last_outcome) : rows.add_null();
  rows.end_row();
}

}  // namespace

JsonWriter json_of(const PlannedTest& test) {
  JsonWriter json;
  json.begin_object().member("test_id", test.test_id).member("case", test.case_name);
  json.member("model_name", test.model_name).member("model_family", test.model_family);
  json.member("task", test.task);
  json.member("hardware_type", test.hardware_type).member("batch_size", test.batch_size);
  json.key("axes").raw(axes_json(test));
  json.member("template_name", test.template_name).member("template_id", test.template_id);
  json.member("template_version", test.template_version).member("priority", test.priority);
  json.member("estimated_memory_gb", test.estimated_memory_gb)
      .member("estimate_origin", test.estimate_origin)
      .member("estimated_host_memory_gb", test.estimated_host_memory_gb)
      .member("estimated_time_s", test.estimated_time_s);
  json.key("dependencies").begin_array();
  for (const std::string& dependency : test.dependencies) json.value(dependency);
  json.end_array().member("is_reference", test.is_reference).member("last_outcome", test.last_outcome);
  return json;
}

void list_as_table(Connection& connection, const TestFilter& filter) {
  Table table({{"TEST"},
               {"CASE"},
               {"PRIORITY", Table::Align::right},
               {"MEMORY", Table::Align::right},
               {"AFTER"},
               {"LAST"}});
  for_each_test(connection, filter, [&](const PlannedTest& test) {
    std::string after = test.dependencies.empty() ? "" : test.dependencies.front().substr(0, 13);
    if (test.dependencies.size() > 1) after += fmt::format(" +{}", test.dependencies.size() - 1);
    table.add({test.test_id.substr(0, 13), test.case_name + (test.is_reference ? " (reference)" : ""),
               std::to_string(test.priority), show_bytes(test.estimated_memory_gb * 1e9), after,
               test.last_outcome.value_or("")});
  });
}

void list_as_json(Connection& connection, const TestFilter& filter) {
  Output out;
  for_each_test(connection, filter,
                [&](const PlannedTest& test) { out.add(json_of(test).end_object().text() + "\n"); });
}

void list_as_csv(Connection& connection, const TestFilter& filter) {
  Output out;
  out.add(
      "test_id,case,model_name,model_family,task,model_location,hardware_type,batch_size,axes,template_name,"
      "template_version,priority,estimated_memory_gb,estimate_origin,estimated_host_memory_gb,estimated_time_"
      "s,dependencies,is_reference,last_"
      "outcome\n");
  for_each_test(connection, filter, [&](const PlannedTest& test) {
    out.add(fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n", test.test_id,
                        csv_field(test.case_name), csv_field(test.model_name), csv_field(test.model_family),
                        csv_field(test.task), csv_field(test.model_location), csv_field(test.hardware_type),
                        test.batch_size, csv_field(axes_json(test)), csv_field(test.template_name),
                        test.template_version, test.priority, test.estimated_memory_gb, test.estimate_origin,
                        shown_or_empty(test.estimated_host_memory_gb), shown_or_empty(test.estimated_time_s),
                        join(test.dependencies, " "), test.is_reference, test.last_outcome.value_or("")));
  });
}

void list_as_parquet(Store& store, const TestFilter& filter, const std::string& file) {
  constexpr auto text = ColumnType::text;
  constexpr auto integer = ColumnType::integer;
  const std::vector<SourceColumn> columns = {{"test_id", text},
                                             {"case", text},
                                             {"model_name", text},
                                             {"model_family", text},
                                             {"task", text},
                                             {"model_location", text},
                                             {"hardware_type", text},
                                             {"batch_size", integer},
                                             {"axes", text},
                                             {"template_name", text},
                                             {"template_version", integer},
                                             {"priority", integer},
                                             {"estimated_memory_gb", ColumnType::real},
                                             {"estimate_origin", text},
                                             {"estimated_host_memory_gb", ColumnType::real},
                                             {"estimated_time_s", ColumnType::real},
                                             {"dependencies", text},
                                             {"is_reference", ColumnType::boolean},
                                             {"last_outcome", text}};
  TestReader reader(store.connection(), filter);
  std::vector<PlannedTest> tests;
  size_t next = 0;
  Connection writer = store.connect();
  register_row_source(writer, "planned_tests", columns, [&](SourceRows& rows) {
    for (size_t added = 0; added < SourceRows::capacity(); ++added, ++next) {
      if (next == tests.size()) {
        next = 0;
        if (!reader.read(tests)) return;
      }
      add_row(rows, tests[next]);
    }
  });
  writer.execute(fmt::format(
      "COPY (SELECT * REPLACE (test_id::UUID AS test_id, list_filter(string_split(dependencies, "
      "' '), lambda x: x <> '')::UUID[] AS dependencies) FROM planned_tests()) TO {} (FORMAT parquet)",
      sql_text(file)));
}

void graph_as_dot(Connection& connection, const TestFilter& filter) {
  Output out;
  out.add("digraph tests {\n  rankdir=LR;\n  node [shape=box];\n");
  for_each_test(connection, filter, [&](const PlannedTest& test) {
    out.add(fmt::format("  \"{}\" [label=\"{}\"{}];\n", test.test_id, dot_text(test.case_name),
                        test.is_reference ? " style=dashed" : ""));
    for (const std::string& before : test.dependencies)
      out.add(fmt::format("  \"{}\" -> \"{}\";\n", before, test.test_id));
  });
  out.add("}\n");
}

void graph_as_mermaid(Connection& connection, const TestFilter& filter) {
  Output out;
  out.add("flowchart LR\n");
  for_each_test(connection, filter, [&](const PlannedTest& test) {
    out.add(fmt::format("  {}[\"{}\"]\n", mermaid_node(test.test_id), mermaid_text(test.case_name)));
    for (const std::string& before : test.dependencies)
      out.add(fmt::format("  {} --> {}\n", mermaid_node(before), mermaid_node(test.test_id)));
  });
}

}  // namespace testloom::cli
