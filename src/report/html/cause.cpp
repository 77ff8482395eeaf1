#include "report/html/cause.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "report/run_outcomes.h"

namespace testloom {

namespace {

constexpr size_t kTitleLength = 200;
constexpr size_t kLongWord = 8;  // a hexadecimal word of so many characters, with a digit in it, is an id

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool is_word(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}
// What a path is made of, where it stands without quotes.
bool is_path(char c) {
  return is_word(c) || c == '/' || c == '.' || c == '-' || c == '+' || c == '@' || c == '=';
}

// Goes over a text once and writes what is left of it.
class Normaliser {
 public:
  Normaliser(std::string_view text, std::string_view model_name) : text_(text), model_(model_name) {}

  std::string take() {
    while (at_ < text_.size()) {
      if (!(model() || path() || id() || number() || word())) out_ += text_[at_++];
    }
    return std::move(out_);
  }

 private:
  bool after_word() const { return at_ > 0 && is_word(text_[at_ - 1]); }
  size_t end_of(bool (*belongs)(char), size_t from) const {
    size_t end = from;
    while (end < text_.size() && belongs(text_[end])) ++end;
    return end;
  }

  bool model() {
    if (model_.empty() || after_word() || !text_.substr(at_).starts_with(model_)) return false;
    const size_t end = at_ + model_.size();
    if (end < text_.size() && is_word(text_[end])) return false;
    out_ += "MODEL";
    at_ = end;
    return true;
  }

  // An absolute path of at least two parts: what stands before its last part goes.
  bool path() {
    if (text_[at_] != '/' || (at_ > 0 && is_path(text_[at_ - 1]))) return false;
    const size_t end = end_of(is_path, at_);
    const size_t last = text_.substr(0, end).rfind('/');
    if (last == at_ || last + 1 == end) return false;
    at_ = last + 1;
    return true;
  }

  // 0x7f00…, and words of hexadecimal digits, with hyphens as in a UUID.
  bool id() {
    if (after_word()) return false;
    const bool is_address = text_.substr(at_).starts_with("0x");
    size_t end = at_ + (is_address ? 2 : 0);
    while (end < text_.size() &&
           (is_hex(text_[end]) || (text_[end] == '-' && end + 1 < text_.size() && is_hex(text_[end + 1]))))
      ++end;
    if (end < text_.size() && is_word(text_[end])) return false;
    const std::string_view found = text_.substr(at_, end - at_);
    const bool has_digit = std::any_of(found.begin(), found.end(), is_digit);
    const bool has_letter =
        std::any_of(found.begin(), found.end(), [](char c) { return is_hex(c) && !is_digit(c); });
    if (is_address ? found.size() < 3 : found.size() < kLongWord || !has_digit || !has_letter) return false;
    out_ += "ID";
    at_ = end;
    return true;
  }

  // 12, 3.5, 1e-5; digits within a word too (float32 keeps its own, since it tells one cause from another).
  bool number() {
    if (!is_digit(text_[at_]) || after_word()) return false;
    size_t end = end_of(is_digit, at_);
    if (end + 1 < text_.size() && text_[end] == '.' && is_digit(text_[end + 1]))
      end = end_of(is_digit, end + 1);
    if (end < text_.size() && (text_[end] == 'e' || text_[end] == 'E')) {
      const size_t sign = end + 1 < text_.size() && (text_[end + 1] == '-' || text_[end + 1] == '+') ? 1 : 0;
      const size_t power = end_of(is_digit, end + 1 + sign);
      if (power > end + 1 + sign) end = power;
    }
    out_ += 'N';
    at_ = end;
    return true;
  }

  bool word() {
    if (!is_word(text_[at_])) return false;
    const size_t end = end_of(is_word, at_);
    out_ += text_.substr(at_, end - at_);
    at_ = end;
    return true;
  }

  std::string_view text_;
  std::string_view model_;
  size_t at_ = 0;
  std::string out_;
};

// "vision.py in test_vision" of the last line such as `  File "/t/vision.py", line 3, in test_vision`.
std::string innermost_frame(std::string_view traceback) {
  constexpr std::string_view kBegin = "  File \"";
  constexpr std::string_view kName = ", in ";
  const size_t begin = traceback.rfind(kBegin);
  if (begin == std::string_view::npos) return "";
  std::string_view line = traceback.substr(begin + kBegin.size());
  line = line.substr(0, line.find('\n'));
  const size_t quote = line.find('"');
  if (quote == std::string_view::npos) return "";
  std::string_view file = line.substr(0, quote);
  if (const size_t slash = file.rfind('/'); slash != std::string_view::npos) file.remove_prefix(slash + 1);
  const size_t name = line.rfind(kName);
  const std::string_view function = name == std::string_view::npos ? "" : line.substr(name + kName.size());
  return one_line(function.empty() ? std::string(file) : fmt::format("{} in {}", file, function),
                  kTitleLength);
}

}  // namespace

std::string normalised(std::string_view text, std::string_view model_name) {
  return Normaliser(text, model_name).take();
}

Cause cause_of(const FailureTexts& texts, std::string_view model_name) {
  const bool has_error = !texts.error_type.empty() || !texts.error_message.empty();
  const std::string said = normalised(has_error ? texts.error_message : texts.reason, model_name);
  const std::string_view first_line = std::string_view(said).substr(0, said.find('\n'));
  Cause cause;
  cause.title = shown_cause(texts.error_type, first_line, "");
  if (cause.title.empty()) cause.title = texts.outcome;
  cause.title = one_line(cause.title, kTitleLength);
  cause.place = innermost_frame(texts.traceback);
  cause.key = fmt::format("{}\n{}\n{}\n{}", texts.outcome, texts.error_type, said,
                          normalised(texts.traceback, model_name));
  return cause;
}

}  // namespace testloom
