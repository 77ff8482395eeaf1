#include "model/config/classes.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"

namespace testloom {

namespace {

struct TaskClass {
  std::string_view task;
  std::string_view auto_class;
};

// The pipelines of transformers, and the hub's names for them.
constexpr TaskClass kTasks[] = {
    {"audio-classification", "AutoModelForAudioClassification"},
    {"automatic-speech-recognition", "AutoModelForSpeechSeq2Seq"},  // or AutoModelForCTC, see below
    {"depth-estimation", "AutoModelForDepthEstimation"},
    {"document-question-answering", "AutoModelForDocumentQuestionAnswering"},
    {"feature-extraction", "AutoModel"},
    {"fill-mask", "AutoModelForMaskedLM"},
    {"image-classification", "AutoModelForImageClassification"},
    {"image-feature-extraction", "AutoModel"},
    {"image-segmentation", "AutoModelForSemanticSegmentation"},
    {"image-text-to-text", "AutoModelForImageTextToText"},
    {"image-to-image", "AutoModelForImageToImage"},
    {"image-to-text", "AutoModelForImageTextToText"},
    {"keypoint-detection", "AutoModelForKeypointDetection"},
    {"mask-generation", "AutoModelForMaskGeneration"},
    {"multiple-choice", "AutoModelForMultipleChoice"},
    {"object-detection", "AutoModelForObjectDetection"},
    {"question-answering", "AutoModelForQuestionAnswering"},
    {"sentence-similarity", "AutoModel"},
    {"summarization", "AutoModelForSeq2SeqLM"},
    {"table-question-answering", "AutoModelForTableQuestionAnswering"},
    {"text-classification", "AutoModelForSequenceClassification"},
    {"text-generation", "AutoModelForCausalLM"},
    {"text-to-audio", "AutoModelForTextToWaveform"},
    {"text-to-speech", "AutoModelForTextToSpectrogram"},
    {"text2text-generation", "AutoModelForSeq2SeqLM"},
    {"time-series-forecasting", "AutoModelForTimeSeriesPrediction"},
    {"token-classification", "AutoModelForTokenClassification"},
    {"translation", "AutoModelForSeq2SeqLM"},
    {"video-classification", "AutoModelForVideoClassification"},
    {"visual-question-answering", "AutoModelForVisualQuestionAnswering"},
    {"zero-shot-image-classification", "AutoModelForZeroShotImageClassification"},
    {"zero-shot-object-detection", "AutoModelForZeroShotObjectDetection"},
};

// What else makes the class when a type has none of the first kind.
constexpr TaskClass kSubstitutes[] = {
    {"AutoModelForSpeechSeq2Seq", "AutoModelForCTC"},
    {"AutoModelForVision2Seq", "AutoModelForImageTextToText"},
    {"AutoModelForSemanticSegmentation", "AutoModelForUniversalSegmentation"},
    {"AutoModelForTextEncoding", "AutoModel"},
    {"AutoModelForImageTextToText", "AutoModelForMultimodalLM"},
};

std::string_view second_of(std::span<const TaskClass> table, std::string_view first) {
  const auto found =
      std::find_if(table.begin(), table.end(), [&](const TaskClass& row) { return row.task == first; });
  return found == table.end() ? std::string_view() : found->auto_class;
}

}  // namespace

std::string_view auto_class_of_task(std::string_view task) { return second_of(kTasks, task); }

std::string model_class(const ModelConfig& config, std::string_view wanted) {
  if (wanted.empty() && !config.architectures().empty()) return config.architectures().front();
  const std::string_view of_task = auto_class_of_task(wanted);
  const std::string_view auto_class = wanted.empty() ? "AutoModel" : of_task.empty() ? wanted : of_task;
  if (!auto_class.starts_with("AutoModel")) return std::string(wanted);
  const boost::json::object* defaults = config.defaults();
  const boost::json::value* classes = defaults ? defaults->if_contains("classes") : nullptr;
  for (const std::string_view name : {auto_class, second_of(kSubstitutes, auto_class)}) {
    const boost::json::value* found = classes ? classes->get_object().if_contains(name) : nullptr;
    if (found) return std::string(found->get_string());
  }
  if (wanted.empty() || !classes) return "";
  throw Error(ErrorKind::spec,
              fmt::format("models of type {} have no {} class", quote(config.model_type(), 60), auto_class));
}

}  // namespace testloom
