// Keeps secrets of the environment out of what is stored and shown: the values of variables whose names say
// that they are tokens, keys or passwords, and passwords in addresses, are replaced by ***.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "engine/outcome.h"

namespace testloom {

// Whether a variable of this name keeps a token, a key, a password or the like.
bool is_secret_name(std::string_view name);

class Secrets {
 public:
  // Shorter values are words of every text.
  static constexpr size_t least_bytes = 8;

  // Those of this program's own environment.
  static Secrets of_environment();
  // Takes the variable's value in where its name says so, or else the password of an address, if it is long
  // enough.
  void add(std::string_view name, std::string_view value);
  // The same for each NAME=VALUE in a line of shell, as in `run -e HF_TOKEN=…`.
  void add_assigned(std::string_view line);
  bool empty() const { return text_needles_.empty(); }

  void hide(std::string& text) const;
  // The end of a text, which may begin in the middle of a secret.
  void hide_tail(std::string& text) const;
  // A text that is JSON and stays so: only strings in it, keys too, are looked at.
  void hide_json(std::string& json) const;
  // In what a test said and printed, the file of its output included, which is relative to `journals`; one
  // that cannot be written anew is removed.
  void hide(Outcome& outcome, const std::filesystem::path& journals) const;

 private:
  void add_needle(std::string_view value);
  void hide_around_gaps(std::string& text) const;
  bool hide_file(const std::filesystem::path& file) const;

  std::vector<std::string> text_needles_;  // a secret as it is, and as JSON and Python's repr write it
  std::vector<std::string> json_needles_;  // the same in a string of JSON
};

}  // namespace testloom
