#include "cli/sarif.h"

#include <fmt/format.h>

#include "base/json_writer.h"

namespace testloom::cli {

namespace {

// A path as a reference of a URI: relative ones stay so, for they are meant from where the program was
// called.
std::string uri_of(const std::string& path) {
  constexpr std::string_view plain = "-._~/!$&'()*+,;=@";
  std::string uri = path.starts_with('/') ? "file://" : "";
  for (const char c : path) {
    const bool is_plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                          plain.find(c) != std::string_view::npos;
    is_plain ? uri += c : uri += fmt::format("%{:02X}", static_cast<uint8_t>(c));
  }
  return uri;
}

void write_location(JsonWriter& json, const std::string& path, const SourcePosition& where) {
  json.key("physicalLocation").begin_object();
  json.key("artifactLocation").begin_object().member("uri", uri_of(path)).end_object();
  if (where.line > 0) {
    json.key("region").begin_object().member("startLine", where.line);
    if (where.column > 0) json.member("startColumn", where.column);
    if (where.column > 0 && where.end_column > where.column) json.member("endColumn", where.end_column);
    json.end_object();
  }
  json.end_object();
}

void write_result(JsonWriter& json, const FileMistake& mistake) {
  const Diagnostic& said = mistake.diagnostic;
  json.begin_object().member("ruleId", "template").member("ruleIndex", 0).member("level", "error");
  json.key("message").begin_object();
  json.member("text", said.hint.empty() ? said.message : said.message + "; " + said.hint).end_object();
  json.key("locations").begin_array().begin_object();
  write_location(json, said.where.path.empty() ? mistake.file : said.where.path, said.where);
  json.end_object().end_array();
  if (!said.trail.empty()) {
    json.key("relatedLocations").begin_array();
    int id = 0;
    for (const SourcePosition& place : said.trail) {
      json.begin_object().member("id", id++);
      json.key("message").begin_object().member("text", "included from here").end_object();
      write_location(json, place.path, place);
      json.end_object();
    }
    json.end_array();
  }
  json.end_object();
}

}  // namespace

std::string sarif_log(const std::vector<FileMistake>& mistakes) {
  JsonWriter json;
  json.begin_object()
      .member("$schema", "https://json.schemastore.org/sarif-2.1.0.json")
      .member("version", "2.1.0");
  json.key("runs").begin_array().begin_object();
  json.key("tool").begin_object().key("driver").begin_object();
  json.member("name", "testloom").member("version", TESTLOOM_VERSION);
  json.key("rules").begin_array().begin_object().member("id", "template").member("name", "Template");
  json.key("shortDescription").begin_object();
  json.member("text", "A template must render to the text it is meant to be, whatever the values.");
  json.end_object().end_object().end_array().end_object().end_object();
  json.member("columnKind", "unicodeCodePoints").key("results").begin_array();
  for (const FileMistake& mistake : mistakes) write_result(json, mistake);
  return json.end_array().end_object().end_array().end_object().take();
}

}  // namespace testloom::cli
