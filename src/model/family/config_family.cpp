#include "model/family/config_family.h"

#include <array>
#include <string>

#include <boost/json.hpp>

#include "model/family/model_types.h"

namespace testloom {

namespace {

namespace json = boost::json;

constexpr int kMaxNested = 4;  // configs within configs that are looked into

// How sure each kind of evidence is.
constexpr double kKnownClass = 0.99;
constexpr double kKnownType = 0.97;
constexpr double kReadAsName = 0.85;
constexpr double kHead = 0.7;
constexpr double kParts = 0.8;
constexpr double kHintOfName = 0.65;  // what a name tells with less is no more than a hint

struct Word {
  std::string_view word, family, task;
};

// What the end of a class's name says of the whole model, where nothing better is known.
constexpr std::array<Word, 22> heads = {{
    {"ForCausalLM", "text_generation", "text-generation"},
    {"LMHeadModel", "text_generation", "text-generation"},
    {"ForMaskedLM", "text_embedding", "fill-mask"},
    {"ForSequenceClassification", "text_embedding", "text-classification"},
    {"ForTokenClassification", "text_embedding", "token-classification"},
    {"ForQuestionAnswering", "text_embedding", "question-answering"},
    {"ForMultipleChoice", "text_embedding", "feature-extraction"},
    {"ForImageClassification", "vision", "image-classification"},
    {"ForObjectDetection", "vision", "object-detection"},
    {"ForSemanticSegmentation", "vision", "image-segmentation"},
    {"ForInstanceSegmentation", "vision", "image-segmentation"},
    {"ForUniversalSegmentation", "vision", "image-segmentation"},
    {"ForDepthEstimation", "vision", "depth-estimation"},
    {"ForVideoClassification", "vision", "video-classification"},
    {"ForMaskGeneration", "vision", "mask-generation"},
    {"ForMaskedImageModeling", "vision", "image-feature-extraction"},
    {"ForCTC", "audio", "automatic-speech-recognition"},
    {"ForSpeechSeq2Seq", "audio", "automatic-speech-recognition"},
    {"ForAudioClassification", "audio", "audio-classification"},
    {"ForTextToSpeech", "audio", "text-to-speech"},
    {"ForTimeSeriesPrediction", "time_series", "time-series-forecasting"},
    {"ForVision2Seq", "multimodal", "image-to-text"},
}};

const Word* head_of(std::string_view class_name) {
  for (const Word& head : heads) {
    if (class_name.ends_with(head.word)) return &head;
  }
  return nullptr;
}

FamilyGuess guess(std::string_view family, std::string_view task, double confidence,
                  std::string_view evidence) {
  return {std::string(family), std::string(task), "config", confidence, std::string(evidence)};
}
FamilyGuess unknown() { return {"unknown", "", "none", 0, ""}; }

bool is_known(const FamilyGuess& one) { return one.model_family != "unknown"; }
bool is_text(std::string_view family) { return family == "text_embedding" || family == "text_generation"; }

std::string_view text_at(const json::object& config, std::string_view key) {
  const json::value* value = config.if_contains(key);
  return value && value->is_string() ? std::string_view(value->get_string()) : std::string_view();
}

std::string_view first_architecture(const json::object& config) {
  const json::value* list = config.if_contains("architectures");
  if (!list || !list->is_array() || list->get_array().empty()) return {};
  const json::value& first = list->get_array().front();
  return first.is_string() ? std::string_view(first.get_string()) : std::string_view();
}

// Read like a name; what is only hinted at is no evidence here.
FamilyGuess read_as_name(std::string_view text) {
  FamilyGuess found = detect_family(text);
  if (!is_known(found) || found.confidence < kHintOfName) return unknown();
  return guess(found.model_family, found.task, kReadAsName, text);
}

FamilyGuess by_type(const ModelType& type, std::string_view architecture) {
  if (type.family.empty()) return unknown();
  if (is_text(type.family)) {
    const FamilyGuess of_class = read_as_name(architecture);
    if (is_known(of_class) && !is_text(of_class.model_family)) return of_class;
    const Word* head = head_of(architecture);
    if (head && is_text(head->family)) return guess(head->family, head->task, kKnownType, architecture);
  }
  return guess(type.family, type.task, kKnownType, type.name);
}

FamilyGuess by_description(std::string_view architecture, std::string_view model_type) {
  const ModelType* type = model_type.empty() ? nullptr : model_types().find(model_type);
  const ModelClass* known = architecture.empty() ? nullptr : model_types().find_class(architecture, type);
  if (known) {
    if (known->family.empty()) return unknown();
    return guess(known->family, known->task, kKnownClass, architecture);
  }
  if (type) return by_type(*type, architecture);
  for (const std::string_view text : {architecture, model_type}) {
    FamilyGuess found = read_as_name(text);
    const Word* head = head_of(architecture);
    if (is_known(found) && is_text(found.model_family) && head && is_text(head->family)) {
      return guess(head->family, head->task, kReadAsName, text);
    }
    if (is_known(found)) return found;
  }
  const Word* head = head_of(architecture);
  return head ? guess(head->family, head->task, kHead, architecture) : unknown();
}

bool has_any(const json::object& config, std::initializer_list<std::string_view> keys) {
  for (const std::string_view key : keys) {
    const json::value* value = config.if_contains(key);
    if (value && !value->is_null()) return true;
  }
  return false;
}

FamilyGuess family_of(const json::object& config, int depth);

// From the configs of the parts: those of several senses make a multimodal model.
FamilyGuess by_parts(const json::object& config, int depth) {
  const bool vision = has_any(config, {"vision_config", "vision_tower", "mm_vision_tower"});
  const bool audio = has_any(config, {"audio_config", "speech_config"});
  const json::value* text = config.if_contains("text_config");
  const bool has_text = text && text->is_object();
  if (vision && (has_text || audio))
    return guess("multimodal", "image-text-to-text", kParts, "vision_config");
  if (audio && has_text) return guess("multimodal", "audio-text-to-text", kParts, "audio_config");
  if (vision) return guess("vision", "image-feature-extraction", kParts, "vision_config");
  if (audio) return guess("audio", "", kParts, "audio_config");
  return has_text && depth < kMaxNested ? family_of(text->get_object(), depth + 1) : unknown();
}

// A text model that brings a config for images or sound is not one of text alone.
FamilyGuess with_parts(FamilyGuess found, const json::object& config) {
  if (!is_text(found.model_family)) return found;
  if (has_any(config, {"vision_config", "mm_vision_tower"})) {
    return guess("multimodal", "image-text-to-text", kParts, "vision_config");
  }
  if (has_any(config, {"audio_config"})) {
    return guess("multimodal", "audio-text-to-text", kParts, "audio_config");
  }
  return found;
}

FamilyGuess family_of(const json::object& config, int depth) {
  const std::string_view class_name = text_at(config, "_class_name");
  if (!class_name.empty()) return guess("diffusion", diffusion_task(class_name), kKnownClass, class_name);
  const std::string_view architecture = first_architecture(config);
  const std::string_view model_type = text_at(config, "model_type");
  if (architecture.empty() && model_type.empty()) {
    const std::string_view of_timm = text_at(config, "architecture");
    if (!of_timm.empty() && has_any(config, {"pretrained_cfg", "num_features"})) {
      return guess("vision", "image-classification", kKnownType, of_timm);
    }
  }
  FamilyGuess found = with_parts(by_description(architecture, model_type), config);
  // A type that is known to be of no family stays so.
  const bool settled = is_known(found) || (!model_type.empty() && model_types().find(model_type) != nullptr);
  return settled ? found : by_parts(config, depth);
}

}  // namespace

FamilyGuess family_of_config(const json::object& config) { return family_of(config, 0); }

FamilyGuess family_of_architecture(std::string_view gguf_architecture) {
  // Names of llama.cpp's own that no type of transformers has and no word in them tells.
  constexpr std::array<Word, 3> own = {{
      {"t5encoder", "text_embedding", "feature-extraction"},
      {"clip", "multimodal", "image-text-to-text"},
      {"wavtokenizer-dec", "audio", "text-to-speech"},
  }};
  for (const Word& each : own) {
    if (each.word == gguf_architecture) return guess(each.family, each.task, kKnownType, gguf_architecture);
  }
  return gguf_architecture.empty() ? unknown() : by_description({}, gguf_architecture);
}

std::string_view diffusion_task(std::string_view class_name) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 17> words = {{
      {"ImageToVideo", "image-to-video"},
      {"I2V", "image-to-video"},
      {"VideoDiffusion", "image-to-video"},
      {"Video", "text-to-video"},
      {"Animate", "text-to-video"},
      {"Audio", "text-to-audio"},
      {"Music", "text-to-audio"},
      {"Img2Img", "image-to-image"},
      {"Image2Image", "image-to-image"},
      {"Inpaint", "image-to-image"},
      {"Upscale", "image-to-image"},
      {"Edit", "image-to-image"},
      {"Pix2Pix", "image-to-image"},
      {"ShapE", "text-to-3d"},
      {"DDPM", "unconditional-image-generation"},
      {"DDIM", "unconditional-image-generation"},
      {"ScoreSde", "unconditional-image-generation"},
  }};
  for (const auto& [word, task] : words) {
    if (class_name.find(word) != class_name.npos) return task;
  }
  return "text-to-image";
}

}  // namespace testloom
