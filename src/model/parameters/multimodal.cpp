// Models of images and text: CLIP and its kin with their two towers, BLIP, and decoders that see.
#include "model/parameters/decoder_blocks.h"
#include "model/parameters/formulas.h"
#include "model/parameters/patches.h"

namespace testloom {

namespace {

// The layers of a tower: attention with biases, a plain feed-forward layer, two norms.
void add_tower_layers(const ModelConfig& config, Quantity width, Tally& tally) {
  const Quantity layers = config.natural("num_hidden_layers");
  tally.add("layers.attention", 4 * linear(width, width) + norm(width), layers);
  tally.add("layers.feed_forward",
            plain_feed_forward(width, config.positive("intermediate_size")) + norm(width), layers);
}

Quantity tower_width(const ModelConfig& config) {
  return split_width(config, "hidden_size", "num_attention_heads");
}

void add_text_tower(const ModelConfig& config, Tally& tally) {
  const Quantity width = tower_width(config);
  tally.add_embedding("embeddings.words", embedding(config.natural("vocab_size"), width));
  tally.add_embedding("embeddings.positions", embedding(config.natural("max_position_embeddings"), width));
  add_tower_layers(config, width, tally);
  tally.add("norm", norm(width));
}

// `tokens`: of its own before the patches. `norms`: around the layers.
void add_vision_tower(const ModelConfig& config, int tokens, bool patch_bias, int norms, Tally& tally) {
  const Quantity width = tower_width(config);
  tally.add("embeddings.tokens", width, tokens);
  tally.add("embeddings.patches", convolution(config.positive("num_channels", 3), width,
                                              extent_of(config, "patch_size").points(), patch_bias));
  tally.add("embeddings.positions", width * (patches_of(config) + tokens));
  add_tower_layers(config, width, tally);
  tally.add("norms", norm(width), norms);
}

bool clip_text(const ModelConfig& config, std::string_view head, Tally& tally) {
  add_text_tower(config, tally);
  if (head != "TextModelWithProjection") return head == "TextModel";
  tally.add("projection", linear(config.positive("hidden_size"), config.positive("projection_dim"), false));
  return true;
}

bool clip_vision(const ModelConfig& config, std::string_view head, Tally& tally) {
  add_vision_tower(config, 1, false, 2, tally);
  if (head != "VisionModelWithProjection") return head == "VisionModel";
  tally.add("projection", linear(config.positive("hidden_size"), config.positive("projection_dim"), false));
  return true;
}

bool clip(const ModelConfig& config, std::string_view head, Tally& tally) {
  const ModelConfig& text = config.part("text_config");
  const ModelConfig& vision = config.part("vision_config");
  {
    Tally::Part part(tally, "vision");
    clip_vision(vision, "VisionModel", tally);
  }
  if (head == "ForImageClassification") {
    tally.add("head", linear(vision.positive("hidden_size"), config.labels()));
    return true;
  }
  {
    Tally::Part part(tally, "text");
    clip_text(text, "TextModel", tally);
  }
  const Quantity projected = config.positive("projection_dim");
  tally.add("projections", linear(vision.positive("hidden_size"), projected, false) +
                               linear(text.positive("hidden_size"), projected, false));
  tally.add("scale", 1);
  return head == "Model";
}

bool siglip_text(const ModelConfig& config, std::string_view head, Tally& tally) {
  add_text_tower(config, tally);
  const int64_t width = config.positive("hidden_size");
  tally.add("head", linear(width, config.positive("projection_size", width)));
  return head == "TextModel";
}

// The head of SigLIP's vision tower looks at all patches with one learned query.
bool siglip_vision(const ModelConfig& config, std::string_view head, Tally& tally) {
  add_vision_tower(config, 0, true, 1, tally);
  if (config.flag("vision_use_head", true)) {
    const Quantity width = config.positive("hidden_size");
    tally.add("head", width + 4 * linear(width, width) + norm(width) +
                          plain_feed_forward(width, config.positive("intermediate_size")));
  }
  return head == "VisionModel";
}

bool siglip(const ModelConfig& config, std::string_view head, Tally& tally) {
  const ModelConfig& vision = config.part("vision_config");
  {
    Tally::Part part(tally, "vision");
    siglip_vision(vision, "VisionModel", tally);
  }
  if (head == "ForImageClassification") {
    tally.add("head", linear(vision.positive("hidden_size"), config.labels()));
    return true;
  }
  {
    Tally::Part part(tally, "text");
    siglip_text(config.part("text_config"), "TextModel", tally);
  }
  tally.add("scale", 2);  // a factor and an offset
  return head == "Model";
}

bool blip_vision(const ModelConfig& config, std::string_view head, Tally& tally) {
  add_vision_tower(config, 1, true, 1, tally);
  return head == "VisionModel";
}

enum class BlipText { pooled, bare, predicting, predicting_untied };

// BLIP's text model is a BERT that looks at the picture, whose width is `seen`, unless it is no decoder.
void add_blip_text(const ModelConfig& config, Quantity seen, BlipText kind, Tally& tally) {
  const Quantity width = tower_width(config);
  const Quantity vocab = config.natural("vocab_size");
  const Quantity layers = config.natural("num_hidden_layers");
  tally.add_embedding("embeddings.words", embedding(vocab, width));
  tally.add_embedding("embeddings.positions", embedding(config.natural("max_position_embeddings"), width));
  tally.add("embeddings.norm", norm(width));
  add_tower_layers(config, width, tally);
  if (config.flag("is_decoder")) {
    tally.add("layers.cross_attention", 2 * linear(width, width) + 2 * linear(seen, width) + norm(width),
              layers);
  }
  if (kind == BlipText::pooled) tally.add("pooler", linear(width, width));
  if (kind == BlipText::pooled || kind == BlipText::bare) return;
  tally.add("head", linear(width, width) + norm(width) + vocab);
  if (kind == BlipText::predicting_untied) tally.add("head.words", linear(width, vocab));
}

bool blip_text(const ModelConfig& config, std::string_view head, Tally& tally) {
  add_blip_text(config, config.positive("encoder_hidden_size"), BlipText::pooled, tally);
  return head == "TextModel";
}

bool blip(const ModelConfig& config, std::string_view head, Tally& tally) {
  const ModelConfig& text = config.part("text_config");
  const ModelConfig& vision = config.part("vision_config");
  const Quantity seen = vision.positive("hidden_size"), read = text.positive("hidden_size");
  const bool tied = config.flag("tie_word_embeddings") || text.flag("tie_word_embeddings");
  const BlipText predicting = tied ? BlipText::predicting : BlipText::predicting_untied;
  const auto add_text = [&](std::string_view name, BlipText kind) {
    Tally::Part part(tally, name);
    add_blip_text(text, seen, kind, tally);
  };
  {
    Tally::Part part(tally, "vision");
    blip_vision(vision, "VisionModel", tally);
  }
  if (head == "ForConditionalGeneration") {
    add_text("text", predicting);
  } else if (head == "ForQuestionAnswering") {
    add_text("question", BlipText::bare);
    add_text("answer", predicting);
  } else if (head == "ForImageTextRetrieval") {
    const Quantity shared = config.positive("image_text_hidden_size");
    add_text("text", BlipText::bare);
    tally.add("projections", linear(seen, shared) + linear(read, shared));
    tally.add("head", linear(read, 2));
  } else {
    const Quantity shared = config.positive("projection_dim");
    add_text("text", BlipText::pooled);
    tally.add("projections", linear(seen, shared, false) + linear(read, shared, false));
    tally.add("scale", 1);
    return head == "Model";
  }
  return true;
}

// The head of a decoder that sees, whose config may say in either of two places that it is tied.
bool add_seeing_head(const ModelConfig& config, std::string_view head, bool tied, Tally& tally) {
  const ModelConfig& text = config.part("text_config");
  const Quantity width = text.positive("hidden_size");
  if (head == "ForConditionalGeneration") {
    if (!tied) tally.add("head", linear(width, text.natural("vocab_size"), false));
    return true;
  }
  return head == "Model";
}

void add_part(const ModelConfig& config, std::string_view key, std::string_view name, Tally& tally) {
  Tally::Part part(tally, name);
  count_part(config.part(key), tally);
}

bool llava(const ModelConfig& config, std::string_view head, Tally& tally) {
  const ModelConfig& text = config.part("text_config");
  add_part(config, "vision_config", "vision", tally);
  add_part(config, "text_config", "text", tally);
  const Quantity seen = Quantity(config.part("vision_config").positive("hidden_size")) *
                        static_cast<int64_t>(config.integers("vision_feature_layer").size());
  const Quantity width = text.positive("hidden_size");
  const bool bias = config.flag("multimodal_projector_bias");
  tally.add("projector", linear(seen, width, bias) + linear(width, width, bias));
  return add_seeing_head(config, head, config.flag("tie_word_embeddings") || text.flag("tie_word_embeddings"),
                         tally);
}

bool qwen2_vl_text(const ModelConfig& config, std::string_view head, Tally& tally) {
  return find_formula("qwen2")->formula(config, head == "TextModel" ? "Model" : head, tally) &&
         head == "TextModel";
}

void add_qwen2_vl_vision(const ModelConfig& config, Tally& tally) {
  const Quantity width = config.positive("embed_dim");
  const Quantity layers = config.natural("depth");
  const Quantity merge = config.positive("spatial_merge_size");
  const Quantity merged = width * merge * merge;
  tally.add(
      "patches",
      convolution(config.positive("in_channels"), width,
                  extent_of(config, "patch_size").points() * config.positive("temporal_patch_size"), false));
  tally.add("layers.attention", 4 * linear(width, width) + norm(width), layers);
  tally.add("layers.feed_forward",
            plain_feed_forward(width, scaled(config, "mlp_ratio", width)) + norm(width), layers);
  tally.add("merger", norm(width) + linear(merged, merged) + linear(merged, config.positive("hidden_size")));
}

bool qwen2_vl(const ModelConfig& config, std::string_view head, Tally& tally) {
  {
    Tally::Part part(tally, "vision");
    add_qwen2_vl_vision(config.part("vision_config"), tally);
  }
  add_part(config, "text_config", "text", tally);
  const bool tied =
      config.flag("tie_word_embeddings") || config.part("text_config").flag("tie_word_embeddings");
  return add_seeing_head(config, head, tied, tally);
}

bool gemma3(const ModelConfig& config, std::string_view head, Tally& tally) {
  const Quantity seen = config.part("vision_config").positive("hidden_size");
  const Quantity width = config.part("text_config").positive("hidden_size");
  add_part(config, "vision_config", "vision", tally);
  add_part(config, "text_config", "text", tally);
  tally.add("projector", linear(seen, width, false) + rms_norm(seen));
  if (head == "ForSequenceClassification") {
    tally.add("head", linear(width, config.labels(), false));
    return true;
  }
  return add_seeing_head(config, head, config.flag("tie_word_embeddings"), tally);
}

constexpr TypeFormula kFormulas[] = {
    {"blip", "Blip", blip},
    {"blip_text_model", "Blip", blip_text},
    {"blip_vision_model", "Blip", blip_vision},
    {"clip", "CLIP", clip},
    {"clip_text_model", "CLIP", clip_text},
    {"clip_vision_model", "CLIP", clip_vision},
    {"gemma3", "Gemma3", gemma3},
    {"llava", "Llava", llava},
    {"metaclip_2", "MetaClip2", clip},
    {"metaclip_2_text_model", "MetaClip2", clip_text},
    {"metaclip_2_vision_model", "MetaClip2", clip_vision},
    {"qwen2_vl", "Qwen2VL", qwen2_vl},
    {"qwen2_vl_text", "Qwen2VL", qwen2_vl_text},
    {"siglip", "Siglip", siglip},
    {"siglip_text_model", "Siglip", siglip_text},
    {"siglip_vision_model", "Siglip", siglip_vision},
};

}  // namespace

std::span<const TypeFormula> multimodal_formulas() { return kFormulas; }

}  // namespace testloom
