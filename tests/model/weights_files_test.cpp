// Which files of a folder are its weights, and what all of them come to.
#include "model/weights/weight_files.h"

#include <sys/stat.h>

#include <filesystem>

#include <fmt/format.h>

#include "model/weights/packed.h"
#include "model/weights/shard_index.h"
#include "support/temporary_folder.h"
#include "weight_makers.h"

namespace testloom {
namespace {

namespace fs = std::filesystem;

// Each set as format:name, with its index or the number of its files.
std::string shown(const std::vector<std::string>& files) {
  std::string out;
  for (const WeightSet& set : weight_sets(files)) {
    out += fmt::format("{}{}:{}", out.empty() ? "" : " ", format_name(set.format), set.name);
    if (!set.index.empty()) out += "(" + set.index + ")";
    if (set.parts > 1) out += fmt::format("({} of {})", set.files.size(), set.parts);
    if (!set.usual) out += "?";
  }
  return out;
}

TEST(WeightSets, AreOrderedAsLoadersTakeThem) {
  struct Case {
    std::vector<std::string> files;
    std::string sets;
  };
  const std::vector<Case> cases = {
      {{}, ""},
      {{"config.json", "tokenizer.json", "training_args.bin", "vocab.txt", "onnx.bin"}, ""},
      {{"model.safetensors", "pytorch_model.bin"}, "safetensors:model pytorch:pytorch_model"},
      {{"model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors",
        "model.safetensors.index.json"},
       "safetensors:model(model.safetensors.index.json)"},
      {{"model.safetensors", "model.safetensors.index.json"},
       "safetensors:model safetensors:model(model.safetensors.index.json)"},
      {{"consolidated.safetensors", "model.fp16.safetensors", "model.safetensors"},
       "safetensors:model safetensors:consolidated? safetensors:model.fp16?"},
      {{"diffusion_pytorch_model.bin", "diffusion_pytorch_model.fp16.safetensors",
        "diffusion_pytorch_model.safetensors"},
       "safetensors:diffusion_pytorch_model safetensors:diffusion_pytorch_model.fp16? "
       "pytorch:diffusion_pytorch_model"},
      {{"diffusion_pytorch_model.safetensors.index.fp16.json"},
       "safetensors:diffusion_pytorch_model.fp16(diffusion_pytorch_model.safetensors.index.fp16.json)?"},
      {{"pytorch_model-00001-of-00003.bin", "pytorch_model-00003-of-00003.bin"},
       "pytorch:pytorch_model(2 of 3)"},
      {{"pytorch_model.bin.index.json"}, "pytorch:pytorch_model(pytorch_model.bin.index.json)"},
      {{"llama.Q4_K_M.gguf", "llama.Q8_0-00001-of-00002.gguf", "llama.Q8_0-00002-of-00002.gguf"},
       "gguf:llama.Q4_K_M? gguf:llama.Q8_0(2 of 2)?"},
      {{"x-1-of-0.gguf", "x-of-2.gguf", "x-y-of-2.gguf", "-of-.gguf", ".gguf",
        "x-00000000000000000000001-of-99999999999999999999999.gguf"},
       "gguf:? gguf:-of-? gguf:x-00000000000000000000001-of-99999999999999999999999? gguf:x-1-of-0? "
       "gguf:x-of-2? "
       "gguf:x-y-of-2?"},
  };
  for (const Case& c : cases) EXPECT_EQ(shown(c.files), c.sets);
}

TensorInfo tensor(std::string name, std::string_view dtype, std::vector<uint64_t> shape) {
  TensorInfo made{std::move(name), dtype, std::move(shape), 0, 0, 0};
  made.elements = product_of(made.shape).value();
  return made;
}

// In each way of packing, a layer of 4096 inputs and 1024 outputs.
TEST(PackedWeights, AreCountedAsWhatWasPacked) {
  constexpr uint64_t in = 4096, out = 1024, plain = 300;
  const std::vector<std::vector<TensorInfo>> ways = {
      {tensor("l.weight", "BF16", {out, in})},
      // GPTQ with 4 bits and groups of 128; with 3 bits; without g_idx, with 8 bits
      {tensor("l.qweight", "I32", {in / 8, out}), tensor("l.scales", "F16", {32, out}),
       tensor("l.qzeros", "I32", {32, out / 8}), tensor("l.g_idx", "I32", {in})},
      {tensor("l.qweight", "I32", {in * 3 / 32, out}), tensor("l.scales", "F16", {32, out}),
       tensor("l.qzeros", "I32", {32, out * 3 / 32}), tensor("l.g_idx", "I32", {in})},
      {tensor("l.qweight", "I32", {in / 4, out}), tensor("l.scales", "F16", {32, out}),
       tensor("l.qzeros", "I32", {32, out / 4})},
      // AWQ
      {tensor("l.qweight", "I32", {in, out / 8}), tensor("l.scales", "F16", {32, out}),
       tensor("l.qzeros", "I32", {32, out / 8})},
      // bitsandbytes with 4 bits, and its scales quantised once more
      {tensor("l.weight", "U8", {in * out / 2, 1}), tensor("l.weight.absmax", "U8", {in * out / 64}),
       tensor("l.weight.quant_map", "F32", {16}), tensor("l.weight.nested_absmax", "F32", {256}),
       tensor("l.weight.nested_quant_map", "F32", {256}),
       tensor("l.weight.quant_state.bitsandbytes__nf4", "U8", {101})},
      // MXFP4 and NVFP4
      {tensor("l_blocks", "U8", {out, in / 32, 16}), tensor("l_scales", "U8", {out, in / 32})},
      {tensor("l.weight_packed", "U8", {out, in / 2}), tensor("l.weight_scale", "F8_E4M3", {out, in / 16}),
       tensor("l.weight_global_scale", "F32", {1})},
      {tensor("l.weight", "Q4_K", {out, in})},
  };
  for (std::vector<TensorInfo> tensors : ways) {
    tensors.push_back(tensor("norm.weight", "F32", {plain}));
    EXPECT_EQ(count_parameters(tensors), in * out + plain)
        << tensors.front().name << ' ' << tensors.front().dtype;
  }
}

TEST(PackedWeights, AreNotGuessed) {
  for (const std::vector<TensorInfo>& tensors : std::vector<std::vector<TensorInfo>>{
           {tensor("l.qweight", "I32", {512, 1024})},
           {tensor("l.qweight", "I32", {512, 1024}), tensor("l.scales", "F16", {32, 1024})},
           {tensor("l.qweight", "I32", {512, 1024}), tensor("l.scales", "F16", {32, 1024}),
            tensor("l.qzeros", "I32", {32, 0})},
           {tensor("l.weight_packed", "I32", {1024, 512})},
           {tensor("l.qweight", "I32", {1ULL << 40, 0}), tensor("l.scales", "F16", {0, 1ULL << 40})},
       }) {
    EXPECT_EQ(count_parameters(tensors), std::nullopt);
  }
  EXPECT_EQ(count_parameters({tensor("l.scales", "F16", {8}), tensor("l_blocks", "U8", {8})}), 16U)
      << "names alone are no packing";
}

class WeightFolder : public ::testing::Test {
 protected:
  void write(const std::string& name, const std::string& content) {
    const fs::path path = folder.path() / name;
    fs::create_directories(path.parent_path());
    write_file(path, content, ErrorKind::usage);
  }
  // A file of F32 tensors with 2 elements each.
  void write_tensors(const std::string& file, const std::vector<std::string>& names) {
    std::string json = "{";
    for (size_t i = 0; i < names.size(); ++i) {
      json += fmt::format(R"({}"{}":{{"dtype":"F32","shape":[2],"data_offsets":[{},{}]}})", i ? "," : "",
                          names[i], 8 * i, 8 * i + 8);
    }
    write(file, safetensors_file(json + "}", 8 * names.size()));
  }
  std::optional<WeightFiles> read(const std::string& name = "") {
    return read_weight_files(folder.path() / name);
  }
  // The files that count and their sum, or why there is none.
  std::string sum(const std::string& name = "") {
    try {
      const auto weights = read(name);
      if (!weights) return "none";
      std::string files;
      for (const WeightFile& file : weights->files) files += (files.empty() ? "" : " ") + file.name;
      return fmt::format("{}: {} parameters in {} bytes", files,
                         weights->parameters ? std::to_string(*weights->parameters) : "unknown",
                         weights->bytes);
    } catch (const Error& error) {
      std::string message = error.message();
      for (size_t at; (at = message.find(folder.path().native())) != message.npos;)
        message.replace(at, folder.path().native().size() + 1, "");
      return message;
    }
  }

