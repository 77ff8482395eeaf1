// Encoders and decoders that look at them, as BART, T5, Whisper and SpeechT5 have them.
#pragma once

#include <string>
#include <vector>

#include "model/estimate/forwards.h"

namespace testloom {

struct Stack {
  double hidden = 1;
  double heads = 1;
  double head_dim = 1;
  double inner = 1;
  int layers = 1;
};

struct Seq2Seq {
  Stack encoder;
  Stack decoder;
  double batch = 1;
  double vocab = 1;
  std::string activation;
  bool norm_first = false;  // of each half of a layer, else last
  bool rms = false;
  bool gated = false;
  bool position_bias = false;  // added to the scores, of their size for each layer's attention, as T5 does
  bool contiguous = true;  // queries are scaled, and all are copied into an order that products take as it is
  bool masks_input = true;       // a mask of all pairs of input tokens
  bool holds_positions = false;  // position embeddings are made for each text, and stay
  bool logits_bias = false;      // added to the logits, as a new tensor
  EagerStyle eager = {.most = 2, .kept = 1, .copies = false};
};

// The sizes of both stacks and the batch, by the keys of BART's config and its kin's.
Seq2Seq bart_stacks(const Call& call);

// The encoder over what is there already: `states`, length × hidden for each of the batch.
Tensor encode(Pass& pass, const Seq2Seq& model, Tensor states, double length);

// Keys and values of a decoder's layers, of its own tokens and of the encoder's.
struct Seq2SeqCache {
  std::vector<Tensor> own;
  std::vector<Tensor> crossed;
};

// The decoder over `length` tokens with `past` before them. Gives the last states.
Tensor decode(Pass& pass, const Seq2Seq& model, double length, double past, double encoded,
              Seq2SeqCache& cache);

// What is called once the encoder's result is there: the decoder and its head, for a forward over
// decoder_seq_len tokens or for generate.
void write_decoder_part(const Call& call, const Seq2Seq& model, double encoded);

}  // namespace testloom
