#include "template/placement/scanner.h"

#include <algorithm>
#include <array>

#include <fmt/core.h>

#include "base/text.h"
#include "template/lexer.h"
#include "template/placement/comment.h"
#include "template/placement/joint_stack.h"
#include "template/placement/literal.h"
#include "template/python_words.h"

namespace testloom::templating {

namespace {

using Kind = PythonToken::Kind;

constexpr auto kLongOperators = std::to_array<std::string_view>(
    {"**=", "//=", ">>=", "<<=", "...", "**", "//", "<<", ">>", "<=", ">=", "==",
     "!=",  "->",  "+=",  "-=",  "*=",  "/=", "%=", "&=", "|=", "^=", "@=", ":="});

bool is_name_byte(char c) { return is_word_byte(c) || c == kHole || static_cast<uint8_t>(c) >= 0x80; }

class Scanner {
 public:
  Scanner(const CodeText& code, Verdicts& verdicts, Mistakes& mistakes)
      : code_(code), verdicts_(verdicts), mistakes_(mistakes) {}

  PythonScan run() {
    while (complete_) {
      pass_joints();
      if (at_ >= code_.size() || !complete_) break;
      if (!frames_.empty() && frames_.back().kind == Frame::Kind::literal) {
        scan_literal();
      } else if (!frames_.empty() && frames_.back().kind == Frame::Kind::spec) {
        scan_spec();
      } else {
        scan_code();
      }
    }
    if (complete_ && !frames_.empty()) refuse_unclosed(frames_.back());
    if (complete_) {
      end_line();
    } else {
      while (!tokens_.empty() && tokens_.back().kind != Kind::newline) tokens_.pop_back();
    }
    return {std::move(tokens_), complete_, std::move(literals_)};
  }

 private:
  // What is open: a bracket, a literal's text, a replacement field's expression, or its format spec.
  struct Frame {
    enum class Kind { bracket, literal, field, spec };
    Kind kind;
    size_t begin;
    size_t end;        // of what opened it
    size_t token = 0;  // field: its field_begin
    Literal literal = {};
  };

  void emit(Kind kind, size_t begin, size_t end) {
    tokens_.push_back({kind, begin, end});
    if (joints_.depth() == 0) code_seen_ = true;
    at_ = end;
  }

  // What has to be the same at both ends of a branch or loop: the innermost thing that is open.
  struct State {
    size_t depth;
    size_t begin;
    Frame::Kind kind;
    bool operator==(const State&) const = default;
  };
  State state() const {
    if (frames_.empty()) return {0, 0, Frame::Kind::bracket};
    return {frames_.size(), frames_.back().begin, frames_.back().kind};
  }

  // Where the next joint is, which nothing is scanned past.
  size_t next_joint() const {
    return joint_ < code_.joints().size() ? code_.joints()[joint_].offset : code_.size();
  }

  void pass_joints() {
    for (; complete_ && joint_ < code_.joints().size() && code_.joints()[joint_].offset <= at_; ++joint_) {
      pass_joint(code_.joints()[joint_]);
    }
  }

  void pass_joint(const Joint& joint) {
    if (top_is(Frame::Kind::field) || top_is(Frame::Kind::spec) ||
        (top_is(Frame::Kind::literal) && frames_.back().literal.in_field)) {
      refuse_joint(joint, "a line statement cannot stand in a replacement field", "end the f-string first");
    } else if (!top_is(Frame::Kind::literal)) {
      check_joint_place(joint);
      tokens_.push_back({.kind = Kind::joint, .begin = at_, .end = at_, .joint = joint_});
    }
    if (!joints_.pass(joint, state())) {
      refuse_joint(joint, "brackets or strings that begin on one side of this line end on the other",
                   "what a branch or loop opens it has to close, and nothing else");
    }
  }

  void check_joint_place(const Joint& joint) {
    if (tokens_.empty()) return;
    const PythonToken& last = tokens_.back();
    if (last.kind == Kind::newline || last.kind == Kind::joint || last.kind == Kind::open) return;
    if (frames_.empty()) {
      refuse_joint(joint, "a line statement stands within a statement of Python",
                   "the line before it goes on: end it first");
    } else if (code_.text(last.begin, last.end) != ",") {
      refuse_joint(joint, "a line statement in brackets stands between whole elements",
                   "write ',' at the end of the line before it");
    }
  }

