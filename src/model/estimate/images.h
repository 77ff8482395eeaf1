// Image encoders that other models have inside.
#pragma once

#include "model/estimate/forwards.h"

namespace testloom {

struct Image {
  double height = 224;
  double width = 224;
};

// The size the workload asks for, else the one in the config.
Image image_of(const Call& call, const ModelConfig& config);

// A vision transformer of the kind that one attention's code stands for.
enum class VisionCode { vit, clip, siglip, blip };

// The encoder of patches; gives its last states, tokens × hidden for each image, and how many tokens.
struct Encoded {
  Tensor states;
  double tokens = 0;
  double hidden = 0;
};
Encoded encode_image(Pass& pass, const ModelConfig& config, const Image& image, double images,
                     VisionCode code);

// A ResNet's stages; gives the last one's map. `frozen`: DETR's norms, of torch's operators.
struct FeatureMap {
  Tensor map;
  double channels = 0;
  Image size;
};
FeatureMap encode_resnet(Pass& pass, const ModelConfig& config, const Image& image, double images,
                         bool frozen);

}  // namespace testloom
