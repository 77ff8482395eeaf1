// Writes files into the folders of one tree, at about the cost of opening, writing and closing them. A kill
// at any moment leaves each file as it was before or as it is to be, and what is the same already is read and
// left alone.
//
// A folder that does not exist yet is made under `.testloom-new` in the root and gets its place when all its
// files are in it. In a folder that is there, a new or changed file gets its place by a rename. The names of
// files come before they do into `.testloom-new/written`, so that a later run knows what one that was killed
// wrote; finish() removes all of that.
//
// One FileTree at a time: a second one of the same root, in any process, waits for the first.
// Threads: any, one at a time. Failures are Errors that name the path.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_replacer.h"
#include "base/files.h"

namespace testloom {

class FileTree {
 public:
  static constexpr const char* kUnfinished = ".testloom-new";

  // REQUIRES: `root` is a folder. Removes unfinished files of a run that was killed.
  explicit FileTree(std::filesystem::path root);
  ~FileTree();
  FileTree(const FileTree&) = delete;
  FileTree& operator=(const FileTree&) = delete;

  // Goes to a folder of the root, "." being the root itself; the one before it is complete.
  void enter(const std::string& folder);
  // Returns whether the file had to be written. REQUIRES: enter() was called; the name comes once.
  bool put(const std::string& name, std::string_view content);
  // Removes a file, and its folder when that is empty then. Returns whether there was such a file.
  bool remove(const std::string& folder, const std::string& name);
  // "FOLDER/NAME" of each file that earlier runs wrote without reaching finish().
  const std::vector<std::string>& left_behind() const { return left_behind_; }
  // All that was put has its place.
  void finish();

 private:
  void take_over_unfinished();
  int unfinished();
  void open_folder(const std::string& folder);
  void create(const std::string& name, std::string_view content);
  void note(std::string_view paths);
  void leave();
  std::filesystem::path path_of(const std::string& name) const { return root_path_ / folder_name_ / name; }

  std::filesystem::path root_path_;
  FileDescriptor root_;
  FileDescriptor unfinished_;               // opened when something has to be written
  std::unique_ptr<FileReplacer> replacer_;  // likewise
  FileDescriptor written_;                  // likewise
  std::vector<std::string> left_behind_;

  FileDescriptor folder_;  // that was entered
  std::string folder_name_;
  bool is_new_ = false;    // it lies in the unfinished folder still
  std::string new_paths_;  // of its files, not noted yet
  std::string buffer_;
};

}  // namespace testloom