  void refuse_joint(const Joint& joint, std::string message, std::string hint) {
    mistakes_.push_back({joint.statement, std::move(message), std::move(hint)});
    complete_ = false;
  }

  void stop(size_t begin, size_t end, std::string message, std::string hint) {
    mistakes_.push_back({code_.source_span(begin, end), std::move(message), std::move(hint)});
    complete_ = false;
  }

  void refuse_unclosed(const Frame& frame) {
    if (frame.kind == Frame::Kind::literal && frame.literal.in_field) {
      // What looks like a string's beginning is more likely the end of the f-string around it.
      const auto is_field = [](const Frame& open) { return open.kind != Frame::Kind::literal; };
      const Frame field = *std::find_if(frames_.rbegin(), frames_.rend(), is_field);
      stop(field.begin, field.end, fmt::format("'{}' is never closed", code_.at(field.begin)), "");
    } else if (frame.kind == Frame::Kind::literal) {
      stop(frame.begin, frame.end, "this string literal is never closed",
           frame.literal.triple
               ? fmt::format("write {} where it ends", std::string(3, frame.literal.quote))
               : fmt::format("write {} where it ends, on the same line", frame.literal.quote));
    } else {
      stop(frame.begin, frame.end, fmt::format("'{}' is never closed", code_.at(frame.begin)), "");
    }
  }

  bool push(const Frame& frame) {
    if (frames_.size() >= kDeepestNesting) {
      stop(frame.begin, frame.end, fmt::format("brackets nested more than {} deep", kDeepestNesting), "");
      return false;
    }
    frames_.push_back(frame);
    return true;
  }

  bool in_field() const {
    for (const Frame& frame : frames_) {
      if (frame.kind == Frame::Kind::field || frame.kind == Frame::Kind::spec) return true;
    }
    return false;
  }

  bool top_is(Frame::Kind kind) const { return !frames_.empty() && frames_.back().kind == kind; }

  void end_line() {
    if (!tokens_.empty() && tokens_.back().kind != Kind::newline && tokens_.back().kind != Kind::joint) {
      tokens_.push_back({Kind::newline, at_, at_});
    }
  }

  void scan_code() {
    const char c = code_.at(at_);
    if (c == ' ' || c == '\t' || c == '\f') {
      ++at_;
    } else if (c == '\n' || c == '\r') {
      if (frames_.empty()) end_line();
      const bool ends_line = c == '\n' || code_.at(at_ + 1) != '\n';
      if (ends_line && joints_.depth() == 0) ++lines_;
      ++at_;
    } else if (c == '#') {
      scan_comment();
    } else if (c == '\\') {
      scan_continuation();
    } else if (c == '"' || c == '\'') {
      open_literal(Literal{}, at_, at_);
    } else if (is_digit(c) || (c == '.' && is_digit(code_.at(at_ + 1)))) {
      scan_number();
    } else if (is_name_byte(c)) {
      scan_name();
    } else {
      scan_operator(c);
    }
  }

  void scan_comment() {
    size_t end = at_;
    while (code_.at(end) != '\n' && code_.at(end) != '\r') ++end;
    if (in_field()) {
      for (size_t at = at_; at < end; ++at) {
        if (!code_.is_hole(at)) continue;
        verdicts_.refuse(code_.placeholder_at(at), "in a comment inside a replacement field",
                         "Python before 3.12 knows no comments there");
      }
    } else {
      // Lines of branches may not be there in the rendered text, which moves later ones up.
      const bool on_top = !code_seen_ && frames_.empty() && lines_ < 2;
      refuse_late_statement(end);
      place_comment(code_, at_, end, on_top, verdicts_, mistakes_);
    }
    at_ = end;
  }

