// Which models are found under a folder, under which names, and what is read of them.
#include "model/scan/find_models.h"

#include <sys/stat.h>

#include <filesystem>

#include <fmt/format.h>

#include "base/text.h"
#include "model/family/folder_family.h"
#include "model/files/hub_snapshot.h"
#include "model/scan/scanned_model.h"
#include "support/temporary_folder.h"
#include "weight_makers.h"

namespace testloom {
namespace {

namespace fs = std::filesystem;

constexpr const char* kBert = R"({"model_type": "bert"})";

class ModelScan : public ::testing::Test {
 protected:
  void write(const std::string& name, const std::string& content) {
    const fs::path path = root / name;
    fs::create_directories(path.parent_path());
    write_file(path, content, ErrorKind::usage);
  }
  void write_weights(const std::string& name) {
    write(name, safetensors_file(R"({"w":{"dtype":"F16","shape":[3],"data_offsets":[0,6]}})", 6));
  }
  void write_gguf(const std::string& name) { write(name, GgufMaker().tensor("t", {8}, 0, 0).file(32)); }

  FoundModels find(const fs::path& folder) { return find_models(folder, nullptr); }
  // Each model as name=location within the folder, with its revision where there is one.
  std::string found(const std::string& folder = "") {
    std::string out;
    for (const FoundModel& model : find(root / folder).models) {
      out += fmt::format("{}{}={}{}", out.empty() ? "" : " ", model.model_name,
                         model.location.lexically_relative(fs::canonical(root)).native(),
                         model.revision.empty() ? "" : "@" + model.revision);
    }
    return out;
  }
  ScannedModel only(const std::string& folder = "") {
    const FoundModels models = find(root / folder);
    EXPECT_EQ(models.models.size(), 1U);
    return scan_model(models.models.at(0));
  }

