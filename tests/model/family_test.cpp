// What names say: the names that are easily got wrong, hostile ones, and what a name is.
#include "model/family/family.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "base/text.h"
#include "model/family/family_table.h"

namespace testloom {
namespace {

struct Case {
  std::string_view name, family, task;
};

TEST(Family, TrickyNames) {
  const std::vector<Case> cases = {
      {"openai/clip-vit-base-patch32", "multimodal", "zero-shot-image-classification"},
      {"sentence-transformers/clip-ViT-B-32", "multimodal", "zero-shot-image-classification"},
      {"laion/CLIP-ViT-B-32-xlm-roberta-base", "multimodal", "zero-shot-image-classification"},
      {"clip_vision_model", "vision", "image-feature-extraction"},
      {"microsoft/deberta-v3-base", "text_embedding", "fill-mask"},
      {"albert/albert-base-v2", "text_embedding", "fill-mask"},
      {"albert-einstein/x", "unknown", ""},
      {"nlpconnect/vit-gpt2-image-captioning", "multimodal", "image-to-text"},
      {"acme/swin-gpt2", "multimodal", "image-to-text"},
      {"acme/resnet-roberta", "multimodal", "image-to-text"},
      {"acme/wav2vec2-gpt2", "audio", "automatic-speech-recognition"},
      {"microsoft/speecht5_tts", "audio", "text-to-speech"},
      {"microsoft/speecht5_asr", "audio", "automatic-speech-recognition"},
      {"facebook/w2v-bert-2.0", "audio", "automatic-speech-recognition"},
      {"microsoft/layoutlm-base-uncased", "multimodal", "document-question-answering"},
      {"microsoft/layoutlmv3-base", "multimodal", "document-question-answering"},
      {"microsoft/trocr-base-printed", "multimodal", "image-to-text"},
      {"naver-clova-ix/donut-base-finetuned-docvqa", "multimodal", "visual-question-answering"},
      {"Salesforce/blip2-flan-t5-xl", "multimodal", "image-to-text"},
      {"amazon/chronos-t5-small", "time_series", "time-series-forecasting"},
      {"google/timesfm-1.0-200m", "time_series", "time-series-forecasting"},
      {"facebook/timesformer-base-finetuned-k400", "vision", "video-classification"},
      {"acme/samsum", "unknown", ""},
      {"acme/SAMSum-7b", "unknown", ""},
      {"facebook/sam-vit-huge", "vision", "mask-generation"},
      {"microsoft/Phi-3-vision-128k-instruct", "multimodal", "image-text-to-text"},
      {"meta-llama/Llama-3.2-11B-Vision", "multimodal", "image-text-to-text"},
      {"meta-llama/Llama-3.1-8B-Instruct", "text_generation", "text-generation"},
      {"Qwen/Qwen2-VL-7B-Instruct", "multimodal", "image-text-to-text"},
      {"Qwen2VL", "multimodal", "image-text-to-text"},
      {"google/gemma-2-2b", "text_generation", "text-generation"},
      {"google/gemma-3-1b-it", "text_generation", "text-generation"},
      {"google/gemma-3-4b-it", "multimodal", "image-text-to-text"},
      {"google/gemma-31b", "text_generation", "text-generation"},
      {"intfloat/e5-mistral-7b-instruct", "text_embedding", "feature-extraction"},
      {"Alibaba-NLP/gte-Qwen2-7B-instruct", "text_embedding", "feature-extraction"},
      {"Qwen/Qwen3-Embedding-0.6B", "text_embedding", "feature-extraction"},
      {"Qwen/Qwen3-Reranker-0.6B", "text_embedding", "text-ranking"},
      {"Qwen/Qwen3-VL-Embedding-2B", "multimodal", "image-text-to-text"},
      {"Qwen/Qwen2.5-Omni-7B", "multimodal", "audio-text-to-text"},
      {"bert-base-uncased", "text_embedding", "fill-mask"},
      {"distilbert-base-uncased-finetuned-sst-2-english", "text_embedding", "text-classification"},
      {"sentence-transformers/all-MiniLM-L6-v2", "text_embedding", "feature-extraction"},
      {"all-MiniLM-L6-v2", "text_embedding", "feature-extraction"},
      {"sentence-transformers/bert-base-nli-cls", "text_embedding", "zero-shot-classification"},
      {"gpt2", "text_generation", "text-generation"},
      {"t5-small", "text_generation", "text2text-generation"},
      {"VietAI/vit5-base", "text_generation", "text2text-generation"},
      {"hf-internal-testing/tiny-random-GPT2LMHeadModel", "text_generation", "text-generation"},
      {"hf-internal-testing/tiny-random-XLMRobertaModel", "text_embedding", "fill-mask"},
      {"openai/whisper-tiny", "audio", "automatic-speech-recognition"},
      {"google/vit-base-patch16-224", "vision", "image-classification"},
      {"timm/vit_base_patch16_clip_224.openai", "vision", "image-classification"},
      {"timm/never_heard_of_it", "vision", "image-classification"},
      {"runwayml/stable-diffusion-v1-5", "diffusion", "text-to-image"},
      {"microsoft/git-base-coco", "multimodal", "image-to-text"},
      {"acme/my-git-repo", "unknown", ""},
      {"roberta-hate-speech", "text_embedding", "fill-mask"},
      {"acme/deberta-bloom", "unknown", ""},
      {"acme/gemma-5-30b", "multimodal", "image-text-to-text"},
      {"acme/GLM-6V-Flash", "multimodal", "image-text-to-text"},
      {"acme/Llama-3-8B-V", "multimodal", "image-text-to-text"},
      {"mistralai/Mistral-7B-v0.3", "text_generation", "text-generation"},
      {"Qwen/Qwen-Image", "diffusion", "text-to-image"},
      {"DAMO-NLP-SG/Video-LLaMA-2-7B", "multimodal", "image-text-to-text"},
      {"M-CLIP/XLM-Roberta-Large-Vit-B-32", "multimodal", "zero-shot-image-classification"},
      {"Qwen/Qwen3-8B", "text_generation", "text-generation"},
      {"Qwen/Qwen-1_8B-Chat", "text_generation", "text-generation"},
      {"acme/yolo-whisper-tts", "audio", "text-to-speech"},
      // Weak evidence: what a model is for, what it has learned from, what its words end in.
      {"acme/Medical-NER", "text_embedding", "token-classification"},
      {"acme/text_summarization", "text_generation", "summarization"},
      {"acme/nobody-7b-instruct", "text_generation", "text-generation"},
      {"acme/Nobody-3-Vision-Instruct", "multimodal", "image-text-to-text"},
      {"acme/chinese_speech_pretrain", "audio", ""},
      {"acme/Net_Libri2Mix_sepclean_16k", "audio", "audio-to-audio"},
      {"acme/aeroelectra-base", "text_embedding", "fill-mask"},
      {"acme/aerobert", "text_embedding", "fill-mask"},
      {"acme/audioelectra", "unknown", ""},
      {"acme/robert-and-co", "unknown", ""},
      {"acme/invoices", "unknown", ""},
      {"acme/NovaSR-v2", "unknown", ""},
      {"acme/Fake-audio-image-detection", "audio", ""},
      {"acme/da-hatespeech", "unknown", ""},
      // What ranks and embeds is made of generators, and paraphrases are of either.
      {"BAAI/bge-reranker-v2-minicpm-layerwise", "text_embedding", "text-ranking"},
      {"acme/vietnamese-bi-encoder", "text_embedding", "feature-extraction"},
      {"eugenesiow/bart-paraphrase", "text_generation", "text2text-generation"},
      {"sentence-transformers/paraphrase-MiniLM-L3-v2", "text_embedding", "feature-extraction"},
      {"BAAI/bge-visualized", "multimodal", "feature-extraction"},
      {"jhu-clsp/mmBERT-small", "text_embedding", "fill-mask"},
      {"acme/MagicPrompt-Stable-Diffusion", "text_generation", "text-generation"},
      {"stepfun-ai/Step-Audio-TTS-3B", "audio", "text-to-speech"},
      {"pyannote/embedding", "audio", ""},
      {"hfl/chinese-lert-large", "text_embedding", "fill-mask"},
      {"UBC-NLP/AraT5v2-base-1024", "text_generation", "text2text-generation"},
  };
  for (const Case& expected : cases) {
    const FamilyGuess guess = detect_family(expected.name);
    EXPECT_EQ(guess.model_family, expected.family) << expected.name << ": " << guess.evidence;
    EXPECT_EQ(guess.task, expected.task) << expected.name << ": " << guess.evidence;
  }
}

TEST(Family, SeparatorsAndCaseDoNotMatter) {
  for (const char* name : {"rt-detr", "RT_DETR", "rtdetr", "RTDetr", "rt.detr", "rt detr", "RT--DETR"}) {
    EXPECT_EQ(detect_family(name).task, "object-detection") << name;
  }
}

TEST(Family, WholeTokensOnly) {
  for (const char* name :
       {"gilbertson", "bertrand", "vitamin", "xgpt", "clipper", "samples", "t511", "llamas",
        "caf\xC3\xA9"
        "bert",
        "bert\xC3\xA9", "ovlm"}) {
    EXPECT_EQ(detect_family(name).model_family, "unknown") << name;
  }
}

TEST(Family, OrganisationIsNoPartOfTheName) {
  EXPECT_EQ(detect_family("bert/x").model_family, "unknown");
  EXPECT_EQ(detect_family("timm-copies/x").model_family, "unknown");
  EXPECT_EQ(detect_family("timm/x/").model_family, "vision");
  EXPECT_EQ(detect_family("/data/models/gemma-2-2b/").model_family, "text_generation");
  EXPECT_EQ(detect_family("/cache/models--google--gemma-2-2b").model_family, "text_generation");
  EXPECT_EQ(detect_family("models--timm--x").model_family, "vision");
  EXPECT_EQ(detect_family("models--gpt2").model_family, "text_generation");
  EXPECT_EQ(detect_family("/c/models--org--gpt2/snapshots/0a1b2c").model_family, "text_generation");
}

TEST(Family, SaysWhereItComesFrom) {
  const FamilyGuess known = detect_family("Qwen/Qwen3-Embedding-0.6B");
  EXPECT_EQ(known.origin, "name");
  EXPECT_EQ(known.evidence, "Qwen3 + Embedding");
  EXPECT_GT(known.confidence, 0.5);
  const FamilyGuess none = detect_family("acme/x");
  EXPECT_EQ(none.origin, "none");
  EXPECT_EQ(none.confidence, 0);
  EXPECT_EQ(none.evidence, "");
  EXPECT_GT(detect_family("bert-base").confidence, detect_family("my-bert").confidence);
}

TEST(Family, HostileNames) {
  for (const char* name :
       {"", "/", "//", "-", "models--", "models----", "\n", "\"\"\"", "${x}", "\\", "'; --",
        "\xF0\x9F\x92\xA5", "\xFF\xFE", "\x01\x02", "org/", "/name", "v", "1", "1-2-3"}) {
    const FamilyGuess guess = detect_family(name);
    EXPECT_EQ(guess.model_family, "unknown") << quote(name);
  }
  EXPECT_EQ(detect_family(std::string_view("\0bert\0", 6)).model_family, "text_embedding");
  EXPECT_EQ(detect_family("\"bert\nbase\"").model_family, "text_embedding");
  for (const std::string_view piece :
       {"a-", "-", "gemma-3-", "gemma", "A", "1.", "/", "\xC3\xA9", "vision-encoder-"}) {
    std::string name;
    while (name.size() < 4096) name += piece;
    const FamilyGuess guess = detect_family(name);
    EXPECT_FALSE(guess.model_family.empty());
    EXPECT_LE(guess.evidence.size(), name.size());
  }
}

// Names made of the table's own pieces and of separators, from many threads: the same answer each time, and
// never text from outside the name as evidence.
TEST(Family, AnyMixtureFromAnyThread) {
  const std::vector<std::string> pieces = {"gemma", "3", "1b",     "vit", "gpt2", "VL",  "-",
                                           "_",     "/", "Vision", "tts", "\n",   "\"",  "sam",
                                           "sum",   "é", "T5",     "mlm", ".",    "timm"};
  std::vector<std::string> names;
  uint64_t state = 1;
  for (int i = 0; i < 2000; ++i) {
    std::string name;
    for (int j = 0; j < 8; ++j) {
      state = state * 6364136223846793005ULL + 1442695040888963407ULL;
      name += pieces[(state >> 33) % pieces.size()];
    }
    names.push_back(name);
  }
  const auto answers = [&] {
    std::string all;
    for (const std::string& name : names) {
      const FamilyGuess guess = detect_family(name);
      for (const std::string& part : {guess.model_family, guess.task, guess.evidence}) all += part + "\n";
    }
    return all;
  };
  const std::string expected = answers();
  std::vector<std::string> seen(4);
  {
    std::vector<std::jthread> threads;
    for (std::string& one : seen) threads.emplace_back([&] { one = answers(); });
  }
  for (const std::string& one : seen) EXPECT_EQ(one, expected);
}

TEST(Family, EveryAnswerIsAKnownFamily) {
  for (const EvidenceRow& row : family_table().rows) {
    if (row.model_family.empty()) continue;
    EXPECT_NE(std::ranges::find(known_families(), row.model_family), known_families().end());
  }
}

TEST(Family, WhatIsAName) {
  for (const char* name : {"cpu", "text_embedding", "a", "My-Device.2"}) EXPECT_TRUE(is_name(name)) << name;
  for (const char* name : {"", "2d", "_x", "a b", "a\n", "a/b", "caf\xC3\xA9", "-", "a;b"}) {
    EXPECT_FALSE(is_name(name)) << quote(name);
  }
  EXPECT_TRUE(is_name(std::string(64, 'a')));
  EXPECT_FALSE(is_name(std::string(65, 'a')));
}

}  // namespace
}  // namespace testloom
