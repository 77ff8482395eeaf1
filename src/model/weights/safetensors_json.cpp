#include "model/weights/safetensors_json.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <boost/json/basic_parser_impl.hpp>

#include "base/text.h"
#include "model/files/json_text.h"
#include "model/weights/byte_source.h"

namespace testloom {

namespace {

namespace json = boost::json;
using Code = boost::system::error_code;

struct Dtype {
  std::string_view name;
  int bits;  // of one element
};
constexpr std::array kDtypes = {
    Dtype{"F32", 32},        Dtype{"BF16", 16},       Dtype{"F16", 16},    Dtype{"I64", 64},
    Dtype{"I32", 32},        Dtype{"U8", 8},          Dtype{"I8", 8},      Dtype{"F8_E4M3", 8},
    Dtype{"F8_E5M2", 8},     Dtype{"BOOL", 8},        Dtype{"F64", 64},    Dtype{"I16", 16},
    Dtype{"U16", 16},        Dtype{"U32", 32},        Dtype{"U64", 64},    Dtype{"F8_E8M0", 8},
    Dtype{"F4", 4},          Dtype{"F6_E2M3", 6},     Dtype{"F6_E3M2", 6}, Dtype{"C64", 64},
    Dtype{"F8_E4M3FNUZ", 8}, Dtype{"F8_E5M2FNUZ", 8},
};

const Dtype* dtype_of(std::string_view name) {
  const auto* found =
      std::find_if(kDtypes.begin(), kDtypes.end(), [&](const Dtype& d) { return d.name == name; });
  return found == kDtypes.end() ? nullptr : found;
}

// Enough for any file, and little enough to be gone through in no time.
constexpr size_t kMaxDimensions = 64;
constexpr size_t kMaxSkippedValues = 100'000;    // of metadata, and other things than tensors
constexpr size_t kMaxSkippedBytes = 16'000'000;  // of the texts among them

// What is being read when the next value comes.
enum class Place {
  start,
  header,
  metadata,
  tensor,
  dtype,
  shape,
  shape_items,
  offsets,
  offset_items,
  other,
  end
};

// Takes the parser's events. Each returns false with `problem` set where the header cannot be one.
struct Handler {
  static constexpr size_t max_object_size = -1;
  static constexpr size_t max_array_size = -1;
  static constexpr size_t max_key_size = 65'535;  // of a tensor's name
  static constexpr size_t max_string_size = -1;

  std::vector<TensorInfo> tensors;
  std::string problem;
  Place place = Place::start;
  Place after = Place::header;  // where to go on after a value of no interest
  int depth = 0;                // within that value
  size_t skipped_values = 0, skipped_bytes = 0;
  std::string text;  // the key or string, as far as it has come
  int offsets = 0;
  bool in_tensor = false;  // from its name to the end of what is said of it
  bool has_dtype = false, has_shape = false, has_offsets = false;

  bool refuse(Code& code, std::string why) {
    problem = std::move(why);
    code = json::error::syntax;
    return false;
  }
  bool refuse_value(Code& code, std::string_view is) {
    switch (place) {
      case Place::start:
        return refuse(code, fmt::format("the header is {}, not an object", is));
      case Place::header:
        return refuse(code, fmt::format("it is {}, not an object with dtype, shape and data_offsets", is));
      case Place::metadata:
        return refuse(code, fmt::format("__metadata__ is {}, not an object", is));
      case Place::dtype:
        return refuse(code, fmt::format("its dtype is {}, not a string", is));
      case Place::shape:
      case Place::offsets:
        return refuse(code, fmt::format("its {} is {}, not a list", word(), is));
      default:
        return refuse(code, fmt::format("in its {} stands {}, not an integer from 0 on", word(), is));
    }
  }
  std::string_view word() const {
    return place == Place::shape || place == Place::shape_items ? "shape" : "data_offsets";
  }
  // For a value where one of no interest may stand: whether it is one. `step` is 1 where it opens, -1 where
  // it closes.
  bool skipped(int step) {
    if (place != Place::other) return false;
    skipped_values += step >= 0;
    depth += step;
    if (depth == 0) place = after;
    return true;
  }
  bool skip_text(size_t bytes, Code& code) {
    skipped_bytes += bytes;
    return (skipped_bytes <= kMaxSkippedBytes && skipped_values <= kMaxSkippedValues) ||
           refuse(code, "it says more besides its tensors than is read");
  }

  bool on_document_begin(Code&) { return true; }
  bool on_document_end(Code&) { return true; }
  bool on_comment_part(json::string_view, Code&) { return true; }
  bool on_comment(json::string_view, Code&) { return true; }
  bool on_number_part(json::string_view, Code&) { return true; }

  bool on_object_begin(Code& code) {
    if (skipped(1)) return skip_text(0, code);
    if (place == Place::start) {
      place = Place::header;
    } else if (place == Place::metadata) {
      skip(Place::header);
      depth = 1;
    } else if (place == Place::header) {
      place = Place::tensor;
      has_dtype = has_shape = has_offsets = false;
    } else {
      return refuse_value(code, "an object");
    }
    return true;
  }
  bool on_object_end(size_t, Code& code) {
    if (skipped(-1)) return true;
    if (place == Place::tensor) {
      if (!has_dtype || !has_shape || !has_offsets) {
        return refuse(code, fmt::format("it has no {}", !has_dtype   ? "dtype"
                                                        : !has_shape ? "shape"
                                                                     : "data_offsets"));
      }
      place = Place::header;
      in_tensor = false;
    } else {
      place = Place::end;
    }
    return true;
  }
  bool on_array_begin(Code& code) {
    if (skipped(1)) return skip_text(0, code);
    if (place == Place::shape) {
      place = Place::shape_items;
    } else if (place == Place::offsets) {
      place = Place::offset_items;
      offsets = 0;
    } else {
      return refuse_value(code, "a list");
    }
    return true;
  }
  bool on_array_end(size_t, Code& code) {
    if (skipped(-1)) return true;
    if (place == Place::offset_items && offsets != 2)
      return refuse(code, "its data_offsets are not two integers");
    place = Place::tensor;
    return true;
  }

