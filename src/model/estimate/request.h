// Estimates asked for and answered in JSON.
#pragma once

#include <string>
#include <string_view>

#include <boost/json/object.hpp>

#include "base/json_writer.h"
#include "model/estimate/memory.h"

namespace testloom {

// A config.json by its path, or that in a folder. Throws an Error (spec) where there is none.
ModelConfig read_config(const std::string& path);

// What a JSON object asks: model_family, task, mode ("forward", "generate"), load ("from_pretrained",
// "in_place"), hardware_type, batch_size, seq_len, decoder_seq_len, image_size (a number, or [height,
// width]), audio_seconds, new_tokens, output_logits, dtype, attention ("eager", "sdpa"), torch, rates (of the
// device, an object with flops_a_second, flops_a_second_16, bytes_a_second, call_seconds). What is missing or
// null has its default; other keys are not looked at. Throws an Error (usage) for a value that cannot be.
Workload read_workload(const boost::json::object& request);

// Puts the members of an estimate into an object that is open: parameters, weight_bytes, peak_process_bytes,
// peak_forward_bytes, peak_device_bytes, seconds, flops, origin, why where a name said it, model_type,
// architecture, terms.
void write_estimate(JsonWriter& json, const Estimate& estimate);

// The answer to one line: the request of read_workload with "config", an object or a path, or else "model", a
// name. What is wrong with it is told as {"error": …}. `where` is for messages.
std::string answer_line(std::string_view line, const std::string& where);

}  // namespace testloom
