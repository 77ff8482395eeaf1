#include "cli/error_object.h"

namespace testloom::cli {

namespace {

void write_diagnostic(JsonWriter& json, const Diagnostic& diagnostic) {
  json.begin_object().member("message", diagnostic.message).member("path", diagnostic.where.path);
  json.member("line", diagnostic.where.line).member("column", diagnostic.where.column);
  json.member("end_column", diagnostic.where.end_column).member("hint", diagnostic.hint);
  json.key("trail").begin_array();
  for (const SourcePosition& place : diagnostic.trail) {
    json.begin_object().member("path", place.path).member("line", place.line);
    json.member("column", place.column).end_object();
  }
  json.end_array().end_object();
}

}  // namespace

void write_error(JsonWriter& json, const Error& error) {
  json.begin_object().member("kind", kind_name(error.kind())).key("diagnostics").begin_array();
  for (const Diagnostic& diagnostic : error.diagnostics()) write_diagnostic(json, diagnostic);
  json.end_array().end_object();
}

}  // namespace testloom::cli
