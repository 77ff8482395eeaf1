// Models of images and text: two towers (CLIP, SigLIP), a captioner (BLIP), and language models that see
// (LLaVA, Qwen2-VL).
#include <algorithm>
#include <vector>

#include "model/estimate/decoder.h"
#include "model/estimate/images.h"

namespace testloom {

namespace {

// A tower over text. CLIP's masks what comes later.
void write_text_tower(Pass& pass, const ModelConfig& config, double batch, double length, VisionCode code) {
  Tape& tape = pass.tape;
  const double hidden = size_of(config, "hidden_size");
  const double heads = size_of(config, "num_attention_heads");
  const double inner = size_of(config, "intermediate_size");
  const std::string activation = config.text("hidden_act", "quick_gelu");
  const Attend a = {batch, heads, heads, hidden / heads, length, length};
  const double n = batch * length * hidden;
  Tensor words = tape.make(n);
  Tensor states = tape.make(n);
  Tensor mask = tape.make(batch * length * length, Part::attention);
  for (int layer = 0; layer < layers_of(config, "num_hidden_layers"); ++layer) {
    Tensor normed = layer_norm(pass, n);
    Tensor held;  // SigLIP's attention gives its scores back
    {
      Tensor queries = tape.linear(batch * length, hidden, hidden);
      Tensor keys = tape.linear(batch * length, hidden, hidden);
      Tensor values = tape.linear(batch * length, hidden, hidden);
      if (code == VisionCode::clip) queries = tape.make(n), keys = tape.make(n), values = tape.make(n);
      Tensor context = attend(pass, a, {.most = 2, .kept = 1, .copies = code != VisionCode::clip});
      if (code == VisionCode::siglip && !pass.sdpa) held = tape.make(a.scores(), Part::attention);
      normed = tape.linear(batch * length, hidden, hidden);
    }
    states = tape.make(n);
    normed = layer_norm(pass, n);
    normed = feed_forward(pass, batch * length, hidden, inner, activation);
    states = tape.make(n);
  }
  states = layer_norm(pass, n);
}

void write_two_towers(const Call& call, VisionCode code) {
  const ModelConfig& vision = call.config.part("vision_config");
  const ModelConfig& text = call.config.part("text_config");
  Encoded image = encode_image(call.pass, vision, image_of(call, vision), call.batch(), code);
  write_text_tower(call.pass, text, call.batch(), call.length(), code);
}

void write_clip(const Call& call) { write_two_towers(call, VisionCode::clip); }
void write_siglip(const Call& call) { write_two_towers(call, VisionCode::siglip); }

// A BERT that looks at the image's states, too, and predicts words.
void write_blip(const Call& call) {
  const ModelConfig& vision = call.config.part("vision_config");
  const ModelConfig& text = call.config.part("text_config");
  Pass& pass = call.pass;
  Tape& tape = pass.tape;
  Encoded image = encode_image(pass, vision, image_of(call, vision), call.batch(), VisionCode::blip);
  const double hidden = size_of(text, "hidden_size");
  const double heads = size_of(text, "num_attention_heads");
  const double inner = size_of(text, "intermediate_size");
  const double vocab = size_of(text, "vocab_size");
  const std::string activation = text.text("hidden_act", "gelu");
  const int layers = layers_of(text, "num_hidden_layers");
  const double batch = call.batch();
  std::vector<Tensor> cache;
  const auto pass_text = [&](double length, double past) {
    const double rows = batch * length;
    const double n = rows * hidden;
    Tensor embeddings = tape.make(n);
    Tensor states = embeddings;
    for (int layer = 0; layer < layers; ++layer) {
      for (const bool looks : {false, true}) {
        const double keys = looks ? image.tokens : past + length;
        const double width = looks ? image.hidden : hidden;
        Tensor attention;
        {
          Tensor queries = tape.linear(rows, hidden, hidden);
          const double new_rows = batch * (looks ? image.tokens : length);
          Tensor k = tape.linear(new_rows, width, hidden, Part::kv_cache);
          Tensor v = tape.linear(new_rows, width, hidden, Part::kv_cache);
          if (!looks) cache.push_back(k), cache.push_back(v);
          attention = attend(pass, {batch, heads, heads, hidden / heads, length, keys},
                             {.most = 2, .kept = 2}, false);
        }
        attention = tape.linear(rows, hidden, hidden);
        states = tape.make(n);
        states = layer_norm(pass, n);
      }
      Tensor fed = feed_forward(pass, rows, hidden, inner, activation);
      Tensor sum = tape.make(n);
      states = layer_norm(pass, n);
    }
    return tape.linear(rows, hidden, vocab, Part::logits);
  };
  Tensor logits = pass_text(call.length(), 0);
  if (!call.generates()) return;
  Tensor copy = tape.make(batch * call.length() * vocab, Part::logits);
  logits.release();
  copy.release();
  each_step(call, static_cast<double>(call.work.new_tokens),
            [&](double past) { pass_text(1, call.length() + past - 1); });
}

// The decoder's part of a config, as a call of its own.
void write_language_model(const Call& call, const ModelConfig& text, double length) {
  const Call inner = {text, "ForCausalLM", call.work, call.pass};
  DecoderCode d = llama_of(inner);
  d.style.last_logits = d.style.last_logits && call.generates();
  write_decoder_call(inner, d, length);
}

void write_llava(const Call& call) {
  const ModelConfig& vision = call.config.part("vision_config");
  const ModelConfig& text = call.config.part("text_config");
  Pass& pass = call.pass;
  Tensor merged;
  double tokens = 0;
  {
    const bool clip = vision.model_type().starts_with("clip");
    // The tower gives the states of all its layers, of which one is chosen.
    Encoded image = encode_image(pass, vision, image_of(call, vision), call.batch(),
                                 clip ? VisionCode::clip : VisionCode::siglip);
    const double width = size_of(text, "hidden_size");
    tokens = image.tokens;
    std::vector<Tensor> all_states;
    for (int layer = 0; layer < layers_of(vision, "num_hidden_layers"); ++layer) {
      all_states.push_back(pass.tape.make(call.batch() * tokens * image.hidden, Part::front_end));
    }
    Tensor projected = pass.tape.linear(call.batch() * tokens, image.hidden, width, Part::front_end);
    projected = pass.tape.make(call.batch() * tokens * width, Part::front_end);
    projected = pass.tape.linear(call.batch() * tokens, width, width, Part::front_end);
    merged = pass.tape.make(call.batch() * (tokens + call.length()) * width);
  }
  // The image's tokens stand in the place of one of the text's.
  write_language_model(call, text, tokens + call.length() - 1);
}

void write_qwen2_vl(const Call& call) {
  const ModelConfig& vision = call.config.part("vision_config");
  const ModelConfig* text = call.config.find_part("text_config");
  write_language_model(call, text ? *text : call.config, call.length());
  static_cast<void>(vision);
}

constexpr Forward forwards[] = {{"clip", write_clip},         {"siglip", write_siglip},
                                {"blip", write_blip},         {"llava", write_llava},
                                {"llava_next", write_llava},  {"paligemma", write_llava},
                                {"qwen2_vl", write_qwen2_vl}, {"qwen2_5_vl", write_qwen2_vl}};

}  // namespace

std::span<const Forward> multimodal_forwards() { return forwards; }

}  // namespace testloom