  bool on_key_part(json::string_view part, size_t, Code& code) {
    if (place == Place::other) return skip_text(part.size(), code);
    text.append(part.data(), part.size());
    return true;
  }
  bool on_key(json::string_view part, size_t, Code& code) {
    if (place == Place::other) return skip_text(part.size(), code);
    text.append(part.data(), part.size());
    const std::string key = std::exchange(text, {});
    if (place == Place::header) return begin_entry(key, code);
    const auto value = [&](Place next, bool& has) {
      if (has) return refuse(code, fmt::format("its {} stands twice", key));
      has = true;
      place = next;
      return true;
    };
    if (key == "dtype") return value(Place::dtype, has_dtype);
    if (key == "shape") return value(Place::shape, has_shape);
    if (key == "data_offsets") return value(Place::offsets, has_offsets);
    skip(Place::tensor);
    return skip_text(0, code);
  }
  bool begin_entry(const std::string& key, Code& code) {
    if (key == "__metadata__") {
      place = Place::metadata;
      return true;
    }
    if (tensors.size() == max_tensors)
      return refuse(code, fmt::format("it has more than {} tensors, the most that are read", max_tensors));
    tensors.emplace_back().name = key;
    in_tensor = true;
    return true;
  }
  void skip(Place then) {
    place = Place::other;
    after = then;
    depth = 0;
  }

  bool on_string_part(json::string_view part, size_t, Code& code) {
    if (place == Place::other) return skip_text(part.size(), code);
    if (place == Place::dtype && text.size() < 64) text.append(part.data(), part.size());
    return true;
  }
  bool on_string(json::string_view part, size_t, Code& code) {
    if (skipped(0)) return skip_text(part.size(), code);
    if (place != Place::dtype) return refuse_value(code, "a string");
    text.append(part.data(), std::min<size_t>(part.size(), 64));
    const std::string name = std::exchange(text, {});
    const Dtype* dtype = dtype_of(name);
    if (!dtype) return refuse(code, fmt::format("there is no dtype {}", quote(name, 40)));
    tensors.back().dtype = dtype->name;
    place = Place::tensor;
    return true;
  }
  bool on_uint64(uint64_t number, json::string_view, Code& code) {
    if (skipped(0)) return skip_text(0, code);
    if (place == Place::shape_items) {
      if (tensors.back().shape.size() == kMaxDimensions)
        return refuse(code, fmt::format("its shape has more than {} dimensions", kMaxDimensions));
      tensors.back().shape.push_back(number);
    } else if (place == Place::offset_items) {
      if (++offsets > 2) return refuse(code, "its data_offsets are more than two integers");
      (offsets == 1 ? tensors.back().begin : tensors.back().end) = number;
    } else {
      return refuse_value(code, "a number");
    }
    return true;
  }
  bool on_int64(int64_t number, json::string_view, Code& code) {
    if (number >= 0) return on_uint64(static_cast<uint64_t>(number), {}, code);
    return skipped(0) ? skip_text(0, code) : refuse_value(code, fmt::format("{}", number));
  }
  bool on_double(double number, json::string_view, Code& code) {
    return skipped(0) ? skip_text(0, code) : refuse_value(code, fmt::format("{}", number));
  }
  bool on_bool(bool, Code& code) {
    return skipped(0) ? skip_text(0, code) : refuse_value(code, "a truth value");
  }
  bool on_null(Code& code) { return skipped(0) ? skip_text(0, code) : refuse_value(code, "null"); }
};

json::parse_options options() {
  json::parse_options chosen;
  chosen.max_depth = max_json_depth;
  return chosen;
}

}  // namespace

class SafetensorsJson::Parser : public json::basic_parser<Handler> {
 public:
  Parser() : basic_parser(options()) {}
  uint64_t read = 0;

  // With the tensor that it happened in.
  std::string problem_of(const Code& code) {
    Handler& seen = handler();
    std::string what = seen.problem;
    if (what.empty()) {
      what = code == json::error::too_deep ? fmt::format("it is nested more than {} deep", max_json_depth)
             : code == json::error::key_too_large
                 ? fmt::format("a name is longer than {} bytes", Handler::max_key_size)
                 : fmt::format("this is no JSON: {}", code.message());
    }
    return seen.in_tensor ? fmt::format("tensor {}: {}", quote(seen.tensors.back().name), what) : what;
  }
};

SafetensorsJson::SafetensorsJson() : parser_(std::make_unique<Parser>()) {}
SafetensorsJson::~SafetensorsJson() = default;

std::optional<SafetensorsJson::Problem> SafetensorsJson::read(std::string_view piece, bool last) {
  Parser& parser = *parser_;
  size_t used = 0;
  if (!parser.done()) {
    Code code;
    used = parser.write_some(!last, piece.data(), piece.size(), code);
    if (code) return Problem{parser.problem_of(code), parser.read + used};
  }
  const size_t more = piece.find_first_not_of(" \t\r\n", used);
  if (more != piece.npos) return Problem{"something stands behind the JSON", parser.read + more};
  parser.read += piece.size();
  return std::nullopt;
}

std::vector<TensorInfo> SafetensorsJson::take() { return std::move(parser_->handler().tensors); }

std::optional<int> safetensors_bits(std::string_view dtype) {
  const Dtype* found = dtype_of(dtype);
  return found ? std::optional(found->bits) : std::nullopt;
}

}  // namespace testloom