  // A comment behind code that looks like a line statement is one that its author put on the wrong line.
  void refuse_late_statement(size_t end) {
    const std::string_view comment = code_.text(at_, end);
    if (!comment.starts_with("#%") || comment.starts_with("#%%") ||
        comment.find(kHole) != std::string_view::npos)
      return;
    if (!is_statement_word(statement_word(comment.substr(2)))) return;
    const size_t line = code_.text().substr(0, at_).find_last_of("\r\n");
    const size_t begin = line == std::string_view::npos ? 0 : line + 1;
    if (trimmed(code_.text(begin, at_)).empty()) return;  // between raw and endraw
    mistakes_.push_back({code_.source_span(at_, end), "a line statement stands on a line of its own",
                         "write '# %' for a comment that begins with '%'"});
  }

  // A backslash outside of literals joins two lines; before anything else it is an error of the template's.
  void scan_continuation() {
    ++at_;
    if (code_.is_hole(at_)) {
      verdicts_.refuse(code_.placeholder_at(at_), "directly after a backslash",
                       "only the line's end may follow a backslash that continues a line");
    } else if (code_.at(at_) == '\r' && code_.at(at_ + 1) == '\n') {
      at_ += 2;
    } else if (code_.at(at_) == '\r' || code_.at(at_) == '\n') {
      ++at_;
    }
  }

  void scan_number() {
    size_t end = at_;
    const auto digits = [&] {
      while (is_digit(code_.at(end)) || code_.at(end) == '_') ++end;
    };
    const char kind = static_cast<char>(code_.at(at_ + 1) | 0x20);
    if (code_.at(at_) == '0' && (kind == 'x' || kind == 'o' || kind == 'b')) {
      end += 2;
      while (is_word_byte(code_.at(end))) ++end;
    } else {
      digits();
      if (code_.at(end) == '.') {
        ++end;
        digits();
      }
      if ((code_.at(end) | 0x20) == 'e') {
        const size_t sign = code_.at(end + 1) == '+' || code_.at(end + 1) == '-' ? 1 : 0;
        if (is_digit(code_.at(end + 1 + sign)) || code_.is_hole(end + 1 + sign)) {
          end += 1 + sign;
          digits();
        }
      }
      if ((code_.at(end) | 0x20) == 'j') ++end;
    }
    emit(Kind::number, at_, end);
  }

  void scan_name() {
    size_t end = at_;
    while (is_name_byte(code_.at(end)) && end < code_.size()) ++end;
    const bool quoted_next = code_.at(end) == '"' || code_.at(end) == '\'';
    if (quoted_next) {
      if (const std::optional<Literal> literal = literal_of_prefix(code_.text(at_, end))) {
        open_literal(*literal, at_, end);
        return;
      }
      const std::string_view word = code_.text(at_, end);
      const bool is_word = std::find(keywords().begin(), keywords().end(), word) != keywords().end();
      if (!is_word && !in_field() && word.find(kHole) == std::string_view::npos) {
        mistakes_.push_back(
            {code_.source_span(at_, end), fmt::format("{} is no string prefix", quote(word)), ""});
      }
    }
    emit(Kind::name, at_, end);
  }

  // `begin` is at the prefix, `quote` at the first quote.
  void open_literal(Literal literal, size_t begin, size_t quote) {
    literal.quote = code_.at(quote);
    literal.triple = code_.at(quote + 1) == literal.quote && code_.at(quote + 2) == literal.quote;
    literal.in_field = in_field();
    const size_t end = quote + literal.quote_length();
    if (!push({Frame::Kind::literal, begin, end, 0, literal})) return;
    if (literal.formatted) tokens_.push_back({Kind::fstring_begin, begin, end});
    at_ = end;
  }

  void scan_literal() {
    const Frame frame = frames_.back();
    switch (scan_literal_text(code_, frame.literal, next_joint(), at_, verdicts_)) {
      case LiteralStop::joint:
        break;
      case LiteralStop::closed:
        frames_.pop_back();
        literals_.push_back({frame.begin, at_});
        if (frame.literal.formatted) {
          emit(Kind::fstring_end, at_ - frame.literal.quote_length(), at_);
        } else {
          emit(Kind::string, frame.begin, at_);
        }
        break;
      case LiteralStop::field:
        open_field();
        break;
      case LiteralStop::lone_brace:
        stop(at_, at_ + 1, "'}' stands alone in an f-string", "write '}}' for a brace");
        break;
      case LiteralStop::unterminated:
        refuse_unclosed(frame);
        break;
    }
  }

