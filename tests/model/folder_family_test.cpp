// What the files of a folder say, in their order, and where the hub's cache keeps such folders.
#include "model/family/folder_family.h"

#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "base/files.h"
#include "model/files/hub_cache.h"
#include "model/files/json_text.h"
#include "support/temporary_folder.h"

namespace testloom {
namespace {

using std::filesystem::path;

class ModelFolder : public testing::Test {
 protected:
  void put(const path& name, std::string_view content) {
    std::filesystem::create_directories((folder / name).parent_path());
    write_file(folder / name, content, ErrorKind::spec);
  }
  // Family and task, or "nothing".
  std::string told(const GgufArchitecture& gguf = gguf_architecture) {
    notes.clear();
    const auto found = family_of_folder(folder, &notes, gguf);
    if (!found) return "nothing";
    EXPECT_EQ(found->origin, "config");
    return found->model_family + " " + found->task;
  }

  TemporaryFolder temporary;
  const path folder = temporary.path();
  std::vector<std::string> notes;
};

TEST_F(ModelFolder, SaysNothingWithoutFiles) {
  EXPECT_EQ(told(), "nothing");
  put("README.md", "# bert");
  EXPECT_EQ(told(), "nothing");
  EXPECT_FALSE(family_of_folder(folder / "none"));
  EXPECT_FALSE(family_of_folder(folder / "README.md"));
  EXPECT_TRUE(notes.empty());
}

// Each file goes before those that were there.
TEST_F(ModelFolder, FilesInTheirOrder) {
  put("adapter_config.json", R"({"base_model_name_or_path": "openai/whisper-tiny"})");
  EXPECT_EQ(told(), "audio automatic-speech-recognition");
  put("b.gguf", "");
  put("a.gguf", "");
  put("A-mmproj.gguf", "");
  std::vector<std::string> asked;
  const GgufArchitecture gguf = [&](const path& file) {
    asked.push_back(file.filename().native());
    return "llama";
  };
  EXPECT_EQ(told(gguf), "text_generation text-generation");
  EXPECT_EQ(asked, std::vector<std::string>{"a.gguf"});
  put("open_clip_config.json", "{}");
  EXPECT_EQ(told(gguf), "multimodal zero-shot-image-classification");
  put("config.json", R"({"architectures": ["MistralModel"], "model_type": "mistral"})");
  EXPECT_EQ(told(), "text_generation text-generation");
  put("modules.json", R"([{"type": "sentence_transformers.models.Transformer"}])");
  EXPECT_EQ(told(), "text_embedding feature-extraction");
  put("model_index.json", R"({"_class_name": "StableDiffusionImg2ImgPipeline"})");
  EXPECT_EQ(told(), "diffusion image-to-image");
  EXPECT_TRUE(notes.empty());
}

TEST_F(ModelFolder, SentenceTransformers) {
  put("config_sentence_transformers.json", R"({"__version__": {}})");
  EXPECT_EQ(told(), "text_embedding feature-extraction");
  put("config_sentence_transformers.json", R"({"model_type": "CrossEncoder"})");
  EXPECT_EQ(told(), "text_embedding text-ranking");
  put("modules.json", R"([{"type": "sentence_transformers.models.CLIPModel"}])");
  EXPECT_EQ(told(), "multimodal zero-shot-image-classification");
  put("modules.json", R"([{"type": "custom.Transformer"}])");
  put("config.json", R"({"model_type": "qwen2_vl"})");
  EXPECT_EQ(told(), "multimodal image-text-to-text") << "it embeds images too";
}

TEST_F(ModelFolder, BadFilesArePassedOverWithANote) {
  put("config.json", R"({"model_type": "bert"})");
  for (const std::string& bad :
       {std::string("{"), std::string(""), std::string("[1]"), std::string("\0\xFF", 2),
        std::string(max_config_bytes + 1, ' '), std::string(100'000, '{')}) {
    put("model_index.json", bad);
    put("modules.json", bad == "[1]" ? "7 8" : bad);
    EXPECT_EQ(told(), "text_embedding fill-mask");
    ASSERT_EQ(notes.size(), 2u);
    EXPECT_NE(notes[0].find("model_index.json' is not used: "), std::string::npos) << notes[0];
    EXPECT_NE(notes[1].find("modules.json' is not used: "), std::string::npos) << notes[1];
  }
  std::filesystem::remove(folder / "model_index.json");
  std::filesystem::create_directory(folder / "model_index.json");
  EXPECT_EQ(told(), "text_embedding fill-mask");
  EXPECT_EQ(notes.size(), 2u);
  EXPECT_TRUE(family_of_folder(folder)) << "notes need not be taken";
}

TEST_F(ModelFolder, WhatAGgufReaderThrowsIsANote) {
  put("a.gguf", "");
  const GgufArchitecture broken = [](const path&) -> std::string {
    throw Error(ErrorKind::spec, "no magic");
  };
  EXPECT_EQ(told(broken), "nothing");
  ASSERT_EQ(notes.size(), 1u);
  EXPECT_NE(notes[0].find("a.gguf' is not used: no magic"), std::string::npos);
  EXPECT_EQ(told([](const path&) { return ""; }), "nothing");
}

class Cache : public ModelFolder {
 protected:
  Cache() { ::setenv("HF_HUB_CACHE", folder.c_str(), 1); }
  ~Cache() override { ::unsetenv("HF_HUB_CACHE"); }
  std::string snapshot(std::string_view name) {
    const auto found = cached_snapshot(name);
    const auto listed = HubCache().snapshot(name);
    EXPECT_EQ(found, listed) << name;
    return found ? std::filesystem::relative(*found, folder).native() : "";
  }
};

TEST_F(Cache, TheSnapshotOfMainElseTheLast) {
  put("models--org--net/snapshots/aaa/config.json", "{}");
  EXPECT_EQ(snapshot("org/net"), "models--org--net/snapshots/aaa");
  put("models--org--net/snapshots/bbb/config.json", "{}");
  using namespace std::chrono_literals;
  const auto now = std::filesystem::file_time_type::clock::now();
  std::filesystem::last_write_time(folder / "models--org--net/snapshots/aaa", now);
  std::filesystem::last_write_time(folder / "models--org--net/snapshots/bbb", now - 1h);
  EXPECT_EQ(snapshot("org/net"), "models--org--net/snapshots/aaa");
  put("models--org--net/refs/main", "bbb\n");
  EXPECT_EQ(snapshot("org/net"), "models--org--net/snapshots/bbb");
  for (const std::string& bad : {std::string("gone"), std::string(""), std::string(".."),
                                 std::string("../../x"), std::string(5000, 'a'), std::string("a\0b", 3)}) {
    put("models--org--net/refs/main", bad);
    EXPECT_EQ(snapshot("org/net"), "models--org--net/snapshots/aaa") << bad;
  }
  put("models--gpt2/snapshots/ccc/config.json", "{}");
  EXPECT_EQ(snapshot("gpt2"), "models--gpt2/snapshots/ccc");
}

TEST_F(Cache, HasOnlyWhatWasDownloaded) {
  put("models--org--empty/refs/main", "aaa");
  put("models--org--file/snapshots/aaa", "a file");
  for (const std::string& name :
       {std::string("org/empty"), std::string("org/file"), std::string("org/none"), std::string(""),
        std::string("/"), std::string("/org/net"), std::string("a/b/c"), std::string(".."),
        std::string("../x"), std::string(9999, 'x'), std::string("a\0b", 3)}) {
    EXPECT_EQ(snapshot(name), "") << name;
  }
  ::setenv("HF_HUB_CACHE", (folder / "none").c_str(), 1);
  EXPECT_EQ(snapshot("org/net"), "");
  EXPECT_TRUE(HubCache().empty());
}

TEST_F(Cache, IsWhereTheEnvironmentSays) {
  EXPECT_EQ(hub_cache_folder(), folder);
  ::unsetenv("HF_HUB_CACHE");
  ::setenv("HF_HOME", "/h", 1);
  ::setenv("XDG_CACHE_HOME", "/x", 1);
  EXPECT_EQ(hub_cache_folder(), path("/h/hub"));
  ::unsetenv("HF_HOME");
  EXPECT_EQ(hub_cache_folder(), path("/x/huggingface/hub"));
  ::unsetenv("XDG_CACHE_HOME");
  if (const char* home = std::getenv("HOME")) {
    EXPECT_EQ(hub_cache_folder(), path(home) / ".cache/huggingface/hub");
  }
}

}  // namespace
}  // namespace testloom
