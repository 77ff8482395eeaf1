#include "model/estimate/request.h"

#include <cmath>
#include <filesystem>
#include <optional>

#include <fmt/format.h>
#include <boost/json.hpp>

#include "base/files.h"
#include "base/text.h"
#include "model/estimate/estimate_by_name.h"
#include "model/files/json_text.h"

namespace testloom {

namespace {

[[noreturn]] void refuse(std::string_view key, std::string_view needed) {
  throw Error(ErrorKind::usage, fmt::format("{} is not what it has to be", key), std::string(needed));
}

// The value of a key; null where it is missing or null.
const boost::json::value* value_of(const boost::json::object& request, std::string_view key) {
  const boost::json::value* value = request.if_contains(key);
  return value && !value->is_null() ? value : nullptr;
}

double number_of(const boost::json::value& value, std::string_view key) {
  if (value.is_int64()) return static_cast<double>(value.get_int64());
  if (value.is_uint64()) return static_cast<double>(value.get_uint64());
  if (value.is_double()) return value.get_double();
  refuse(key, "a number is needed");
}

int64_t whole_of(const boost::json::value& value, std::string_view key) {
  const double number = number_of(value, key);
  if (!(std::abs(number) <= 1e15) || number != std::floor(number)) refuse(key, "a whole number is needed");
  return static_cast<int64_t>(number);
}

void read_whole(const boost::json::object& request, std::string_view key, int64_t& into) {
  if (const boost::json::value* value = value_of(request, key)) into = whole_of(*value, key);
}

void read_flag(const boost::json::object& request, std::string_view key, bool& into) {
  const boost::json::value* value = value_of(request, key);
  if (!value) return;
  if (!value->is_bool()) refuse(key, "true or false is needed");
  into = value->get_bool();
}

void read_text(const boost::json::object& request, std::string_view key, std::string& into) {
  const boost::json::value* value = value_of(request, key);
  if (!value) return;
  if (!value->is_string()) refuse(key, "a text is needed");
  into = std::string(value->get_string());
}

template <class Choice>
struct Word {
  std::string_view word;
  Choice choice;
};

template <class Choice, size_t n>
void read_choice(const boost::json::object& request, std::string_view key, const Word<Choice> (&words)[n],
                 Choice& into) {
  std::string text;
  read_text(request, key, text);
  if (text.empty()) return;
  std::string known;
  for (const Word<Choice>& row : words) {
    if (row.word == text) {
      into = row.choice;
      return;
    }
    known += fmt::format("{}{}", known.empty() ? "" : ", ", row.word);
  }
  throw Error(ErrorKind::usage, fmt::format("{} is {}", key, quote(text, 40)),
              fmt::format("known are {}", known));
}

constexpr Word<Mode> modes[] = {{"forward", Mode::forward}, {"generate", Mode::generate}};
constexpr Word<Load> loads[] = {{"from_pretrained", Load::from_pretrained}, {"in_place", Load::in_place}};
constexpr Word<AttentionKind> attentions[] = {{"auto", AttentionKind::automatic},
                                              {"eager", AttentionKind::eager},
                                              {"sdpa", AttentionKind::sdpa},
                                              {"flash_attention_2", AttentionKind::sdpa}};

void read_image_size(const boost::json::object& request, Workload& work) {
  const boost::json::value* value = value_of(request, "image_size");
  if (!value) return;
  if (!value->is_array()) {
    work.image_height = work.image_width = whole_of(*value, "image_size");
    return;
  }
  const boost::json::array& sides = value->get_array();
  if (sides.size() != 2) refuse("image_size", "a number is needed, or a height and a width");
  work.image_height = whole_of(sides[0], "image_size");
  work.image_width = whole_of(sides[1], "image_size");
}

// As `doctor --measure --json` tells them.
void read_rates(const boost::json::object& request, Workload& work) {
  const boost::json::value* value = value_of(request, "rates");
  if (!value) return;
  if (!value->is_object()) refuse("rates", "an object of `testloom doctor --measure --json` is needed");
  const auto rate = [&](std::string_view key) {
    const boost::json::value* found = value_of(value->get_object(), key);
    const double number = found ? number_of(*found, key) : 0;
    if (!(number > 0) || !std::isfinite(number)) refuse(key, "rates has to have it, as a number above 0");
    return number;
  };
  work.rates = {rate("flops_a_second"), rate("flops_a_second_16"), rate("bytes_a_second"),
                rate("call_seconds")};
}

Estimate estimate_of(const boost::json::object& request, const Workload& work, const std::string& where) {
  const boost::json::value* config = value_of(request, "config");
  if (!config) {
    std::string model;
    read_text(request, "model", model);
    if (!model.empty()) return estimate_by_name(model, work);
    throw Error(ErrorKind::usage, "there is no config",
                "give it as an object, or its path; or a model's name");
  }
  if (config->is_object()) return estimate_memory(ModelConfig::read(config->get_object(), where), work);
  if (config->is_string()) return estimate_memory(read_config(std::string(config->get_string())), work);
  refuse("config", "an object or a path is needed");
}

}  // namespace

ModelConfig read_config(const std::string& path) {
  std::filesystem::path file = path;
  std::error_code ignored;
  if (std::filesystem::is_directory(file, ignored)) file /= "config.json";
  const std::string text = read_file(file, max_config_bytes, ErrorKind::spec);
  return ModelConfig::read(parse_json_object(text, file.native()), file.native());
}

Workload read_workload(const boost::json::object& request) {
  Workload work;
  read_text(request, "model_family", work.model_family);
  read_text(request, "task", work.task);
  read_choice(request, "mode", modes, work.mode);
  read_choice(request, "load", loads, work.load);
  read_choice(request, "attention", attentions, work.attention);
  read_text(request, "hardware_type", work.hardware_type);
  read_text(request, "dtype", work.dtype);
  read_text(request, "torch", work.torch);
  read_text(request, "transformers", work.transformers);
  read_whole(request, "batch_size", work.batch_size);
  read_whole(request, "seq_len", work.seq_len);
  read_whole(request, "decoder_seq_len", work.decoder_seq_len);
  read_whole(request, "new_tokens", work.new_tokens);
  read_flag(request, "output_logits", work.output_logits);
  if (const boost::json::value* value = value_of(request, "audio_seconds")) {
    work.audio_seconds = number_of(*value, "audio_seconds");
  }
  read_image_size(request, work);
  read_rates(request, work);
  return work;
}

void write_estimate(JsonWriter& json, const Estimate& estimate) {
  json.member("parameters", estimate.parameters).member("parameters_exact", estimate.parameters_exact);
  json.member("weight_bytes", estimate.weight_bytes)
      .member("peak_process_bytes", estimate.peak_process_bytes);
  json.member("peak_forward_bytes", estimate.peak_forward_bytes);
  json.member("peak_device_bytes", estimate.peak_device_bytes);
  json.member("seconds", estimate.seconds).member("flops", estimate.flops).member("origin", estimate.origin);
  if (!estimate.why.empty()) json.member("why", estimate.why);
  json.member("model_type", estimate.model_type).member("architecture", estimate.architecture);
  json.key("terms").begin_object();
  for (const MemoryTerm& term : estimate.terms) json.member(term.name, term.bytes);
  json.end_object();
}

std::string answer_line(std::string_view line, const std::string& where) {
  JsonWriter json;
  json.begin_object();
  try {
    const boost::json::object request = parse_json_object(line, where);
    const Workload work = read_workload(request);
    write_estimate(json, estimate_of(request, work, where));
  } catch (const Error& error) {
    json = {};
    json.begin_object().member("error", std::string_view(error.what()));
  }
  return json.end_object().take();
}

}  // namespace testloom