  TemporaryFolder temporary;
  fs::path root = temporary.path();
};

TEST_F(ModelScan, FindsFoldersWithAConfig) {
  write("a/config.json", kBert);
  write_weights("a/model.safetensors");
  write("org/b/config.json", kBert);
  write("pipeline/model_index.json", "{}");
  write("pipeline/unet/config.json", kBert);
  write("other/config.json", R"({"colour": "red"})");
  write("other/readme.txt", "");
  write("broken/config.json", "{");
  write("timm/config.json", R"({"architecture": "resnet18"})");
  write("timm/pytorch_model.bin", "x");
  write("encoder/config.json", kBert);
  write("encoder/modules.json", "[]");
  write("encoder/1_Pooling/config.json", kBert);
  EXPECT_EQ(found(), "a=a broken=broken encoder=encoder org/b=org/b pipeline=pipeline timm=timm");
  EXPECT_EQ(found("org"), "b=org/b");
  EXPECT_EQ(found("a"), "a=a") << "the folder itself";
}

TEST_F(ModelScan, FindsWeightsThatStandForThemselves) {
  write_gguf("top.gguf");
  write_gguf("one/only.Q4_0.gguf");
  write_gguf("several/m.Q4_0.gguf");
  write_gguf("several/m.Q8_0-00001-of-00002.gguf");
  write_gguf("several/m.Q8_0-00002-of-00002.gguf");
  write_weights("several/inner/model.safetensors");
  write_weights("checkpoints/x.safetensors");
  write_weights("checkpoints/y.safetensors");
  write("with-config/config.json", kBert);
  write_gguf("with-config/a.gguf");
  write_gguf("with-config/b.gguf");
  write("only-bin/pytorch_model.bin", "x");
  EXPECT_EQ(found(),
            "checkpoints/x=checkpoints/x.safetensors checkpoints/y=checkpoints/y.safetensors one=one "
            "several/inner=several/inner several/m.Q4_0=several/m.Q4_0.gguf "
            "several/m.Q8_0=several/m.Q8_0-00001-of-00002.gguf top=top.gguf "
            "with-config/a=with-config/a.gguf with-config/b=with-config/b.gguf");
}

TEST_F(ModelScan, FindsModelsOfTheHubsCache) {
  const auto snapshot = [&](const std::string& repository, const std::string& commit) {
    write(repository + "/blobs/config-of-" + commit, kBert);
    fs::create_directories(root / repository / "snapshots" / commit);
    fs::create_symlink("../../blobs/config-of-" + commit,
                       root / repository / "snapshots" / commit / "config.json");
  };
  snapshot("hub/models--org--main", "aaa");
  snapshot("hub/models--org--main", "bbb");
  write("hub/models--org--main/refs/main", "aaa\n");
  snapshot("hub/models--gpt2", "old");
  snapshot("hub/models--gpt2", "new");
  write("hub/models--gpt2/refs/main", "gone");
  fs::last_write_time(root / "hub/models--gpt2/snapshots/old",
                      fs::file_time_type::clock::now() - std::chrono::hours(1));
  write_gguf("hub/models--org--quantised/snapshots/ccc/q.Q4_0.gguf");
  write_gguf("hub/models--org--quantised/snapshots/ccc/big/q.F16-00001-of-00001.gguf");
  write("hub/models--org--outside/refs/main", "../..");
  snapshot("hub/models--org--outside", "ddd");
  fs::create_directories(root / "hub/models--org--empty/snapshots");
  fs::create_directories(root / "hub/datasets--org--d/snapshots/eee");
  const std::string main = "org/main=hub/models--org--main/snapshots/aaa@aaa";
  EXPECT_EQ(found(), "gpt2=hub/models--gpt2/snapshots/new@new " + main +
                         " org/outside=hub/models--org--outside/snapshots/ddd@ddd"
                         " org/quantised=hub/models--org--quantised/snapshots/ccc@ccc"
                         " org/quantised/big=hub/models--org--quantised/snapshots/ccc/big@ccc");
  EXPECT_EQ(find(root).problems.size(), 1U) << "a repository without a snapshot";
  EXPECT_EQ(found("hub/models--org--main"), main);
  EXPECT_EQ(found("hub/models--org--main/snapshots/bbb"), "org/main=hub/models--org--main/snapshots/bbb@bbb");
}

TEST_F(ModelScan, KnowsTheNamesOfCacheFolders) {
  EXPECT_EQ(hub_model_name("models--org--name"), "org/name");
  EXPECT_EQ(hub_model_name("models--gpt2"), "gpt2");
  EXPECT_EQ(hub_model_name("models--a-b--c_d.e"), "a-b/c_d.e");
  for (const char* other : {"models--", "models-x", "datasets--a--b", "", "xmodels--a"})
    EXPECT_EQ(hub_model_name(other), std::nullopt) << other;
}

TEST_F(ModelScan, NeverGoesInACircle) {
  write("a/config.json", kBert);
  fs::create_directory_symlink("..", root / "a/up");
  fs::create_directories(root / "b");
  fs::create_directory_symlink(".", root / "b/loop");
  fs::create_directory_symlink("../a", root / "b/again");
  fs::create_directory_symlink("/", root / "b/everything");
  EXPECT_EQ(found(), "a=a");
  fs::create_directory_symlink("a", root / "link");
  EXPECT_EQ(found("link"), "a=a") << "the one that is named is followed";
}

TEST_F(ModelScan, TellsFoldersThatCannotBeLookedInto) {
  std::string deep;
  for (int i = 0; i < 70; ++i) deep += "d/";
  write(deep + "config.json", kBert);
  EXPECT_EQ(found(), "");
  ASSERT_EQ(find(root).problems.size(), 1U);
  EXPECT_NE(find(root).problems[0].find("more than 64 folders deep"), std::string::npos);
  EXPECT_THROW(find(root / "nothing"), Error);
  write("file", "");
  EXPECT_THROW(find(root / "file"), Error);
}

TEST_F(ModelScan, TheFirstOfANameIsKept) {
  write("models--org--m/snapshots/c/config.json", kBert);
  write("org/m/config.json", kBert);
  EXPECT_EQ(found(), "org/m=models--org--m/snapshots/c@c");
  EXPECT_EQ(find(root).problems.size(), 1U);
}

TEST_F(ModelScan, ReadsConfigAndWeights) {
  write("bert-base-uncased/config.json", kBert);
  write_weights("bert-base-uncased/model.safetensors");
  const ScannedModel model = only();
  EXPECT_EQ(model.config, kBert);
  EXPECT_EQ(model.weights->parameters, 3U);
  EXPECT_EQ(model.family.model_family, "text_embedding");
  EXPECT_TRUE(model.problems.empty());
  EXPECT_FALSE(model.broken);
}

TEST_F(ModelScan, FilesSayTheFamilyBeforeTheName) {
  write("mystery/config.json", R"({"model_type": "whisper"})");
  EXPECT_EQ(only().family.model_family, "audio");
  EXPECT_EQ(only().family.origin, "config");
  GgufMaker gguf;
  gguf.entry("general.architecture", 8, gguf.text("qwen2vl")).tensor("t", {8}, 0, 0);
  write("bert-of-no-kind/m.gguf", gguf.file(32));
  const ScannedModel model = scan_model(find(root / "bert-of-no-kind").models.at(0));
  EXPECT_EQ(model.family.model_family, "multimodal");
  EXPECT_EQ(family_of_folder(root / "bert-of-no-kind/m.gguf")->model_family, "multimodal");
}

TEST_F(ModelScan, ConfigsComeOutAsJson) {
  write("m/config.json", R"({"model_type": "x", "eps": NaN, "far": -Infinity, "name": "NaN"})");
  EXPECT_EQ(only().config, R"({"model_type":"x","eps":0,"far":0,"name":"NaN"})");
  write("m/config.json", "{\n \"model_type\": 1.50}\n");
  EXPECT_EQ(only().config, "{\n \"model_type\": 1.50}\n") << "as it stands";
}

TEST_F(ModelScan, BrokenFilesAreToldAndTheRestGoesOn) {
  write("m/config.json", "{\n\"model_type\": }");
  write_weights("m/model.safetensors");
  ScannedModel model = only();
  EXPECT_TRUE(model.broken);
  ASSERT_EQ(model.problems.size(), 1U);
  EXPECT_TRUE(model.problems[0].ends_with("m/config.json:2:15: this is no JSON: syntax error"))
      << model.problems[0];
  EXPECT_EQ(model.weights->parameters, 3U);
  write("m/config.json", kBert);
  write("m/model.safetensors", "short");
  model = only();
  EXPECT_TRUE(model.broken);
  EXPECT_FALSE(model.weights);
  EXPECT_NE(model.problems.at(0).find("5 bytes long, which is no safetensors file; fetch the file anew"),
            std::string::npos);
  fs::remove(root / "m/model.safetensors");
  model = only();
  EXPECT_FALSE(model.broken);
  EXPECT_EQ(model.problems, std::vector<std::string>{"it has no weights that can be read"});
  fs::remove(root / "m/config.json");
  fs::create_symlink("nowhere", root / "m/config.json");
  EXPECT_TRUE(only().broken);
  fs::remove(root / "m/config.json");
  ASSERT_EQ(::mkfifo((root / "m/config.json").c_str(), 0600), 0);
  EXPECT_TRUE(only().broken) << "and does not wait for a writer";
}

TEST_F(ModelScan, NamesThatAreNoTextAreTold) {
  write("caf\xe9/config.json", kBert);
  EXPECT_TRUE(only().broken);
  EXPECT_TRUE(is_utf8(only().problems.back()));
}

}  // namespace
}  // namespace testloom
