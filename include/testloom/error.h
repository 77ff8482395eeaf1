// The one error type of testloom. An Error has a kind (which decides the program's exit code) and one or
// more diagnostics; a diagnostic says what is wrong, where (path:line:column, the line, a caret) and what
// to do about it. A check that finds several mistakes throws them all in one Error.
#pragma once

#include <exception>
#include <string>
#include <string_view>
#include <vector>

namespace testloom {

enum class ErrorKind {
  usage,          // the command line or a call's arguments
  template_text,  // a template does not pass its check, or cannot be rendered
  store,          // the DuckDB file
  engine,         // running tests
  spec,           // a spec or other input data
  coordinator,    // talking to a coordinator
  interrupted,
};

// The documented exit code of an error of this kind: 2 usage, 3 template, 4 store, 5 engine, 6 spec,
// 7 coordinator, 130 interrupted.
int exit_code(ErrorKind kind);

// The word for a kind in JSON: "usage", "template", "store", "engine", "spec", "coordinator", "interrupted".
std::string_view kind_name(ErrorKind kind);

// A span within one line of a text. Lines and columns start at 1, columns count code points; line 0 means
// that no place is known. end_column is one past the last column of the span.
struct SourcePosition {
  std::string path;
  int line = 0;
  int column = 0;
  int end_column = 0;
};

struct Diagnostic {
  std::string message;
  SourcePosition where = {};
  std::string source_line = {};  // the line that `where` points into, without its end
  std::string hint = {};         // what to do; printed on a line of its own
  // Where the text that `where` points into was included, from the inside out; empty for a text of its own.
  std::vector<SourcePosition> trail = {};
};

// A diagnostic as people read it:
//   templates/vision.py:14:22: unknown name 'modle_name'
//     model = "${modle_name}"
//                ^^^^^^^^^^
//     did you mean 'model_name'?
//     included from templates/latency.py:3
// No newline at the end. Control characters are shown escaped.
std::string format_diagnostic(const Diagnostic& diagnostic);

class Error : public std::exception {
 public:
  Error(ErrorKind kind, std::string message, std::string hint = {});
  Error(ErrorKind kind, std::vector<Diagnostic> diagnostics);  // at least one

  ErrorKind kind() const { return kind_; }
  const std::vector<Diagnostic>& diagnostics() const { return diagnostics_; }
  const std::string& message() const { return diagnostics_.front().message; }
  // All diagnostics, formatted, one after the other.
  const char* what() const noexcept override { return text_.c_str(); }

 private:
  ErrorKind kind_;
  std::vector<Diagnostic> diagnostics_;
  std::string text_;
};

}  // namespace testloom