  void open_field() {
    if (!push({Frame::Kind::field, at_, at_ + 1, tokens_.size(), frames_.back().literal})) return;
    emit(Kind::field_begin, at_, at_ + 1);
  }

  void close_field() {
    frames_.pop_back();
    emit(Kind::field_end, at_, at_ + 1);
  }

  // The field's expression ends here; a last `=` shows the expression's source in the result.
  void end_expression() {
    const PythonToken& last = tokens_.back();
    if (last.kind == Kind::op && code_.text(last.begin, last.end) == "=") {
      tokens_[frames_.back().token].shows_source = true;
    }
  }

  void scan_spec() {
    const Literal& literal = frames_.back().literal;
    const char c = code_.at(at_);
    if (c == kHole) {
      verdicts_.refuse(code_.placeholder_at(at_++), "in a format spec",
                       "format the value in Python: assign the spec to a variable and write {value:{spec}}");
    } else if (c == '{') {
      open_field();
    } else if (c == '}') {
      close_field();
    } else if (c == literal.quote || ((c == '\n' || c == '\r') && !literal.triple)) {
      refuse_unclosed(frames_.back());
    } else {
      at_ += c == '\\' && code_.at(at_ + 1) == literal.quote ? 2 : 1;
    }
  }

  void scan_operator(char c) {
    const bool field = top_is(Frame::Kind::field);
    if (c == '(' || c == '[' || c == '{') {
      if (push({Frame::Kind::bracket, at_, at_ + 1})) emit(Kind::open, at_, at_ + 1);
    } else if (field && c == '}') {
      end_expression();
      close_field();
    } else if (c == ')' || c == ']' || c == '}') {
      close_bracket(c);
    } else if (field && c == '!' && code_.at(at_ + 1) != '=') {
      end_expression();
      emit(Kind::conversion, at_, at_ + 1);
    } else if (field && c == ':') {
      end_expression();
      frames_.back().kind = Frame::Kind::spec;
      emit(Kind::spec_begin, at_, at_ + 1);
    } else if (c == '$' || c == '?' || c == '`') {
      stop(at_, at_ + 1, fmt::format("'{}' is not Python", c),
           c == '$' ? "to put a value in, write ${name}" : "");
    } else {
      emit(Kind::op, at_, at_ + operator_length());
    }
  }

  size_t operator_length() const {
    const std::string_view rest = code_.text().substr(at_, 3);
    for (const std::string_view candidate : kLongOperators) {
      if (rest.starts_with(candidate)) return candidate.size();
    }
    return 1;
  }

  void close_bracket(char c) {
    const char expected = c == ')' ? '(' : c == ']' ? '[' : '{';
    if (frames_.empty()) {
      stop(at_, at_ + 1, fmt::format("'{}' closes nothing", c), "");
    } else if (code_.at(frames_.back().begin) != expected) {
      const Frame& open = frames_.back();
      const size_t line = code_.line_of(open.begin);
      stop(at_, at_ + 1, fmt::format("'{}' does not close '{}' of line {}", c, code_.at(open.begin), line),
           "");
    } else {
      frames_.pop_back();
      emit(Kind::close, at_, at_ + 1);
    }
  }

  const CodeText& code_;
  Verdicts& verdicts_;
  Mistakes& mistakes_;
  std::vector<PythonToken> tokens_;
  std::vector<Frame> frames_;
  std::vector<std::pair<size_t, size_t>> literals_;
  JointStack<State> joints_;
  size_t joint_ = 0;  // the next one
  size_t at_ = 0;
  size_t lines_ = 0;        // ends of lines so far that every rendered text has, at most
  bool code_seen_ = false;  // a token that every rendered text has
  bool complete_ = true;
};

}  // namespace

PythonScan scan_python(const CodeText& code, Verdicts& verdicts, Mistakes& mistakes) {
  return Scanner(code, verdicts, mistakes).run();
}

}  // namespace testloom::templating