  TemporaryFolder folder;
};

TEST_F(WeightFolder, IsSummedByDtype) {
  const std::string json =
      R"({"a":{"dtype":"F32","shape":[3],"data_offsets":[0,12]},"b":{"dtype":"BF16","shape":[5],"data_offsets":[12,22]},)"
      R"("c":{"dtype":"F32","shape":[],"data_offsets":[22,26]}})";
  write("model.safetensors", safetensors_file(json, 26));
  const auto weights = read();
  ASSERT_TRUE(weights);
  EXPECT_EQ(weights->format, WeightFormat::safetensors);
  EXPECT_EQ(weights->bytes, 26U);
  EXPECT_EQ(weights->parameters, 9U);
  EXPECT_EQ(weights->tensors, 3U);
  EXPECT_EQ(weights->dtypes.size(), 2U);
  EXPECT_EQ(weights->dtypes.at("F32").tensors, 2U);
  EXPECT_EQ(weights->dtypes.at("F32").elements, 4U);
  EXPECT_EQ(weights->dtypes.at("F32").bytes, 16U);
  EXPECT_EQ(weights->dtypes.at("BF16").bytes, 10U);
  ASSERT_EQ(weights->files.size(), 1U);
  EXPECT_EQ(weights->files[0].bytes, 8 + json.size() + 26);
  EXPECT_EQ(weights->origin, "weights");
}

TEST_F(WeightFolder, ShardsAreWhereTheIndexSays) {
  const auto index = [&](const std::string& map) {
    write("model.safetensors.index.json", R"({"metadata": {"total_size": 1}, "weight_map": )" + map + "}");
    return sum();
  };
  write_tensors("model-00001-of-00002.safetensors", {"a", "b"});
  write_tensors("model-00002-of-00002.safetensors", {"c"});
  const std::string one = R"("model-00001-of-00002.safetensors")",
                    two = R"("model-00002-of-00002.safetensors")";
  EXPECT_EQ(index(fmt::format(R"({{"a": {0}, "b": {0}, "c": {1}}})", one, two)),
            "model-00001-of-00002.safetensors model-00002-of-00002.safetensors: 6 parameters in 24 bytes");
  EXPECT_EQ(index(fmt::format(R"({{"a": {0}, "b": {1}, "c": {1}}})", one, two)),
            "'model-00001-of-00002.safetensors' cannot be used: it has the tensor 'b', which "
            "'model.safetensors.index.json' puts into 'model-00002-of-00002.safetensors'");
  EXPECT_EQ(index(fmt::format(R"({{"a": {0}, "d": {1}}})", one, two)),
            "'model-00002-of-00002.safetensors' cannot be used: it lacks the tensor 'd', which "
            "'model.safetensors.index.json' puts there");
  EXPECT_EQ(index(R"({"a": "model-00003-of-00002.safetensors"})"),
            "cannot read 'model-00003-of-00002.safetensors': No such file or directory");
  for (const char* outside : {"../x", "/etc/passwd", "..", "", "in/ner", "a\\\\b", "a\\u0000b"}) {
    EXPECT_NE(index(fmt::format(R"({{"a": "{}"}})", outside)).find("which is no file of its folder"),
              std::string::npos)
        << outside;
  }
  const std::string begin = "'model.safetensors.index.json' cannot be used: ";
  EXPECT_EQ(index("{}"), begin + "it names no tensors");
  EXPECT_EQ(index("[]"), begin + "it has no weight_map that says where each tensor is");
  EXPECT_EQ(index(R"({"a": 1})"), begin + "its weight_map gives 'a' no file");
  write("model.safetensors.index.json", "{\"weight_map\": {");
  EXPECT_EQ(sum(), "this is no JSON: incomplete JSON");
}

TEST_F(WeightFolder, PartsWithoutAnIndexHaveToBeAllThere) {
  write_tensors("model-00001-of-00002.safetensors", {"a"});
  EXPECT_EQ(sum(),
            "'model-00001-of-00002.safetensors' cannot be used: it is one of 2 parts, of which one is there");
  write_tensors("model-00002-of-00002.safetensors", {"b"});
  EXPECT_EQ(sum(),
            "model-00001-of-00002.safetensors model-00002-of-00002.safetensors: 4 parameters in 16 bytes");
}

TEST_F(WeightFolder, SplitGgufCountsTogether) {
  const fs::path samples = fs::path(TESTLOOM_SOURCE_DIR) / "tests/golden/weights";
  for (const char* name : {"split-00001-of-00002.gguf", "split-00002-of-00002.gguf"})
    fs::copy_file(samples / name, folder.path() / name);
  const std::string both =
      "split-00001-of-00002.gguf split-00002-of-00002.gguf: 2312 parameters in 2630 bytes";
  EXPECT_EQ(sum(), both);
  EXPECT_EQ(sum("split-00002-of-00002.gguf"), both) << "one of them stands for all";
  EXPECT_EQ(read()->architecture(), "llama");
  EXPECT_EQ(read()->gguf->integer_of("context_length"), 4096);
  fs::copy_file(samples / "big-endian.gguf", folder.path() / "split-00002-of-00002.gguf",
                fs::copy_options::overwrite_existing);
  write("other.txt", "");
  EXPECT_EQ(read()->tensors, 4U);
  GgufMaker none;
  write("split-00002-of-00002.gguf", none.file(0));
  EXPECT_EQ(sum(), "'split-00001-of-00002.gguf' cannot be used: its parts should have 4 tensors, and have 2");
}

TEST_F(WeightFolder, PytorchFilesCountByTheirSize) {
  write("pytorch_model.bin", std::string(1000, 'x'));
  EXPECT_EQ(sum(), "pytorch_model.bin: unknown parameters in 1000 bytes");
  write("pytorch_model.bin", "");
  EXPECT_EQ(sum(), "'pytorch_model.bin' cannot be used: it is empty");
  write("pytorch_model.bin", "version https://git-lfs.github.com/spec/v1\n");
  EXPECT_EQ(sum(), "'pytorch_model.bin' cannot be used: it is a pointer of Git LFS, not the weights");
  fs::remove(folder.path() / "pytorch_model.bin");
  write("pytorch_model-1.bin", "xxx");
  write("pytorch_model.bin.index.json",
        R"({"weight_map": {"a": "pytorch_model-1.bin", "b": "pytorch_model-1.bin"}})");
  EXPECT_EQ(sum(), "pytorch_model-1.bin: unknown parameters in 3 bytes");
}

TEST_F(WeightFolder, ComponentsOfAPipelineCountTogether) {
  write(
      "model_index.json",
      R"({"_class_name": "P", "unet": ["diffusers", "U"], "vae": ["d", "V"], "gone": [null, null], "no": 1})");
  write_tensors("unet/diffusion_pytorch_model.safetensors", {"a", "b"});
  write_tensors("unet/diffusion_pytorch_model.fp16.safetensors", {"a", "b"});
  write_tensors("vae/model.safetensors", {"c"});
  write_tensors("unused/model.safetensors", {"d"});
  write_tensors("whole.safetensors", {"a", "b", "c"});
  EXPECT_EQ(sum(),
            "unet/diffusion_pytorch_model.safetensors vae/model.safetensors: 6 parameters in 24 bytes");
  write("vae/model.safetensors", "broken");
  EXPECT_EQ(sum(),
            "'vae/model.safetensors' cannot be used: it is 6 bytes long, which is no safetensors file");
  write("model_index.json", "[]");
  EXPECT_EQ(sum(), "this is JSON, but no object");
}

TEST_F(WeightFolder, ModulesOfASentenceEncoderCountTogether) {
  write("modules.json",
        R"([{"idx": 0, "path": ""}, {"path": "1_Pooling"}, {"path": "2_Dense"}, {"path": "../x"}, 1])");
  write_tensors("model.safetensors", {"a", "b"});
  write_tensors("2_Dense/model.safetensors", {"linear"});
  write("1_Pooling/config.json", "{}");
  EXPECT_EQ(sum(), "2_Dense/model.safetensors model.safetensors: 6 parameters in 24 bytes");
  write("modules.json", "{}");
  EXPECT_EQ(sum(), "'modules.json' cannot be used: it is no JSON list of modules");
}

TEST_F(WeightFolder, OfSeveralUnknownNamesTheLargestCounts) {
  write_tensors("a.safetensors", {"a"});
  write_tensors("b.safetensors", {"a", "b"});
  write_tensors("c.safetensors", {"a"});
  EXPECT_EQ(sum(), "b.safetensors: 4 parameters in 16 bytes");
  EXPECT_EQ(read()->notes.size(), 1U);
  EXPECT_EQ(sum("a.safetensors"), "a.safetensors: 2 parameters in 8 bytes");
}

TEST_F(WeightFolder, WhatIsNoFileIsRefused) {
  EXPECT_EQ(sum(), "none");
  EXPECT_EQ(sum("nothing/here"), "cannot read the folder 'nothing': No such file or directory");
  fs::create_symlink("nowhere", folder.path() / "model.safetensors");
  EXPECT_EQ(sum(), "cannot read 'model.safetensors': No such file or directory");
  fs::remove(folder.path() / "model.safetensors");
  ASSERT_EQ(::mkfifo((folder.path() / "model.safetensors").c_str(), 0600), 0);
  EXPECT_EQ(sum(), "'model.safetensors' cannot be used: it is not a regular file");
}

}  // namespace
}  // namespace testloom
