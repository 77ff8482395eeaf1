#include "model/estimate/memory.h"

#include <algorithm>
#include <cmath>
#include <initializer_list>

#include <fmt/format.h>

#include "base/text.h"
#include "model/config/classes.h"
#include "model/estimate/dtype.h"
#include "model/estimate/forwards.h"
#include "model/estimate/process.h"
#include "model/parameters/parameters.h"

namespace testloom {

namespace {

constexpr double most_bytes = 1e18;  // far above what there is, far below what overflows

int64_t whole(double bytes) { return static_cast<int64_t>(std::clamp(bytes, 0.0, most_bytes)); }

void check(std::string_view name, int64_t value, int64_t least) {
  if (value >= least && value <= largest_workload_number) return;
  throw Error(ErrorKind::usage, fmt::format("{} is {}", name, value),
              fmt::format("a whole number from {} to {} is needed", least, largest_workload_number));
}

// Heads that a class leaves out, or that are saved twice, make so much at most; beyond it the config is not
// that of these weights.
constexpr double headers_may_differ = 1.4;

// The auto classes that a family's tests load, the first that the type has.
std::string class_of(const ModelConfig& config, const Workload& work) {
  constexpr std::string_view families[] = {"text_embedding", "text_generation", "vision", "audio",
                                           "multimodal"};
  const bool is_family = std::ranges::find(families, work.task) != std::end(families);
  if (!work.task.empty() && !is_family) return model_class(config, work.task);
  const auto first = [&](std::initializer_list<std::string_view> wanted) {
    const boost::json::object* defaults = config.defaults();
    const boost::json::value* classes = defaults ? defaults->if_contains("classes") : nullptr;
    for (const std::string_view name : wanted) {
      if (classes && classes->get_object().if_contains(name)) return model_class(config, name);
    }
    return model_class(config);
  };
  const std::string_view family = is_family ? work.task : work.model_family;
  if (family == "text_embedding") return first({"AutoModel"});
  if (family == "text_generation" || (family.empty() && work.mode == Mode::generate)) {
    return config.flag("is_encoder_decoder") ? first({"AutoModelForSeq2SeqLM", "AutoModelForSpeechSeq2Seq"})
                                             : first({"AutoModelForCausalLM", "AutoModelForImageTextToText"});
  }
  if (!config.architectures().empty()) return config.architectures().front();
  if (family == "vision") {
    return first({"AutoModelForImageClassification", "AutoModelForObjectDetection",
                  "AutoModelForSemanticSegmentation", "AutoModel"});
  }
  if (family == "audio") {
    return first(
        {"AutoModelForCTC", "AutoModelForSpeechSeq2Seq", "AutoModelForAudioClassification", "AutoModel"});
  }
  if (family == "multimodal") return first({"AutoModelForImageTextToText", "AutoModel"});
  return model_class(config);
}

// By what the class is for, and for sound by whether there is a decoder.
Mode mode_of(const ModelConfig& config, std::string_view architecture, const Workload& work) {
  constexpr std::string_view writers[] = {
      "CausalLM",           "LMHeadModel",        "ForConditionalGeneration", "ForVision2Seq",
      "ForVisionText2Text", "ForImageTextToText", "ForSpeechSeq2Seq",         "VisionEncoderDecoderModel"};
  const bool writes =
      std::ranges::any_of(writers, [&](std::string_view ending) { return architecture.ends_with(ending); });
  const bool hears = work.model_family == "audio" && config.flag("is_encoder_decoder");
  return writes || hears ? Mode::generate : Mode::forward;
}

// Masks of what comes later, one for each layer, as buffers of one byte for each pair of positions.
double mask_buffers(const ModelConfig& config) {
  for (const std::string_view type : {"gpt2", "gpt_neo", "gpt_neox", "gptj", "codegen"}) {
    if (config.model_type() != type) continue;
    const double positions =
        size_of(config, config.has("n_positions") ? "n_positions" : "max_position_embeddings");
    return positions * positions * layers_of(config, "num_hidden_layers");
  }
  return 0;
}

// Weights that transformers 4 keeps beside those that are counted, which are as in version 5: heads that are
// not tied to the embeddings, of BLIP, and of T5 where its config says so.
double untied_head(const ModelConfig& config, const std::string& architecture,
                   const ProcessFigures& process) {
  if (!process.old_heads || !architecture.ends_with("ForConditionalGeneration")) return 0;
  const std::string& type = config.model_type();
  if (type == "blip") {
    const ModelConfig& text = config.part("text_config");
    return size_of(text, "hidden_size") * size_of(text, "vocab_size");
  }
  if (!type.ends_with("t5") || config.flag("tie_word_embeddings", true)) return 0;
  return size_of(config, "d_model") * size_of(config, "vocab_size");
}

// Not the types whose classes compute attention step by step whatever torch there is, as of transformers 4.46
// and 5.24.
bool has_sdpa(std::string_view type, int transformers_major) {
  constexpr std::string_view never[] = {"deberta", "deberta-v2", "mpnet",    "bloom", "gpt_neo", "blip",
                                        "swinv2",  "wavlm",      "speecht5", "mamba", "resnet",  "convnext"};
  constexpr std::string_view since_5[] = {"t5",   "mt5",  "umt5",    "gptj",    "codegen", "swin",
                                          "detr", "beit", "electra", "pegasus", "marian",  "segformer"};
  if (std::ranges::find(never, type) != std::end(never)) return false;
  return transformers_major >= 5 || std::ranges::find(since_5, type) == std::end(since_5);
}

bool uses_sdpa(const Workload& work, const ModelConfig& config) {
  if (work.attention != AttentionKind::automatic) return work.attention == AttentionKind::sdpa;
  return version_of(work.torch).major >= 2 &&
         has_sdpa(config.model_type(), version_of(work.transformers).major);
}

// Images, samples and spectrograms; token ids are nothing beside them.
double input_bytes(const ModelConfig& config, const Workload& work, double element_bytes) {
  const auto batch = static_cast<double>(work.batch_size);
  if (config.has("num_mel_bins") && config.has("max_source_positions")) {
    return batch * size_of(config, "num_mel_bins") * 2 * size_of(config, "max_source_positions") *
           element_bytes;
  }
  if (config.has("conv_kernel")) return batch * work.audio_seconds * 16000 * element_bytes;
  const ModelConfig* vision = config.find_part("vision_config");
  const ModelConfig& owner = vision ? *vision : config;
  if (!vision && !owner.has("num_channels") && work.model_family != "vision") return 0;
  double height = static_cast<double>(work.image_height);
  double width = static_cast<double>(work.image_width);
  if (height <= 0 && owner.has("image_size")) {
    const std::vector<int64_t> sizes = owner.naturals("image_size");
    if (!sizes.empty()) {
      height = static_cast<double>(sizes.front());
      width = static_cast<double>(sizes.back());
    }
  }
  if (height <= 0) height = width = 224;
  return batch * static_cast<double>(owner.positive("num_channels", 3)) * height * width * element_bytes;
}

void add_term(Estimate& estimate, std::string_view name, double bytes) {
  estimate.terms.push_back({name, whole(bytes)});
}

// From the terms, so that they add up.
int64_t sum_of(const std::vector<MemoryTerm>& terms) {
  int64_t sum = 0;
  for (const MemoryTerm& term : terms) sum = std::min<int64_t>(sum + term.bytes, int64_t{1} << 61);
  return sum;
}

void add_parts(Estimate& estimate, const Tape::Peak& peak) {
  for (const Part part :
       {Part::front_end, Part::activations, Part::attention, Part::logits, Part::kv_cache}) {
    add_term(estimate, part_name(part), peak.parts[static_cast<size_t>(part)]);
  }
}

double class_bytes(const ProcessFigures& process, const Workload& work) {
  return process.class_bytes + (work.mode == Mode::generate ? process.generate_bytes : 0);
}

void fill_host(Estimate& estimate, const Workload& work, const TracedCall& traced) {
  const ProcessFigures& process = process_figures(work.torch);
  const Tape::Peak& peak = traced.peak;
  add_term(estimate, "process", process.base_bytes);
  add_term(estimate, "classes", class_bytes(process, work));
  add_term(estimate, "weights", traced.weights);
  add_term(estimate, "buffers", traced.buffers);
  add_term(estimate, "inputs", traced.inputs);
  add_parts(estimate, peak);
  add_term(estimate, "workspace", peak.workspace + process.first_pass_bytes);
  add_term(estimate, "allocator", peak.resident - peak.workspace - peak.live);
  estimate.peak_forward_bytes = sum_of(estimate.terms);
  const double copies = work.load == Load::from_pretrained && !process.maps_weights ? 2 : 1;
  const double built = process.base_bytes + process.class_bytes + copies * traced.weights + traced.buffers;
  estimate.peak_process_bytes = std::max(estimate.peak_forward_bytes, whole(built));
}

// torch's caching allocator asks for blocks of 2 MiB for small tensors, of 20 MiB for those up to 10 MiB, and
// of whole 2 MiB for larger ones, and keeps what is freed (CUDACachingAllocator.cpp).
constexpr double device_block = 20 << 20;
constexpr double device_kept = 0.05;

void fill_device(Estimate& estimate, const Workload& work, const TracedCall& traced) {
  const ProcessFigures& process = process_figures(work.torch);
  const DeviceFigures& device = device_figures(work.hardware_type);
  const Tape::Peak& peak = traced.peak;
  add_term(estimate, "context", device.context_bytes);
  add_term(estimate, "weights", traced.weights);
  add_term(estimate, "buffers", traced.buffers / 2);
  add_term(estimate, "inputs", traced.inputs);
  add_parts(estimate, peak);
  add_term(estimate, "allocator", device_block + device_kept * peak.live);
  estimate.peak_device_bytes = sum_of(estimate.terms);
  const double host = process.base_bytes + class_bytes(process, work) + device.host_bytes;
  estimate.peak_forward_bytes = whole(host + traced.inputs);
  // Weights go through the host's memory.
  const double copies = work.load == Load::from_pretrained && !process.maps_weights ? 2 : 1;
  estimate.peak_process_bytes = whole(host + traced.inputs + copies * traced.weights);
}

}  // namespace

void check_workload(const Workload& work) {
  check("batch_size", work.batch_size, 1);
  check("seq_len", work.seq_len, 1);
  check("decoder_seq_len", work.decoder_seq_len, 1);
  check("new_tokens", work.new_tokens, 1);
  check("image_size", work.image_height, 0);
  check("image_size", work.image_width, 0);
  if (!(work.audio_seconds > 0) || work.audio_seconds > 1e6) {
    throw Error(ErrorKind::usage, fmt::format("audio_seconds is {}", work.audio_seconds),
                "a number above 0 and up to 1000000 is needed");
  }
}

int64_t needed_bytes(const Estimate& estimate, const Workload& work) {
  return is_host(work.hardware_type) ? estimate.peak_process_bytes : estimate.peak_device_bytes;
}

TracedCall trace_call(const ModelConfig& config, const Workload& asked) {
  check_workload(asked);
  Workload work = asked;
  const Dtype& dtype = dtype_of(work.dtype);
  TracedCall traced;
  traced.is_host = is_host(work.hardware_type);
  Estimate& known = traced.known;
  known.architecture = class_of(config, work);
  if (work.mode == Mode::automatic) work.mode = mode_of(config, known.architecture, work);
  traced.mode = work.mode;
  const ParameterCount count = count_parameters(config, known.architecture);
  known.parameters = count.total;
  known.parameters_exact = count.exact && !work.config_is_guessed;
  known.origin = "config";
  const double off =
      static_cast<double>(work.parameter_count) / static_cast<double>(std::max<int64_t>(1, count.total));
  if (work.parameter_count > 0 &&
      (!known.parameters_exact || off < 1 / headers_may_differ || off > headers_may_differ)) {
    known.parameters = work.parameter_count;
    known.parameters_exact = true;
    known.origin = "weights";
  }
  traced.weights =
      weight_bytes(dtype, known.parameters, std::min(count.embedding, known.parameters)) +
      untied_head(config, known.architecture, process_figures(work.torch)) * dtype.embedding_bytes;
  known.weight_bytes = whole(traced.weights);

  Tape tape(dtype.activation_bytes, traced.is_host ? process_figures(work.torch).gemm : Gemm::none);
  Pass pass{tape, uses_sdpa(work, config), traced.is_host, version_of(work.torch).major};
  tape.add_pass();
  const Call call = {config, known.architecture, work, pass};
  known.model_type = write_call(call);
  if (call.generates() && work.output_logits) look_through_logits(call);
  known.flops = tape.flops();

  // Making a mask leaves a hole of its size in the heap.
  traced.buffers = 2 * mask_buffers(config);
  traced.inputs = input_bytes(config, work, dtype.activation_bytes);
  traced.peak = traced.is_host ? tape.host_peak() : tape.live_peak();
  traced.traffic = tape.traffic() + traced.weights * tape.passes();
  traced.calls = tape.calls();
  return traced;
}

Estimate estimate_of_call(const TracedCall& traced, const Workload& asked) {
  Estimate estimate = traced.known;
  Workload work = asked;
  work.mode = traced.mode;
  traced.is_host ? fill_host(estimate, work, traced) : fill_device(estimate, work, traced);
  estimate.seconds = estimate_time(estimate.flops, traced.traffic, traced.calls,
                                   work.rates.value_or(device_figures(work.hardware_type).rates), work.dtype);
  return estimate;
}

Estimate estimate_memory(const ModelConfig& config, const Workload& work) {
  return estimate_of_call(trace_call(config, work), work);
}

double estimate_time(double flops, double bytes, double calls, std::string_view hardware_type,
                     std::string_view dtype) {
  return estimate_time(flops, bytes, calls, device_figures(hardware_type).rates, dtype);
}

double estimate_time(double flops, double bytes, double calls, const DeviceRates& rates,
                     std::string_view dtype) {
  const double rate = dtype_of(dtype).activation_bytes < 4 ? rates.flops_a_second_16 : rates.flops_a_second;
  return std::max(flops / rate, bytes / rates.bytes_a_second) + calls * rates.call_seconds;
}

}  // namespace testloom
